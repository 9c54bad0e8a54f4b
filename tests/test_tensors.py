"""PyTorch's tensors: memory formats, dtypes, what is refused, and results of other functions than filters."""
import warnings

import numpy as np
import pytest

import imfilter
from imfilter import DtypeError

KERNEL = np.array([[1.0, 2, 0], [0, 1, 3], [1, 1, 1]])


@pytest.fixture
def image(torch):
    return torch.from_numpy(np.random.default_rng(5).random((2, 3, 12, 10), np.float32))


@pytest.mark.parametrize("name", ["uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64", "bool",
                                  "uint16", "uint32", "uint64"])
def test_every_dtype(name, torch):
    array = np.random.default_rng(5).integers(0, 2 if name == "bool" else 100, (9, 8)).astype(name)
    given = torch.from_numpy(array)
    result = imfilter.box(given)
    assert result.dtype is (torch.float32 if name == "bool" else given.dtype)
    np.testing.assert_array_equal(result.numpy(), imfilter.box(array))


def test_a_dtype_of_the_library(image, torch):
    for dtype in (torch.uint8, torch.float64, torch.half, torch.uint16, torch.bool):
        result = imfilter.gaussian(image, channel_axis=1, dtype=dtype)
        assert result.dtype is dtype
        name = str(dtype).removeprefix("torch.")
        np.testing.assert_array_equal(result, imfilter.gaussian(image.numpy(), channel_axis=1, dtype=name))
    assert imfilter.pyramid_reduce(image, channel_axis=1, dtype=torch.float64).dtype is torch.float64
    assert imfilter.conv2d(image, np.ones((1, 3, 1, 1)), channel_axis=1, dtype=torch.int16).dtype is torch.int16
    # NumPy knows bfloat16 once ml_dtypes is imported, as ONNX does.
    with pytest.raises(DtypeError, match=r"^dtype must be (a NumPy dtype|one of real numbers of .*), got .*bfloat16$"):
        imfilter.gaussian(image, dtype=torch.bfloat16)
    with pytest.raises(DtypeError, match=r"^dtype must be one of real numbers of at most 64 bits, got complex64$"):
        imfilter.gaussian(image, dtype=torch.complex64)


@pytest.mark.parametrize("function", [
    lambda image: imfilter.correlate(image, KERNEL, channel_axis=1),
    lambda image: imfilter.sobel(image, channel_axis=1),
    lambda image: imfilter.conv2d(image, np.ones((4, 3, 3, 3)), channel_axis=1, stride=2),
    lambda image: imfilter.gaussian(image, 3, stride=2, channel_axis=1),
])
def test_channels_last_memory_stays_channels_last(function, image, torch):
    for given in (image, image[:1]):  # planes of one image could be a view, with gaps
        last = given.contiguous(memory_format=torch.channels_last)
        result, expected = function(last), function(given)
        assert result.is_contiguous(memory_format=torch.channels_last)
        torch.testing.assert_close(result, expected, rtol=0, atol=0)


def test_contiguous_planes_stay_contiguous(image):
    for given, axis in ((image, 1), (image[0], 0)):
        assert imfilter.correlate(given, KERNEL, channel_axis=axis).is_contiguous()
        assert imfilter.sobel(given, channel_axis=axis).is_contiguous()


def test_the_layer_of_a_network(image, torch):
    layer = torch.nn.Conv2d(3, 16, 3, padding=1)
    maps = imfilter.conv2d(image, layer.weight.detach(), layer.bias.detach(), padding=1, channel_axis=1)
    torch.testing.assert_close(maps, layer(image).detach(), rtol=0, atol=1e-6)


def test_results_can_be_written(image):
    for result in (imfilter.sobel(image), imfilter.windows(image, 3), imfilter.windows(image, 1),
                   imfilter.pyramid(image)[1]):
        result += 1


def test_a_subclass_gives_a_tensor(image, torch):
    result = imfilter.sobel(torch.nn.Parameter(image, requires_grad=False))
    assert type(result) is torch.Tensor


def test_an_out_that_overlaps(image):
    expected = imfilter.gaussian(image.numpy().copy(), channel_axis=1)
    assert imfilter.gaussian(image, channel_axis=1, out=image) is image
    np.testing.assert_array_equal(image, expected)


