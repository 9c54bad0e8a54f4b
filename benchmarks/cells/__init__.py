"""The cells that compare.py measures: one computation each, with a contestant for every library that offers it."""
from __future__ import annotations

from collections.abc import Callable, Iterator

from .blurs import make_blur_cells, make_sharpening_cells
from .colors import make_color_cells
from .common import Cell
from .denoising import make_denoising_cells
from .edge_preserving import make_edge_preserving_cells
from .edges import make_edge_cells
from .kernels import make_kernel_cells, make_stride_cells
from .layers import make_layer_cells
from .local import make_local_cells
from .morphology import make_morphology_cells
from .pooling import make_pooling_cells
from .published import make_published_cells
from .rank import make_rank_cells
from .replacements import make_rank_replacement_cells, make_replacement_cells
from .scipy_filters import make_ndimage_cells
from .small import make_small_cells
from .stems import make_stem_cells
from .varying import make_varying_cells

GROUPS: dict[str, Callable[[], Iterator[Cell]]] = {
    "kernels": make_kernel_cells, "blurs": make_blur_cells, "edges": make_edge_cells,
    "sharpening": make_sharpening_cells, "layers": make_layer_cells, "pooling": make_pooling_cells,
    "stems": make_stem_cells, "strides": make_stride_cells, "colors": make_color_cells, "rank": make_rank_cells,
    "morphology": make_morphology_cells, "local": make_local_cells, "edge-preserving": make_edge_preserving_cells,
    "denoising": make_denoising_cells, "varying": make_varying_cells,
    "small": make_small_cells, "skimage": make_replacement_cells, "skimage-rank": make_rank_replacement_cells,
    "ndimage": make_ndimage_cells, "published": make_published_cells}
