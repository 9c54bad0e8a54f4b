"""Words that people use for commands and options, and what these are called here."""
from __future__ import annotations

from ..errors import suggest
from ..filters import FILTERS
from ..filters.synonyms import RECIPES, SYNONYMS, suggest_filters
from ..runtime.keywords import find_meant
from ..runtime.spelling import find_american

COMMANDS = {
    "filter": "imfilter apply", "run": "imfilter apply", "filters": "imfilter list", "ls": "imfilter list",
    "diff": "imfilter compare", "difference": "imfilter compare", "psnr": "imfilter compare", "ssim":
    "imfilter compare", "kernel": "imfilter convolve --kernel", "correlate": "imfilter convolve --no-flip",
    "conv": "imfilter convolve", "train": "imfilter learn", "fit": "imfilter learn", "view": "imfilter show",
    "draw": "imfilter show", "plot": "imfilter show", "sheet": "imfilter preview", "contact_sheet":
    "imfilter preview", "man": "imfilter help", "convert": "imfilter convolve --kernel 1",
    "deconvolve": "imfilter restore", "deconvolution": "imfilter restore", "deblur": "imfilter restore", "unblur":
    "imfilter restore", "wiener": "imfilter restore --method wiener", "richardson_lucy": "imfilter restore",
}
# What other programs call the options of files, lists and tiles; those of filters are in PARAMETERS.
OPTIONS = {
    "--bits": ("--depth", "--bit-depth"), "--bit": ("--depth", "--bit-depth"),
    "--grayscale": ("--gray",), "--greyscale": ("--gray",), "--bw": ("--gray",), "--channel": ("--channels",),
    "--region": ("--only",), "--roi": ("--only",), "--crop": ("--only",), "--rect": ("--only",),
    "--selection": ("--only",), "--soft": ("--feather",), "--fade": ("--feather",),
    "--out": ("--output",), "--outfile": ("--output",), "--dest": ("--output", "--out-dir"),
    "--output-dir": ("--out-dir",), "--outdir": ("--out-dir",), "--folder": ("--out-dir",), "--dir": ("--out-dir",),
    "--overwrite": ("--force",), "--yes": ("--force",), "--replace": ("--in-place", "--force"),
    "--inplace": ("--in-place",), "--noclobber": ("--skip-existing",), "--no-clobber": ("--skip-existing",),
    "--dryrun": ("--dry-run",), "--simulate": ("--dry-run",), "--preview": ("--show",), "--display": ("--show",),
    "--compression": ("--compress-level",), "--strip-metadata": ("--strip",), "--no-metadata": ("--strip",),
    "--then-apply": ("--then",), "--chain": ("--then",), "--keep-times": ("--preserve",), "--times": ("--preserve",),
    "--convert": ("--format",),
}
# Words of the topic, and the pictures of imfilter explain that show it.
PICTURES = {
    **dict.fromkeys(["size", "sizes", "output_size", "convolution", "conv", "conv2d", "convolve"], "arithmetic"),
    "padding": "arithmetic --padding 1", "stride": "arithmetic --stride 2", "dilation": "arithmetic --dilation 2",
    **dict.fromkeys(["receptive", "receptive_field", "field", "fields"], "stack"),
    **dict.fromkeys(["pool", "max_pool", "maxpool", "avg_pool", "avgpool"], "pooling"),
    **dict.fromkeys(["deconvolution", "deconv", "conv_transpose", "upsampling"], "transposed"),
    **dict.fromkeys(["network", "net", "resnet", "layers", "feature_maps"], "model"),
    **dict.fromkeys(["bank", "groups", "depthwise"], "channels"),
    **dict.fromkeys(["relu", "gelu", "sigmoid", "tanh", "silu"], "activation"), "playground": "play",
}


def suggest_picture(name: str, known: list[str]) -> str:
    """Return ': did you mean ...?' for a word that is no picture of imfilter explain."""
    meant = PICTURES.get(name.lower().replace("-", "_"))
    return f": did you mean 'imfilter explain {meant}'?" if meant else suggest(name, known)


def find_options(word: str, known: set[str]) -> list[str]:
    """Return the options among the known ones that an option of another program means."""
    meant = [name for name in OPTIONS.get(word, ()) if name in known]
    parameters = {name.lstrip("-").replace("-", "_"): name for name in known if name.startswith("--")}
    return meant or [parameters[name] for name in find_meant(word.lstrip("-").replace("-", "_"), parameters)]


def suggest_command(name: str, known: list[str]) -> str:
    """Return what to write instead of a word that is no command, or nothing."""
    word = find_american(name, FILTERS)
    if word in FILTERS:
        return f": did you mean 'imfilter apply {word}'?"
    key = word.lower().replace("-", "_")
    if key in COMMANDS:
        return f": did you mean '{COMMANDS[key]}'?"
    if key in SYNONYMS:
        return f": did you mean 'imfilter apply {SYNONYMS[key][0]}'?"
    return suggest_filters(name) if key in RECIPES else suggest(name, known)
