"""A user's script that calls every public name. Type checkers must accept it, and agree with its assert_type."""
from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, assert_type

import numpy as np
import numpy.typing as npt
from PIL import Image

import imfilter

Array = np.ndarray[Any, Any]


class Tensor:
    """What a type checker sees of a tensor of PyTorch."""

    requires_grad = False

    def detach(self) -> Tensor:
        return self


class TensorDtype:
    """And of a dtype of PyTorch."""

    is_floating_point = True
    is_complex = False


def use_pictures(path: str, name: str) -> None:
    photo = Image.open(path)
    assert_type(imfilter.gaussian(photo, 2), Image.Image)
    assert_type(imfilter.sobel(photo.convert("L")), Image.Image)
    assert_type(imfilter.Pipeline("gaussian:sigma=2", "sobel")(photo), Image.Image)
    assert_type(imfilter.conv2d(photo, np.ones((3, 3, 1, 1))), Image.Image)
    assert_type(imfilter.pyramid(photo), list[Image.Image])
    assert_type(imfilter.pyramid(photo, kind="laplacian"), list[Array])
    assert_type(imfilter.windows(photo, 5), Array)
    assert_type(imfilter.unfold(photo, (3, 3)), Array)
    assert_type(imfilter.blend(photo.convert("RGB"), imfilter.sepia(photo), (0, 0, 9, 9), feather=3), Image.Image)
    imfilter.contact_sheet([photo, imfilter.sepia(photo), None], ["before", "after", ""], columns=2).save(name)
    imfilter.explain.pixel(photo, 3, 4, "sobel").save(name)
    imfilter.disk(photo, np.ones((9, 9))).save(name)
    imfilter.guided(photo, guide=photo, mask=None)
    imfilter.box(photo, 5, mask=photo.getchannel("A"), mode=imfilter.Border.WRAP)


def use_arrays(
    image: npt.NDArray[np.uint8], floats: Array, rows: list[list[float]], either: Array | Image.Image
) -> None:
    assert_type(imfilter.gaussian(image, 2), Array)
    assert_type(imfilter.gaussian(rows, sigma=[1, 2]), Array)
    assert_type(imfilter.gaussian(either, sigma=np.array([1.5, 2])), Array | Image.Image)
    assert_type(imfilter.correlate(image, [[1, 2, 1]], mode="mirror", padding="valid", method="fft"), Array)
    assert_type(imfilter.convolve(rows, np.ones((3, 3)), stride=[1, 2], dilation=np.array([2, 1]), mask="nan"), Array)
    assert_type(imfilter.conv2d(floats, floats, floats[0], padding="same_tf", padding_mode="replicate"), Array)
    assert_type(imfilter.conv_transpose2d(floats, floats, stride=2, output_padding=(1, 0)), Array)
    assert_type(imfilter.max_pool2d(image, 2, padding="same_tf", ceil_mode=True), Array)
    assert_type(imfilter.avg_pool2d(image, [2, 3], padding=((0, 1), (0, 1)), divisor_override=3), Array)
    assert_type(imfilter.unfold(image, 3), Array)
    assert_type(imfilter.fold(floats, (8, 8), 3, padding=1), Array)
    assert_type(imfilter.windows(image, (3, 5), padding=0), Array)
    assert_type(imfilter.generic(image, np.ptp, footprint="disk:3"), Array)
    assert_type(imfilter.pyramid(image, 3), list[Array])
    assert_type(imfilter.pyramid_reduce(image), Array)
    assert_type(imfilter.pyramid_expand(image, (8, 8), dtype="float32"), Array)
    assert_type(imfilter.pyramid_reconstruct(imfilter.pyramid(image, kind="laplacian")), Array)
    assert_type(imfilter.restore(image, "disk:radius=2", "wiener", noise=0.01, mode="ignore"), Array)
    assert_type(imfilter.blend(image, image, "10%,10%,50%,50%"), Array)
    assert_type(imfilter.Pipeline("sobel").then(imfilter.gaussian, sigma=2)(image, dtype=np.float32), Array)
    print(imfilter.plan(image, [[1, 2, 1]], method="direct").taps, imfilter.__version__)


def use_tensors(tensor: Tensor) -> None:
    assert_type(imfilter.gaussian(tensor, 2, channel_axis=1, out=tensor), Tensor)
    assert_type(imfilter.conv2d(tensor, tensor, dtype=TensorDtype()), Tensor)
    assert_type(imfilter.max_pool2d(tensor, 2), Tensor)
    assert_type(imfilter.Pipeline("sobel")(tensor), Tensor)
    assert_type(imfilter.pyramid(tensor), list[Tensor])
    assert_type(imfilter.Stack.parse("3x8 p1, relu").run(tensor, normalize="imagenet"), Tensor)
    assert_type(imfilter.Stack.parse("3x8 p1, relu").apply(tensor), list[Tensor])