def test_an_out_of_other_strides(image, torch):
    out = torch.empty(12, 10, 2, 3).permute(2, 3, 0, 1)
    assert imfilter.gaussian(image, channel_axis=1, out=out) is out
    torch.testing.assert_close(out, imfilter.gaussian(image, channel_axis=1), rtol=0, atol=0)


def make_refused(torch):
    """Yield tensors that no array can be, and what is said."""
    plain = torch.rand(8, 8)
    yield plain.clone().requires_grad_(), "not require a gradient, .*: pass NAME.detach()"
    yield plain.to("meta"), "be in the memory of the processor, got a Tensor on meta, which has no samples"
    yield plain.bfloat16(), "have a dtype that NumPy has, got a Tensor of torch.bfloat16: make it float32 first"
    yield plain.to(torch.float8_e4m3fn), "have a dtype that NumPy has, got a Tensor of torch.float8_e4m3fn"
    yield plain.to_sparse(), "be dense, got a Tensor of layout torch.sparse_coo: pass NAME.to_dense()"
    yield plain.to_sparse_csr(), "be dense, got a Tensor of layout torch.sparse_csr: pass NAME.to_dense()"
    yield torch.quantize_per_tensor(plain, 0.1, 0, torch.quint8), "not be quantized, .*: pass NAME.dequantize()"
    yield plain.to(torch.complex64), "hold real numbers, got a Tensor of torch.complex64: pass its .real and .imag"
    yield torch.complex(plain, plain).conj(), "hold real numbers, got a Tensor of torch.complex64"
    yield torch.complex(plain, plain).conj().imag, "not be a view of negated numbers, .*: pass NAME.resolve_neg()"
    with torch._subclasses.fake_tensor.FakeTensorMode():
        fake = torch.rand(8, 8)
    yield fake, "be an array, got FakeTensor: .numpy() is not supported for tensor subclasses"
    yield torch.masked.masked_tensor(plain, plain > 0.5), "be an array, got MaskedTensor"


def test_what_is_refused(torch):
    plain = torch.rand(8, 8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of features that PyTorch calls prototypes
        refused = list(make_refused(torch))
        for given, said in refused:
            for name, call in (("image", imfilter.sobel), ("mask", lambda mask: imfilter.gaussian(plain, mask=mask)),
                               ("kernel", lambda kernel: imfilter.correlate(plain, kernel)),
                               ("out", lambda out: imfilter.sobel(plain, out=out))):
                pattern = said.replace("NAME", name).replace("()", r"\(\)").replace(" .numpy", r" \.numpy")
                with pytest.raises(DtypeError, match=rf"^{name} must {pattern}"):
                    call(given)


def test_inside_of_functions_that_trace(image, torch):
    with pytest.raises(DtypeError, match=r"^image must be an array, got Tensor: "):
        torch.vmap(imfilter.sobel)(image)
    with pytest.raises(DtypeError, match=r"^image must not require a gradient"):
        torch.func.grad(lambda given: imfilter.sobel(given).sum())(image)


@pytest.mark.slow
def test_beside_compiled_code(image, torch):
    sobel = torch.compiler.disable(imfilter.sobel)
    compiled = torch.compile(lambda given: sobel(given * 2, channel_axis=1) + 1, backend="eager")
    torch.testing.assert_close(compiled(image), imfilter.sobel(image * 2, channel_axis=1) + 1, rtol=0, atol=0)


def test_what_learns_or_draws_takes_tensors(image):
    gray = image[0, 0]
    learned = imfilter.learn(gray, imfilter.sharpen(gray), size=3)
    assert type(learned.kernel) is np.ndarray
    assert imfilter.plan(gray, KERNEL).taps == imfilter.plan(gray.numpy(), KERNEL).taps
    np.testing.assert_array_equal(imfilter.blend(gray, imfilter.box(gray), "0,0,50%,100%").numpy(),
                                  imfilter.blend(gray.numpy(), imfilter.box(gray.numpy()), "0,0,50%,100%"))
    assert type(imfilter.blend(gray.numpy(), imfilter.box(gray), "0,0,50%,100%")) is type(gray)
