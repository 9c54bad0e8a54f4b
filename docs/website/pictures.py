"""Save the photo and the result of an example of the gallery, for sphinx-gallery."""
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from imfilter.explain.view.display import to_displayable

WIDTH = 480  # pixels of a picture at most, and half of which at least
HIGHEST = 99.5  # percentile of a result of floats that is shown as white
FAINT, BRIGHT = 98, 128  # results whose percentile FAINT is below BRIGHT, and half of the photo's, are brightened


def save_pictures(block: Any, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Save what a block of code made, and return the figures as reStructuredText."""
    code, names = block[1], block_vars["example_globals"]
    if "result = " not in code:
        return ""
    call = code.partition("result = ")[2].strip()
    photo, _ = make_visible(names["photo"])
    result, note = make_visible(names["result"])
    if not note:
        result, note = brighten(result, photo)
    figures = []
    # The first picture is that of the thumbnail, which would get white bars if it had other proportions.
    save(ImageOps.fit(result, gallery_conf["thumbnail_size"]), block_vars)
    for picture, caption, remark in ((photo, "photo", ""), (result, call, note)):
        path = save(fit(picture), block_vars)
        figures.append(figure(path.relative_to(gallery_conf["src_dir"]).as_posix(), caption, remark))
    return "\n.. container:: before-after\n" + "".join(figures) + "\n"


def save(picture: Image.Image, block_vars: dict[str, Any]) -> Path:
    """Save a picture under the next name of an example."""
    path = Path(next(block_vars["image_path_iterator"])).with_suffix(".jpg")
    picture.save(path, quality=85, optimize=True)
    return path


def figure(path: str, caption: str, remark: str) -> str:
    """Return a figure with a line of code as its caption, and a remark."""
    alt = "The photo" if caption == "photo" else f"The result of {caption}"
    return f"\n   .. figure:: /{path}\n      :alt: {alt}\n\n      ``{caption}``{remark}\n"


def make_visible(shown: Any) -> tuple[Image.Image, str]:
    """Return a picture of 8 bits of a picture or an array, and a remark on how floats, which fill the range, are shown.

    The largest floats are clipped: a few of them would leave the others dark.
    """
    if isinstance(shown, Image.Image) or shown.dtype.kind != "f":
        return to_displayable(shown).convert("RGB"), ""
    most = np.percentile(np.abs(shown), HIGHEST)
    picture = to_displayable(np.clip(shown, -most, most)).convert("RGB")
    return picture, ", 0 shown as gray" if shown.min() < 0 else ", scaled to black and white"


def brighten(result: Image.Image, photo: Image.Image) -> tuple[Image.Image, str]:
    """Return a faint result, such as that of a derivative, multiplied by a power of two, and a remark that says so."""
    level, of_photo = (max(1.0, float(np.percentile(picture, FAINT))) for picture in (result, photo))
    times = 2 ** int(np.log2(2 * BRIGHT / level))
    if times == 1 or level >= of_photo / 2:
        return result, ""
    return result.point(lambda sample: min(255, sample * times)), f", shown {times} times brighter"


def fit(picture: Image.Image) -> Image.Image:
    """Return a picture that is not too large, and enlarged to show its pixels if it is small."""
    if picture.width > WIDTH:
        return picture.resize((WIDTH, round(picture.height * WIDTH / picture.width)), Image.Resampling.LANCZOS)
    times = max(1, WIDTH // picture.width) if picture.width < WIDTH // 2 else 1
    return picture.resize((picture.width * times, picture.height * times), Image.Resampling.NEAREST)
