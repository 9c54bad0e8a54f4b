"""Show kernels, filters, pipelines and networks as pictures."""
from __future__ import annotations

from typing import Any

from ..runtime.keywords import checks_keywords
from .canvas.picture import Picture
from .kernel.table import draw_kernel

WIDTH = 80  # characters of a line of text


@checks_keywords
def show(what: Any) -> Picture:
    """Draw a kernel, filters with their kernels and frequency responses, or a network.

    Parameters
    ----------
    what : array, str, filter, Pipeline, Stack, Pattern or learned kernel
        * A kernel (kh, kw) of finite weights becomes a square for each weight, blue below 0, white at 0, red above;
          the weight of largest magnitude gets the full color. Squares hold the weights where these fit, and a frame
          marks the center tap, (kh // 2, kw // 2). Of a pattern, squares hold its labels.
        * A filter: its name, with parameters if needed ("gaussian:sigma=2"), a function such as `imfilter.sobel`, a
          Pipeline, or whatever Pipeline takes. Its kernels and their frequency responses; of a filter that has none,
          what it does to a small picture. A text may also be a kernel, "0 -1 0; -1 5 -1; 0 -1 0", or name its file.
        * A learned kernel: its kernels, as those of a filter.
        * A stack: `imfilter.explain.model` of it.

    Returns
    -------
    Picture
        Jupyter displays it. `image` is a Pillow image, `svg` an SVG document, and `save(path)` writes either. As text,
        the properties of the kernels.

    Raises
    ------
    ImfilterError
        When there is no such filter, a parameter is wrong, or the kernel is not a table of finite numbers with a finite
        sum, or has more than 4096 taps along an axis.

    Examples
    --------
    >>> import imfilter
    >>> imfilter.show([[0, -1, 0], [-1, 5, -1], [0, -1, 0]])
    <picture: 3 x 3 kernel, sum 1>
    >>> imfilter.show("gaussian:sigma=2")
    <picture: gaussian:sigma=2>
    >>> print(imfilter.show(imfilter.canny))
    canny: Canny edge detector: draw edges as lines one pixel wide. It is not a
    linear convolution, so it has no kernel.
    """
    if not _is_named(what):
        return draw_kernel(what)
    from ..layers.pattern import Pattern
    from ..layers.stack import Stack

    if isinstance(what, Pattern):
        from .kernel.pattern import draw_pattern

        return draw_pattern(what)
    if isinstance(what, Stack):
        from .network.model import model

        return model(what)
    from .kernel import subject

    subjects = subject.find_subjects(what)
    title = what if isinstance(what, str) else ",".join(one.title for one in subjects) or "learned kernel"
    return Picture(subject.draw_subjects(title, subjects), "\n".join(subject.describe_subjects(subjects, WIDTH)))


def _is_named(what: Any) -> bool:
    """Say whether an argument is more than a kernel of numbers."""
    if isinstance(what, (list, tuple)):
        return bool(what) and _is_named(what[0]) and not isinstance(what[0], (list, tuple))
    return isinstance(what, str) or callable(what) or type(what).__module__.startswith("imfilter.")
