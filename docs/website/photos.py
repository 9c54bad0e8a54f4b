"""The photo and the parameters with which the gallery shows each filter, so that its effect can be seen."""
from typing import Any, NamedTuple


class Photo(NamedTuple):
    """A sample photo. code: the lines that make `photo`. shows: what it shows. file: for the command line."""

    code: str
    shows: str
    file: str


NOISE = """
noise = np.random.default_rng(0).normal(0, 25, (300, 451, 3))
photo = Image.fromarray((np.asarray(photo) + noise).clip(0, 255).astype(np.uint8))"""
SPECKS = """
specks = np.random.default_rng(0).integers(0, 12, (300, 451, 1))  # one pixel of 12 black, one white
photo = Image.fromarray(np.where(specks < 2, 255 * specks, photo).astype(np.uint8))"""
CAT = 'photo = Image.open("sample_images/cat.png").convert("RGB")'
COMMAND_LINE_PHOTO = "photo.png"  # where the photo is made, not a file

PHOTOS = {
    "astronaut": Photo(
        'photo = Image.open("sample_images/astronaut.png")', "an astronaut", "sample_images/astronaut.png"),
    "cat": Photo(CAT, "a cat", "sample_images/cat.png"),
    "coffee": Photo('photo = Image.open("sample_images/coffee.tif")', "a cup of coffee", "sample_images/coffee.tif"),
    "dandelion": Photo(
        'photo = Image.open("sample_images/dandelion.webp")', "dandelions", "sample_images/dandelion.webp"),
    "retina": Photo(
        'photo = Image.open("sample_images/retina.png").crop((90, 90, 470, 470))', "the vessels of a retina, 16 bits",
        COMMAND_LINE_PHOTO),
    "rocket": Photo('photo = Image.open("sample_images/rocket.jpg")', "a rocket", "sample_images/rocket.jpg"),
    "eye": Photo(f"{CAT}.crop((115, 70, 235, 170))", "the eye of a cat, enlarged", COMMAND_LINE_PHOTO),
    "lawn": Photo(
        'photo = Image.open("sample_images/grass.png").crop((0, 0, 120, 100))', "a lawn, enlarged",
        COMMAND_LINE_PHOTO),
    "noisy": Photo(CAT + NOISE, "a cat with noise", COMMAND_LINE_PHOTO),
    "specks": Photo(CAT + SPECKS, "a cat with specks", COMMAND_LINE_PHOTO),
}

# By group, for filters without a row below; the astronaut for groups without one.
PHOTO_OF_GROUP = {
    "sharpen": "eye", "edges": "coffee", "relief": "coffee", "morphology": "rocket", "threshold": "retina",
    "smoothing": "noisy", "size": "dandelion",
}

# The photo, or "" for that of the group; and the parameters.
EXAMPLES: dict[str, tuple[str, dict[str, Any]]] = {
    "box": ("", {"size": 15}),
    "gaussian": ("", {"sigma": 5}),
    "binomial": ("", {"size": 41}),
    "tent": ("", {"size": 21}),
    "disk": ("dandelion", {"radius": 12}),
    "motion": ("", {"length": 31, "angle": 30}),
    "smooth": ("lawn", {}),
    "smooth_more": ("lawn", {}),
    "radial_blur": ("rocket", {"zoom": 0.3}),
    "sharpen": ("", {"amount": 2}),
    "unsharp_mask": ("", {"radius": 2, "amount": 2}),
    "laplace": ("eye", {}),
    "find_edges": ("eye", {}),
    "contour": ("eye", {}),
    "laplacian_of_gaussian": ("dandelion", {"sigma": 4}),
    "difference_of_gaussians": ("dandelion", {"low_sigma": 2, "high_sigma": 8}),
    "gabor": ("astronaut", {"frequency": 0.1}),
    "gradient": ("", {"sigma": 3}),
    "hessian": ("retina", {"sigma": 3}),
    "structure_tensor": ("", {"sigma": 3}),
    "sato": ("retina", {"sigmas": (2, 3, 4)}),
    "frangi": ("retina", {"sigmas": (2, 3, 4)}),
    "meijering": ("retina", {"sigmas": (2, 3, 4)}),
    "canny": ("", {"sigma": 2}),
    "emboss": ("", {"depth": 2}),
    "saturate": ("", {"amount": 2}),
    "hue": ("", {"angle": 120}),
    "mix": ("", {"matrix": [[0, 0, 1], [0, 1, 0], [1, 0, 0]]}),
    "median": ("specks", {"size": 5}),
    "minimum": ("", {"size": 9}),
    "maximum": ("", {"size": 9}),
    "percentile": ("", {"percent": 80, "size": 9}),
    "bilateral": ("noisy", {"sigma_color": 0.25, "sigma_spatial": 4}),
    "erode": ("", {"size": 7}),
    "dilate": ("", {"size": 7}),
    "opening": ("cat", {"size": 9}),
    "closing": ("retina", {"size": 15}),
    "morphological_gradient": ("coffee", {"size": 5}),
    "white_tophat": ("cat", {"size": 9}),
    "black_tophat": ("retina", {"size": 15}),
    "local_mean": ("", {"size": 15}),
    "local_variance": ("", {"size": 9}),
    "local_std": ("", {"size": 9}),
    "local_normalize": ("retina", {"size": 51}),
    "local_entropy": ("", {"size": 9}),
    "adaptive_mean": ("", {"size": 51, "offset": 600}),
    "adaptive_gaussian": ("", {"size": 51, "offset": 600}),
    "niblack": ("", {"size": 31, "k": 0.8}),
    "sauvola": ("", {"size": 31, "k": 0.05}),
    "wolf": ("", {"size": 31, "k": 0.1}),
    "guided": ("", {"radius": 6, "epsilon": 0.05}),
    "non_local_means": ("", {"strength": 0.12}),
    "shrink": ("", {"by": 8}),
}


def choose_photo(name: str, group: str) -> Photo:
    """Return the photo of a filter of a group."""
    return PHOTOS[EXAMPLES.get(name, ("", {}))[0] or PHOTO_OF_GROUP.get(group, "astronaut")]


def choose_parameters(name: str) -> dict[str, Any]:
    """Return the parameters of a filter that differ from its defaults."""
    return EXAMPLES.get(name, ("", {}))[1]
