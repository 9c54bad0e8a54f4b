"""Pictures as Python returns them: notebooks display them, and they save themselves."""
from __future__ import annotations

import functools
import os
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

from .page import render_page
from .raster import encode_png, render_last_frame
from .saving import check_path, save
from .scene import Scene
from .svg import render_svg

if TYPE_CHECKING:
    import PIL.Image

CONTROLS = 260  # pixels that the buttons of a page take


class Picture:
    """A picture that explains something. Notebooks display it, `save` writes it, and str describes it in words."""

    def __init__(self, scene: Scene, text: str = "", page: Callable[[], str] | None = None) -> None:
        self.scene = scene
        self._text = text
        self._page = page or (lambda: render_page(scene))
        self._has_own_page = page is not None

    @property
    def frames(self) -> int:
        """Number of frames."""
        return self.scene.frames

    @property
    def captions(self) -> tuple[str, ...]:
        """The caption of each frame."""
        return tuple(self.scene.captions)

    @functools.cached_property
    def image(self) -> PIL.Image.Image:
        """The picture as a Pillow image; of several frames, the last."""
        return render_last_frame(self.scene)

    @functools.cached_property
    def svg(self) -> str:
        """The picture as an SVG document, animated where it has several frames."""
        return render_svg(self.scene)

    def __repr__(self) -> str:
        steps = f" in {self.frames} steps" if self.frames > 1 else ""
        return f"<picture: {self.scene.title}{steps}>"

    def __str__(self) -> str:
        return self._text or "\n".join([self.scene.title, *self.scene.notes])

    def _repr_png_(self) -> bytes:
        return encode_png(self.image)

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_html_(self) -> str | None:
        """Return the page, if there are steps, in a frame that keeps its style and script apart from the notebook."""
        if self.frames == 1 and not self._has_own_page:
            return None
        height = round(self.scene.sheet().height) + CONTROLS
        return (f'<iframe title="{escape(self.scene.title)}" srcdoc="{escape(self._page())}" '
                f'style="width:100%;height:{height}px;border:0"></iframe>')

    def save(self, path: str | os.PathLike[str], *, force: bool = True) -> None:
        """Write the picture in the format of the path's suffix.

        Parameters
        ----------
        path : str or path
            A name that ends in .html (a page with a slider for the steps), .svg or .gif (both animated), or the
            suffix of an image format such as .png, which shows the last step.
        force : bool, default True
            Replace a file that exists.

        Raises
        ------
        FileError
            When the suffix is not that of a format, or the file cannot be written.
        """
        check_path(path, force=force)
        save(self.scene, path, force=force, page=self._page)
