"""Write the pictures, films and tables that the recipes of the cookbook begin with.

    python docs/cookbook/inputs.py FOLDER
"""
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageDraw, ImageFont

import imfilter

SAMPLES = Path(__file__).parents[2] / "sample_images"
TEXT = ("A kernel is a small matrix of", "weights. Place it on the image,", "multiply each weight by the",
        "pixel below it, and add up the", "products: one pixel of the", "result. Then move the kernel", "and repeat.")


def load(name: str, box: tuple[int, int, int, int] | None = None) -> np.ndarray:
    """Return a sample photo, or the part of it in a box: left, top, right, bottom."""
    with Image.open(SAMPLES / name) as photo:
        return np.asarray(photo.crop(box) if box else photo)


def to_bytes(values: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def save(path: Path, pixels: np.ndarray, **options: object) -> None:
    Image.fromarray(pixels).save(path, **options)


def write_photos(folder: Path) -> None:
    """A noisy photo, a shaken one, a dusty scan, and four small ones in a folder."""
    random = np.random.default_rng(0)
    face = load("astronaut.png", (120, 0, 376, 256))
    save(folder / "noisy.png", to_bytes(face + random.normal(0, 14, face.shape)))
    shaken = imfilter.motion(load("astronaut.png"), 15, 30, dtype="float32")[20:260, 120:360]
    save(folder / "shaky.png", to_bytes(shaken + random.normal(0, 1, shaken.shape)))
    (folder / "holiday").mkdir()
    for name in ("astronaut.png", "coffee.tif", "dandelion.webp", "rocket.jpg"):
        with Image.open(SAMPLES / name) as photo:
            photo.thumbnail((320, 320))
            photo.save(folder / "holiday" / f"{Path(name).stem}.jpg", quality=90)


def write_scan(folder: Path) -> None:
    """A scanned slide with white specks of dust and two scratches."""
    random = np.random.default_rng(1)
    slide = Image.fromarray(load("coffee.tif", (60, 20, 420, 300)))
    pen = ImageDraw.Draw(slide)
    for x, y, r in zip(random.integers(0, 360, 70), random.integers(0, 280, 70), random.uniform(0.5, 2, 70),
                       strict=True):
        pen.ellipse((x - r, y - r, x + r, y + r), fill=(245, 245, 240))
    pen.line((90, 0, 101, 279), fill=(235, 235, 230))
    pen.line((250, 30, 246, 240), fill=(240, 240, 235))
    slide.save(folder / "dusty.png")


def write_depth(folder: Path) -> None:
    """How far the table lies from the sharp cup: black is sharp, white is far away."""
    y, x = np.mgrid[:400, :600]
    distance = np.hypot((x - 305) / 160, (y - 140) / 160)
    save(folder / "depth.png", to_bytes(255 * np.clip((distance - 0.9) / 0.8, 0, 1)))


def write_page(folder: Path) -> None:
    """A photographed page: the light falls off, and the paper is rough."""
    page = Image.new("L", (360, 260), 255)
    pen = ImageDraw.Draw(page)
    for k, line in enumerate(TEXT):
        pen.text((22, 18 + 32 * k), line, 40, ImageFont.load_default(20))
    y, x = np.mgrid[:260, :360]
    light = 0.25 + 0.7 * np.exp(-((x - 70) ** 2 + (y - 50) ** 2) / 200 ** 2)
    save(folder / "page.png", to_bytes(np.asarray(page) * light + np.random.default_rng(2).normal(0, 3, light.shape)))


def make_terrain(side: int) -> np.ndarray:
    """Return heights in meters, float32."""
    noise = np.random.default_rng(3).normal(size=(side, side)).astype(np.float32)
    hills = sum(sigma ** 1.6 * imfilter.gaussian(noise, sigma) for sigma in (2, 5, 12, 30))
    return (500 + 12 * hills).astype(np.float32)


def write_maps(folder: Path) -> None:
    """Heights with gaps: NaN in an array, -9999 in a GeoTIFF; the temperatures of 40 days at 12 depths."""
    terrain = make_terrain(240)
    gaps = imfilter.gaussian(np.random.default_rng(4).normal(size=terrain.shape), 9) > 0.05
    np.save(folder / "heights.npy", np.where(gaps, np.float32("nan"), terrain))
    Image.fromarray(np.where(gaps, np.float32(-9999), terrain)).save(
        folder / "elevation.tif", tiffinfo={42113: "-9999"})  # GDAL_NODATA
    depth, day = np.mgrid[:12, :40]
    noise = np.random.default_rng(5).normal(0, 0.8, depth.shape)
    np.save(folder / "temperatures.npy", (12 - depth / 2 + 4 * np.sin(day / 6) * np.exp(-depth / 4) + noise))


def write_slices(folder: Path) -> None:
    """A stack of 12 slices of a microscope: 16 bits, spots that come into focus one after another, few photons."""
    random = np.random.default_rng(6)
    spots, slices = random.uniform(8, 120, (25, 2)), []
    y, x = np.mgrid[:128, :128]
    for z in range(12):
        light = np.full((128, 128), 300.0)
        for k, (row, column) in enumerate(spots):
            sigma = 2 + abs(k / 2 - z) / 2
            light += 16000 / sigma ** 2 * np.exp(-((y - row) ** 2 + (x - column) ** 2) / (2 * sigma ** 2))
        slices.append(Image.fromarray(random.poisson(light / 40).astype(np.uint16) * 40))
    slices[0].save(folder / "slices.tif", save_all=True, append_images=slices[1:])


def write_films(folder: Path) -> None:
    """A clip of 16 frames (y4m, which FFmpeg and imfilter read), and an animation."""
    scene = Image.fromarray(load("dandelion.webp")).resize((320, 180))
    frames = [scene.crop((4 * k, 2 * k, 160 + 4 * k, 120 + 2 * k)) for k in range(16)]
    with open(folder / "clip.y4m", "wb") as film:
        film.write(b"YUV4MPEG2 W160 H120 F16:1 Ip A1:1 C444\n")
        for frame in frames:
            planes = np.moveaxis(np.asarray(frame.convert("YCbCr")), -1, 0)
            film.write(b"FRAME\n" + planes.tobytes())
    small = [frame.quantize(64) for frame in frames[::2]]
    small[0].save(folder / "walk.gif", save_all=True, append_images=small[1:], duration=[80] * 7 + [600], loop=0)


def write_tagged(folder: Path) -> None:
    """A photo with a place, a camera and a color profile."""
    photo, exif = Image.fromarray(load("rocket.jpg")), Image.Exif()
    exif.update({271: "Camera maker", 272: "Model 1"})
    exif.get_ifd(0x8825).update({1: "N", 2: (28.0, 34.0, 55.0), 3: "W", 4: (80.0, 34.0, 38.0)})
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    photo.save(folder / "tagged.jpg", exif=exif, icc_profile=profile, dpi=(300, 300), quality=92)


def write_look(folder: Path) -> None:
    """A photo before and after the look of another program: warm, faded, a little sharper."""
    before = load("coffee.tif", (100, 60, 420, 300))
    look = np.array([[0.95, 0.15, 0], [0.1, 0.85, 0.05], [0.1, 0.2, 0.55]])
    save(folder / "before.png", before)
    save(folder / "after.png", to_bytes(imfilter.sharpen(before, 0.15, dtype="float32") @ look.T + (18, 10, 14)))


def write_mosaic(folder: Path) -> None:
    """A gray mosaic of 2048 x 2560 pixels, which stands for one that memory does not hold."""
    save(folder / "mosaic.tif", np.tile(load("grass.png"), (4, 5)))


def write_weights(folder: Path) -> None:
    """Eight kernels 7 x 7 x 3, which stand for the first layer of a trained network."""
    kernels = []
    for k in range(6):
        wave = imfilter.kernels.gabor(0.25, 30 * k, bandwidth=1.5).real
        y, x = (size // 2 for size in wave.shape)
        window = wave[y - 3:y + 4, x - 3:x + 4]
        kernels.append([window - window.mean()] * 3)
    blob = imfilter.kernels.gaussian(1.5, truncate=2)[:7, :7]
    kernels += [[blob, 0 * blob, -blob], [-blob, 2 * blob, -blob]]
    bank = np.array(kernels, np.float32)
    bank /= np.abs(bank).sum((1, 2, 3), keepdims=True)
    np.savez(folder / "network.npz", **{"conv1.weight": bank})


WRITERS: tuple[Callable[[Path], None], ...] = (
    write_photos, write_scan, write_depth, write_page, write_maps, write_slices, write_films, write_tagged, write_look,
    write_mosaic, write_weights)


def write(folder: Path) -> None:
    """Write all inputs, and copies of the sample photos, into a new folder."""
    folder.mkdir(parents=True)
    for photo in SAMPLES.iterdir():
        if photo.suffix != ".md":
            shutil.copyfile(photo, folder / photo.name)
    for writer in WRITERS:
        writer(folder)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