def use_layers(image: npt.NDArray[np.uint8], photos: Sequence[Image.Image], weights: list[Array]) -> None:
    stack = imfilter.Stack([
        imfilter.Layer(3, out_channels=8, padding="same"), imfilter.Activation("leaky_relu", 0.2),
        imfilter.Pool("max", [2, 2]), imfilter.TransposedLayer(np.array([4, 4]), stride=2),
        imfilter.Branches([[imfilter.Layer(imfilter.Pattern([[1, 2, 1]]))], []], "concat"),
    ])
    assert_type(stack.run(image, weights), Array)
    assert_type(stack.run(photos[0], {"0.weight": weights[0]}, normalize=(0.5, [0.1, 0.2, 0.3])), Array)
    assert_type(stack.apply(image, "weights.npz"), list[Array])
    learned = imfilter.learn(photos, photos, size=(3, 5))
    assert_type(learned(photos[0], mode="mirror"), Image.Image)
    imfilter.learn(image, imfilter.convolve(image, learned.kernel))
    imfilter.show(learned.kernel).save("kernel.svg")
    imfilter.show(imfilter.kernels.gaussian([2, 1])).save("gaussian.svg")
    imfilter.show(imfilter.kernels.named("box", size=5) + imfilter.kernels.footprint("disk", 2)).save("sum.svg")
    assert_type(imfilter.output_size(5, 3, padding=imfilter.same_padding(3)), int)
    assert_type(imfilter.transposed_output_size(5, 3, stride=2), int)
    warnings.simplefilter("ignore", imfilter.LearningWarning)


def use_errors(image: Array) -> str:
    try:
        imfilter.batch.Output(folder="results")
        return str(imfilter.interop)
    except imfilter.FileError as error:
        return error.fact
    except (imfilter.DtypeError, imfilter.ImfilterError) as error:
        return str(error)
    except imfilter.ImfilterWarning as warning:
        return str(warning)


def use_filters(a: npt.NDArray[np.uint16]) -> list[Array]:
    return [
        imfilter.box(a, (3, 5), linear=True), imfilter.binomial(a, 5), imfilter.tent(a, 5), imfilter.disk(a, 2.5),
        imfilter.gaussian(a, np.float32(2), truncate=3, order=(0, 1), method="approximate"), imfilter.motion(a, 9, 30),
        imfilter.smooth(a), imfilter.smooth_more(a), imfilter.radial_blur(a, 0.1, center=(0.5, 0.25)),
        imfilter.sharpen(a, 2), imfilter.unsharp_mask(a, 2, 1, threshold=0.1), imfilter.edge_enhance(a),
        imfilter.edge_enhance_more(a), imfilter.detail(a), imfilter.sobel(a, axis=0), imfilter.scharr(a, axis=None),
        imfilter.prewitt(a), imfilter.farid(a), imfilter.roberts(a), imfilter.laplace(a, dtype="int16"),
        imfilter.kirsch(a), imfilter.find_edges(a), imfilter.contour(a), imfilter.laplacian_of_gaussian(a, 2),
        imfilter.difference_of_gaussians(a, 1, None), imfilter.gabor(a, 0.1, part="real"),
        imfilter.gradient(a, [1, 2], part="direction"), imfilter.hessian(a, 2, part="largest"),
        imfilter.structure_tensor(a, gradient_sigma=2), imfilter.sato(a, [1, 2, 3]), imfilter.frangi(a, 2, c=None),
        imfilter.meijering(a, (1.5, 2), black_ridges=False), imfilter.canny(a, 2, low_threshold=0.1),
        imfilter.emboss(a, 45, depth=2), imfilter.grayscale(a, weights=[0.2, 0.7, 0.1]), imfilter.sepia(a, 0.5),
        imfilter.saturate(a, 2), imfilter.hue(a, 90), imfilter.mix(a, [[0, 0, 1], [0, 1, 0], [1, 0, 0]]),
        imfilter.median(a, footprint="disk:3"), imfilter.minimum(a, 5), imfilter.maximum(a, [3, 5]),
        imfilter.percentile(a, 25, np.array([3, 5])), imfilter.bilateral(a, 0.1, 3, joint=True, distance="cityblock"),
        imfilter.erode(a, 3, mode="ignore"), imfilter.dilate(a, heights=[[0, 1, 0]]), imfilter.opening(a),
        imfilter.closing(a, footprint=[[0, 1, 0], [1, 1, 1], [0, 1, 0]]), imfilter.morphological_gradient(a),
        imfilter.white_tophat(a, 9), imfilter.black_tophat(a, 9), imfilter.local_mean(a), imfilter.local_variance(a),
        imfilter.local_std(a), imfilter.local_normalize(a), imfilter.local_entropy(a), imfilter.adaptive_mean(a),
        imfilter.adaptive_gaussian(a, 11, sigma=None), imfilter.niblack(a, k=0.2), imfilter.sauvola(a, r=None),
        imfilter.wolf(a), imfilter.guided(a, (4, 8), 0.01, guide=a, subsample=2),
        imfilter.non_local_means(a, 0.1, patch_size=5), imfilter.shrink(a, 2, resample="lanczos"),
        imfilter.shrink(a, to=(100, 100)),
    ]
