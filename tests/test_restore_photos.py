"""How near restored photos are to the sharp ones, near the border and inside, beside scikit-image's functions.

The observed photo is cut from the middle of a larger, blurred scene, with noise: as cameras observe.
"""
import io

import numpy as np
import pytest
from PIL import Image
from skimage import restoration

import imfilter
from imfilter import kernels
from imfilter.pipeline.point_spread import PointSpread

pytestmark = pytest.mark.slow
CROP = 200
BLURS = ("gaussian:sigma=2", "disk:radius=5", "motion:length=15:angle=30")
BALANCES = 10.0 ** np.arange(-4, 1.1, 0.5)  # of scikit-image's Wiener filter, of which the test takes the best


def observe(path, blur, sigma):
    """Return the sharp part of a scene, what was observed of it, and the kernel."""
    scene = np.asarray(Image.open(path).convert("L"), float) / 255
    kernel = PointSpread().check("kernel", blur)
    top, left = (size // 2 - CROP // 2 for size in scene.shape)
    part = slice(top, top + CROP), slice(left, left + CROP)
    blurred = imfilter.convolve(scene, kernel)[part]
    noise = np.random.default_rng(1).normal(0, sigma / 255, blurred.shape)
    return scene[part], np.clip(blurred + noise, 0, 1), kernel


def measure(restored, sharp, kernel):
    """Return the PSNR in decibels of the whole, inside, and nearer to the border than the kernel reaches."""
    down, across = kernel.shape[0] // 2, kernel.shape[1] // 2
    inside = np.zeros(sharp.shape, bool)
    inside[down:-down, across:-across] = True
    squares = (restored - sharp) ** 2
    return np.array([-10 * np.log10(squares[where].mean()) for where in (np.ones_like(inside), inside, ~inside)])


def compare(path, blur, sigma):
    """Return the PSNR of each function for one photo, blur and noise, which no function is told."""
    sharp, observed, kernel = observe(path, blur, sigma)
    best = max((restoration.wiener(observed, kernel, balance) for balance in BALANCES),
               key=lambda one: measure(one, sharp, kernel)[1])
    results = {
        "observed": observed,
        "richardson_lucy": imfilter.restore(observed, blur),
        "wiener": imfilter.restore(observed, blur, "wiener"),
        "skimage richardson_lucy": restoration.richardson_lucy(observed, kernel, num_iter=30),
        "skimage wiener": best,
        "skimage unsupervised_wiener": restoration.unsupervised_wiener(observed, kernel, rng=1)[0],
    }
    results = {name: np.clip(result, 0, 1) for name, result in results.items()}  # as scikit-image does, and files do
    return {name: measure(result, sharp, kernel) for name, result in results.items()}


@pytest.mark.parametrize("name", ["astronaut.png", "coffee.tif", "grass.png"])
@pytest.mark.parametrize("sigma", [1, 5])
@pytest.mark.parametrize("blur", BLURS)
def test_better_than_scikit_image(sample_images, name, blur, sigma):
    psnr = compare(sample_images / name, blur, sigma)
    for ours, theirs, least in (("richardson_lucy", "skimage richardson_lucy", (3, 0, 10)),
                                ("wiener", "skimage unsupervised_wiener", (0.4, 0.1, 2)),
                                ("wiener", "skimage wiener", (0, -0.1, 1))):  # of the balance that is best for it
        assert (psnr[ours] - psnr[theirs] > least).all(), (ours, theirs)
        assert psnr[ours][2] > psnr["observed"][2] + 0.2


def test_a_kernel_learned_from_one_photo_restores_another(sample_images):
    before, photo = (np.asarray(Image.open(sample_images / name).convert("L")) for name in ("coffee.tif", "grass.png"))
    blurred = imfilter.gaussian(photo, 1.5)
    learned = imfilter.learn(before, imfilter.gaussian(before, 1.5), size=13)
    for method, gain in (("richardson_lucy", 1.5), ("wiener", 3)):
        restored = imfilter.restore(blurred, learned, method)
        errors = [np.mean((one.astype(float) - photo) ** 2) for one in (restored, blurred)]
        assert 10 * np.log10(errors[1] / errors[0]) > gain


@pytest.mark.parametrize("name", ["astronaut.png", "grass.png"])
def test_jpeg_files(sample_images, name):
    """Noise that compression has made invisible to the estimate does no harm where it is named."""
    sharp, observed, kernel = observe(sample_images / name, "disk:radius=5", 3)
    file = io.BytesIO()
    Image.fromarray(np.rint(255 * observed).astype(np.uint8)).save(file, "JPEG", quality=80)
    photo = np.asarray(Image.open(file)) / np.float32(255)
    least = measure(photo, sharp, kernel)[0] + 1.5
    assert measure(imfilter.restore(photo, "disk:radius=5"), sharp, kernel)[0] > least
    assert measure(imfilter.restore(photo, "disk:radius=5", "wiener", noise=0.01), sharp, kernel)[0] > least


def test_the_border_is_not_darker_than_the_rest():
    """Beyond the border of a bright even scene, scikit-image's functions assume black."""
    even = np.full((60, 60), 0.8)
    assert np.abs(imfilter.restore(even, kernels.gaussian(2)) - 0.8).max() < 1e-5
    assert np.abs(imfilter.restore(even, kernels.gaussian(2), "wiener") - 0.8).max() < 1e-5
    assert np.abs(restoration.richardson_lucy(even, kernels.gaussian(2), num_iter=30) - 0.8).max() > 0.1


if __name__ == "__main__":  # print the table of docs/command_line.md
    import sys
    from pathlib import Path

    for blur in BLURS:
        for sigma in (1, 5):
            parts = [compare(Path(sys.argv[1]) / name, blur, sigma)
                     for name in ("astronaut.png", "coffee.tif", "grass.png", "cat.png")]
            for name in parts[0]:
                print(blur, sigma, name, np.mean([part[name] for part in parts], 0).round(1))
