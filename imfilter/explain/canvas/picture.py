"""Pictures that move or stand still, as Python hands them out: shown by notebooks, saved under a name."""
from __future__ import annotations

import os
from html import escape

from ...errors import FileError, list_choices
from . import page, raster, svg
from .saving import save_bytes
from .scene import Scene

WRITERS = {
    ".html": lambda scene: page.document(scene).encode(),
    ".svg": lambda scene: svg.document(scene).encode(),
    ".gif": raster.gif,
    ".png": raster.png,
}


class Picture:
    """A picture that explains. Notebooks show it, `save` writes it, str tells it in words."""

    def __init__(self, scene: Scene, text: str = "") -> None:
        self.scene = scene
        self._text = text

    @property
    def frames(self) -> int:
        """How many pictures follow each other."""
        return self.scene.frames

    @property
    def captions(self) -> tuple[str, ...]:
        """What is said of each frame."""
        return tuple(self.scene.captions)

    def __repr__(self) -> str:
        steps = f" in {self.frames} steps" if self.frames > 1 else ""
        return f"<picture: {self.scene.title}{steps}>"

    def __str__(self) -> str:
        return self._text or "\n".join([self.scene.title, *self.scene.notes])

    def _repr_svg_(self) -> str:
        return svg.document(self.scene)

    def _repr_html_(self) -> str:
        """Return the page in a frame of its own, whose style and script stay in there."""
        height = round(self.scene.sheet().height) + 190  # and the buttons
        return (f'<iframe title="{escape(self.scene.title)}" srcdoc="{escape(page.document(self.scene))}" '
                f'style="width:100%;height:{height}px;border:0"></iframe>')

    def save(self, path: str | os.PathLike[str], *, force: bool = True) -> None:
        """Write the picture as what the name ends in.

        Parameters
        ----------
        path : str or path
            Its name ends in .html (a page with a slider for the steps, which needs nothing else), .svg (moving), .gif
            (moving) or .png (the last step).
        force : bool, default True
            Whether a file of that name is replaced.

        Raises
        ------
        FileError
            When the name ends in something else, or the file cannot be written.
        """
        check(path, force=force)
        save_bytes(WRITERS[_suffix(path)](self.scene), path, force=force)


def check(path: str | os.PathLike[str], *, force: bool) -> None:
    """Refuse a name under which no picture can be written, before any is made."""
    from ... import files

    if _suffix(path) not in WRITERS:
        raise FileError(f"{os.fspath(path)}: the name of a picture must end in {list_choices(WRITERS)}")
    files.check_target(os.fspath(path), force=force)


def _suffix(path: str | os.PathLike[str]) -> str:
    return os.path.splitext(path)[1].lower()
