"""Mistakes: type checkers must report every line of the function, and no other."""
from typing import Any

import numpy as np
from PIL import Image

import imfilter

Array = np.ndarray[Any, Any]


def make_mistakes(photo: Image.Image, array: Array) -> None:
    imfilter.gaussian(array, mode="mirorr")
    imfilter.gaussian(array, mode="edge")
    imfilter.gaussian(array, radius=2)
    imfilter.gaussian(array, "2")
    imfilter.gaussian("photo.png")
    imfilter.gaussian(array, 2, 3)
    imfilter.gaussian(array, sigma=(1, "2"))
    imfilter.gaussian(array, method="fft")
    imfilter.sobel(array, axis=2)
    imfilter.correlate(array, [[1]], padding="sames")
    imfilter.correlate(array, [[1]], method="fast")
    imfilter.correlate(array, "gaussian")
    imfilter.conv2d(array, [[[[1]]]], padding_mode="mirror")
    imfilter.conv2d(array, [[[[1]]]], border="zeros")
    imfilter.max_pool2d(array, "2")
    imfilter.shrink(array, 2, resample="nearest")
    imfilter.dilate(array, mode="ignored")
    imfilter.restore(array, "disk", "lucy")
    imfilter.pyramid(array, kind="laplace")
    imfilter.Layer(3, padding="full")
    imfilter.Pool("mean", 2)
    imfilter.Activation("rely")
    imfilter.Branches([], "sum")
    imfilter.Pipeline("sobel")(array, mode="wrap")
    print(imfilter.gaussian(photo).shape)
    imfilter.gaussian(array).save("photo.png")
    print(imfilter.pyramid(photo).shape)
    imfilter.windows(photo).save("photo.png")
    imfilter.gaussian_blur(array)
    imfilter.kernels.gaussian_blur(2)
    imfilter.kernels.gaussian(radius=2)
    imfilter.show("sobel", 3).save("sobel.png")
    np.mean(imfilter.Pipeline("sobel")(photo).mean())
