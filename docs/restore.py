"""Draw docs/restore.jpg: a part of a blurred, noisy scene, and what restores it.

    python docs/restore.py
"""
from pathlib import Path

import numpy as np
from PIL import Image
from skimage import restoration

import imfilter
from imfilter import kernels

HERE = Path(__file__).parent
BLUR = "motion:length=15:angle=30"
LEFT, TOP, SIDE, GAP = 120, 20, 240, 6


def main() -> None:
    scene = np.asarray(Image.open(HERE.parent / "sample_images" / "astronaut.png").convert("RGB"))
    blurred = imfilter.motion(scene, 15, 30, dtype=np.float32)[TOP:TOP + SIDE, LEFT:LEFT + SIDE]
    noisy = blurred + np.random.default_rng(0).normal(0, 1, blurred.shape)
    observed = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
    kernel = kernels.motion(15, 30)
    theirs = np.stack([restoration.richardson_lucy(observed[..., c] / 255, kernel, num_iter=30) for c in range(3)], -1)
    panels = [observed, imfilter.restore(observed, BLUR), imfilter.restore(observed, BLUR, "wiener"),
              np.rint(255 * np.clip(theirs, 0, 1)).astype(np.uint8)]
    row = np.full((SIDE, 4 * SIDE + 3 * GAP, 3), 255, np.uint8)
    for k, panel in enumerate(panels):
        row[:, k * (SIDE + GAP):k * (SIDE + GAP) + SIDE] = panel
    Image.fromarray(row).save(HERE / "restore.jpg", quality=88)


if __name__ == "__main__":
    main()
