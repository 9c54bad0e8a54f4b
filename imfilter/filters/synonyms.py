"""Words that people use for filters, and the filters that they may mean."""
from __future__ import annotations

from ..errors import list_choices, suggest
from .registry import FILTERS

BLURS, EDGES, RELIEFS = ("gaussian", "box", "disk"), ("sobel", "canny", "find_edges"), ("emboss", "contour")
RIDGES = "sato", "frangi", "meijering"
THRESHOLDS = ("adaptive_mean", "sauvola", "wolf")
SYNONYMS = {
    "blur": BLURS, "blurring": BLURS, "gauss": ("gaussian",), "gaussian_blur": ("gaussian",), "gaussianblur": (
        "gaussian",), "soften": ("smooth", "gaussian"), "mean": ("box",), "average": ("box",), "box_blur": ("box",),
    "boxblur": ("box",), "uniform": ("box",),
    "uniform_filter": ("box",), "motion_blur": ("motion",), "lens_blur": ("disk",), "bokeh": ("disk",),
    "defocus": ("disk",), "smoothing": ("smooth", "gaussian"), "edge": EDGES, "edges": EDGES, "edge_detection": EDGES,
    "edge_detect": EDGES, "detect_edges": EDGES, "outline": ("find_edges", "contour"), "derivative": (
        "gradient", "gaussian"), "ridges": RIDGES, "ridge": RIDGES, "lines": RIDGES, "vessels": (
        "frangi", "sato"), "vesselness": ("frangi",), "neurites": ("meijering",), "neuriteness": ("meijering",),
    "tubeness": ("sato",), "eigenvalues": ("hessian", "structure_tensor"), "corners": (
        "structure_tensor",), "blobs": ("laplacian_of_gaussian", "hessian"),
    "laplacian": ("laplace",), "log": ("laplacian_of_gaussian",), "gaussian_laplace": (
        "laplacian_of_gaussian",), "dog": ("difference_of_gaussians",),
    "sharp": ("sharpen", "unsharp_mask"), "sharpening": ("sharpen", "unsharp_mask"), "unsharp": ("unsharp_mask",),
    "usm": ("unsharp_mask",), "unsharpmask": ("unsharp_mask",), "highpass": ("laplace", "unsharp_mask"), "high_pass": (
        "laplace", "unsharp_mask"), "lowpass": ("gaussian",), "low_pass": ("gaussian",), "denoise": (
        "non_local_means", "median", "bilateral"), "noise": ("non_local_means", "median", "bilateral"), "despeckle": (
        "median",), "erosion": ("erode",),
    "dilation": ("dilate",), "min": ("minimum",), "max": ("maximum",), "open": ("opening",), "close": ("closing",),
    "tophat": ("white_tophat", "black_tophat"), "top_hat": ("white_tophat", "black_tophat"), "bothat": (
        "black_tophat",), "bottom_hat": ("black_tophat",), "blackhat": ("black_tophat",), "morphology": (
        "opening", "closing"), "rank": ("percentile", "median"), "rank_filter": ("percentile",),
    "quantile": ("percentile",),
    "threshold": THRESHOLDS, "adaptive_threshold": THRESHOLDS, "adaptivethreshold": THRESHOLDS, "threshold_local": (
        "adaptive_mean", "adaptive_gaussian"), "threshold_niblack": ("niblack",), "threshold_sauvola": ("sauvola",),
    "binarize": THRESHOLDS, "binary": THRESHOLDS, "bradley": ("adaptive_mean",), "variance": ("local_variance",),
    "std": ("local_std",), "deviation": ("local_std",), "entropy": ("local_entropy",), "texture": (
        "local_std", "local_entropy"), "normalize": ("local_normalize",), "local_contrast": ("local_normalize",),
    "gray": ("grayscale",), "grey": ("grayscale",),
    "bw": ("grayscale",), "blackandwhite": ("grayscale",), "black_and_white": ("grayscale",), "resize": ("shrink",),
    "scale": ("shrink",), "thumbnail": ("shrink",), "downscale": ("shrink",),
    "downscale_local_mean": ("shrink",), "downsample": ("shrink",), "pixelate": (
        "gaussian", "box"), "contrast": ("local_normalize", "unsharp_mask"),
    "monochrome": ("grayscale",), "desaturate": ("grayscale", "saturate"), "luma": (
        "grayscale",), "saturation": ("saturate",), "vibrance": ("saturate",), "hue_rotate": ("hue",), "matrix": (
        "mix",), "color_matrix": ("mix",), "channel_mixer": ("mix",), "relief": RELIEFS, "embossing": ("emboss",),
    "bump": ("emboss",), "surface_blur": ("bilateral",), "edge_preserving": ("bilateral", "guided"), "guided_filter": (
        "guided",), "nlm": ("non_local_means",), "nlmeans": ("non_local_means",), "nl_means": (
        "non_local_means",), "denoise_nl_means": ("non_local_means",), "fastnlmeansdenoising": (
        "non_local_means",), "vintage": ("sepia",),
    "depth_of_field": ("disk",), "radial": ("radial_blur",), "zoom": (
        "radial_blur",), "zoom_blur": ("radial_blur",), "spin": ("radial_blur",), "spin_blur": ("radial_blur",),
}
# What takes more than one filter.
RECIPES = {"glow", "soft_glow", "bloom", "vignette", "vignetting", "tilt_shift", "tiltshift", "miniature", "sketch",
           "pencil", "clarity", "structure", "dust", "scratches", "background", "rolling_ball"}


def suggest_filters(word: str, known: list[str] | None = None) -> str:
    """Return what to write instead of a word that means or resembles filters, ': did you mean ...?', or nothing."""
    key = word.lower().replace("-", "_").replace(" ", "_")
    if key in RECIPES:
        return ", but the cookbook in the documentation has a recipe"
    meant = SYNONYMS.get(key)
    return f": did you mean {list_choices(meant)}?" if meant else suggest(word, known or FILTERS)
