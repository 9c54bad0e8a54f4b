"""The drop-in replacements for scikit-image's filters: signatures, values, dtypes, errors, and the patch."""
import inspect
import sys
import threading
from types import SimpleNamespace

import numpy as np
import pytest
from program import complete
from skimage import filters

from imfilter.errors import ImfilterError
from imfilter.filters import FILTERS
from imfilter.interop import skimage as drop_in
from imfilter.interop.skimage import fallback

NAMES = [name for name in drop_in.__all__ if name != "patch"]
FULL = ["sobel", "scharr", "prewitt", "farid"]
EDGES = [name for name in NAMES if name.startswith((*FULL, "roberts", "laplace"))]
CODES = ["?", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"]
MODES = ["reflect", "constant", "nearest", "mirror", "wrap", "grid-mirror", "grid-constant", "grid-wrap"]
# Arguments of each function, apart from the image.
WAYS = {
    **{name: [{}] for name in EDGES},
    **{name: [{"axis": axis, "mode": mode, "cval": 0.3} for axis in (None, 0, 1, (1, 0)) for mode in MODES]
       for name in FULL},
    "gaussian": [{}, {"sigma": (0, 2.5)}, {"sigma": np.array([1.0, 0.3])}, {"sigma": 0}, {"truncate": 1.5},
                 {"preserve_range": True}, *({"mode": mode, "cval": 0.3} for mode in MODES)],
    "difference_of_gaussians": [{"low_sigma": 1}, {"low_sigma": (1, 0), "high_sigma": (1, 3)},
                                {"low_sigma": 0.7, "mode": "constant", "cval": 0.3, "truncate": 2}],
    "unsharp_mask": [{}, {"radius": (2, 0.5), "amount": 2.5}, {"amount": -1}, {"amount": 0}, {"preserve_range": True}],
    "gabor": [{"frequency": 0.2}, {"frequency": 0.3, "theta": 0.7, "offset": 0.4, "mode": "constant", "cval": 0.3},
              {"frequency": 0.1, "theta": 2, "sigma_x": 2, "sigma_y": 4, "n_stds": 2}],
}
WITH_CHANNELS = ["gaussian", "difference_of_gaussians", "unsharp_mask"]
GRAY, COLOR = np.zeros((5, 6)), np.zeros((5, 6, 3))
MOST = {"f2": 1e-6, "f4": 1e-6}  # of the largest value; doubles differ by their last bits


def sample(rng, code, shape=(19, 23)):
    """Random samples of all the range of a dtype."""
    kind = np.dtype(code).kind
    if kind == "f":
        return rng.normal(0, 1, shape).astype(code)
    if kind == "b":
        return rng.random(shape) < 0.5
    limits = np.iinfo(code)
    image = rng.integers(limits.min, limits.max, shape, code, endpoint=True)
    image.flat[0] = limits.min
    return image


def assert_same(name, image, keywords):
    """Compare a replacement with the function it replaces."""
    wanted, result = (getattr(home, name)(image, **keywords) for home in (filters, drop_in))
    for theirs, ours in zip(*((given if name == "gabor" else [given]) for given in (wanted, result)), strict=True):
        assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
        exact = ours.dtype.kind != "f"
        size = 0 if exact else max(1.0, np.abs(theirs).max()) * MOST.get(image.dtype.str[1:], 2e-15)
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=size, err_msg=f"{name} {keywords}")


@pytest.mark.parametrize("name", NAMES)
def test_signatures_are_those_of_scikit_image(name):
    ours, theirs = (inspect.signature(getattr(home, name)).parameters.values() for home in (drop_in, filters))
    assert [(p.name, p.kind, p.default) for p in ours] == [(p.name, p.kind, p.default) for p in theirs]


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("name", WAYS)
def test_values_and_dtypes_are_those_of_scikit_image(name, code, rng):
    image = sample(rng, code)
    for keywords in WAYS[name]:
        assert_same(name, image, keywords)


@pytest.mark.parametrize("code", CODES)
def test_thresholds_are_those_of_scikit_image(code, rng):
    image = sample(rng, code)
    if code in ("u8", "i8"):
        image = (image // 2**20).astype(code)  # its squares lose digits in scikit-image, too
    ways = [("threshold_local", {"block_size": size, "method": method, "mode": mode, "cval": 1, "offset": 0.5})
            for size in (3, (5, 1)) for method in ("gaussian", "mean", "median") for mode in MODES[:5]]
    ways += [("threshold_local", {"param": 1.5}), ("threshold_local", {"param": (0.5, 2)})]
    ways += [(name, {"window_size": size, "k": k}) for name in ("threshold_niblack", "threshold_sauvola")
             for size in (3, (5, 7), 15, 31) for k in (0.2, -0.5)]
    for name, keywords in [*ways, ("threshold_sauvola", {"r": 0.3})]:
        wanted, result = (getattr(home, name)(image, **keywords) for home in (filters, drop_in))
        assert result.dtype == wanted.dtype and result.shape == wanted.shape
        error = 3e-6 if result.dtype == np.float32 else 1e-7 if "window_size" in keywords else 1e-12
        size = np.abs(wanted).max() * (2 if name == "threshold_sauvola" else 1)
        np.testing.assert_allclose(result, wanted, rtol=0, atol=error * size, err_msg=f"{name} {keywords}")


@pytest.mark.parametrize("call", [
    lambda home: home.threshold_niblack(GRAY, 4), lambda home: home.threshold_sauvola(GRAY, (3, 4)),
    lambda home: home.threshold_local(GRAY, 4), lambda home: home.threshold_local(GRAY, (3, 3, 3)),
    lambda home: home.threshold_local(GRAY, 3, "mode"),
])
def test_wrong_thresholds_raise_the_errors_of_scikit_image(call):
    with pytest.raises(Exception) as theirs:
        call(filters)
    with pytest.raises(type(theirs.value)) as ours:
        call(drop_in)
    assert str(ours.value) == str(theirs.value)


def test_thresholds_of_volumes_are_left_to_scikit_image(rng):
    volume = rng.random((5, 9, 9))
    np.testing.assert_array_equal(drop_in.threshold_niblack(volume, 3), filters.threshold_niblack(volume, 3))
    np.testing.assert_array_equal(
        drop_in.threshold_local(volume, 3, "mean"), filters.threshold_local(volume, 3, "mean"))


@pytest.mark.parametrize("name", EDGES)
def test_masks_are_those_of_scikit_image(name, rng):
    image = rng.integers(0, 256, (19, 23), np.uint8)
    mask = rng.random(image.shape) < 0.95
    for given in (mask, mask.astype(int) * 3, np.ones_like(mask), np.zeros_like(mask)):
        assert_same(name, image, {"mask": given})
    for height, width in ((1, 1), (2, 5), (5, 2), (3, 3), (1, 9)):
        assert_same(name, image[:height, :width], {"mask": np.ones((height, width), bool)})
    assert np.count_nonzero(getattr(drop_in, name)(image, mask=mask)) < np.count_nonzero(getattr(drop_in, name)(image))


@pytest.mark.parametrize("code", ["u1", "f4", "f8"])
@pytest.mark.parametrize("axis", [-1, 2, 0, 1, -3])
@pytest.mark.parametrize("name", WITH_CHANNELS)
def test_channels_are_filtered_one_by_one(name, axis, code, rng):
    image = np.moveaxis(sample(rng, code, (19, 23, 3)), -1, axis)
    needed = {"low_sigma": 1} if name == "difference_of_gaussians" else {}
    # unsharp_mask of scikit-image 0.26 leaves most of its result uninitialized when the axis is counted from the end.
    assert_same(name, image, {**needed, "channel_axis": axis % 3 if name == "unsharp_mask" else axis})
    result = np.moveaxis(getattr(drop_in, name)(image, channel_axis=axis, **needed), axis, -1)
    again = getattr(drop_in, name)(image, channel_axis=axis % 3, **needed)
    np.testing.assert_array_equal(again, np.moveaxis(result, -1, axis))
    if name != "unsharp_mask":  # which clips by all channels' least
        for channel in range(3):
            alone = getattr(drop_in, name)(np.moveaxis(image, axis, -1)[..., channel], **needed)
            np.testing.assert_allclose(result[..., channel], alone, rtol=0, atol=MOST.get(code, 2e-15))


@pytest.mark.parametrize("name", WAYS)
def test_a_constant_image(name):
    flat = np.full((9, 11), 51, np.uint8)
    result = getattr(drop_in, name)(flat, **WAYS[name][0])
    if name != "gabor":
        np.testing.assert_allclose(result, 0.2 if name in ("gaussian", "unsharp_mask") else 0, rtol=0, atol=1e-15)


def test_layouts_in_memory_and_byte_orders(rng):
    image = rng.random((30, 40))
    for given in (image[::2, ::-3], image.T, image.astype(">f8"), image.astype(">f4"), (image * 60000).astype(">u2")):
        for name in ("sobel", "laplace", "gaussian", "unsharp_mask"):
            assert_same(name, given, {})
    image.setflags(write=False)
    assert_same("unsharp_mask", image, {})


def test_a_spike_of_nan_spreads_as_there(rng):
    image = rng.random((9, 9))
    image[4, 4] = np.nan
    for name in EDGES:
        np.testing.assert_array_equal(np.isnan(getattr(drop_in, name)(image)), np.isnan(getattr(filters, name)(image)))


def test_gaussian_fills_out(rng):
    image = rng.integers(0, 256, (19, 23), np.uint8)
    for code in ("f4", "f8"):
        out = np.empty(image.shape, code)
        assert drop_in.gaussian(image, out=out) is out
        np.testing.assert_allclose(out, filters.gaussian(image), rtol=0, atol=3e-7 if code == "f4" else 1e-15)


def test_gabor_kernels_are_those_of_scikit_image():
    for keywords in WAYS["gabor"]:
        given = {key: value for key, value in keywords.items() if key not in ("mode", "cval")}
        np.testing.assert_allclose(drop_in.gabor_kernel(**given), filters.gabor_kernel(**given), rtol=1e-12, atol=1e-16)
    assert drop_in.gabor_kernel(0.2, dtype=np.complex64).dtype == np.complex64
    with pytest.raises(ValueError, match="dtype must be complex"):
        drop_in.gabor_kernel(0.2, dtype=float)


@pytest.mark.parametrize("footprint", [None, np.ones((5, 5)), np.ones((3, 5)), np.eye(3), np.ones((2, 2))])
def test_medians_are_those_of_scikit_image(footprint, rng):
    for code in ("u1", "i1", "u2", "i2", "u4", "i4", "i8", "f4", "f8"):
        image = sample(rng, code)
        for mode, cval in (("nearest", 3), ("reflect", 3), ("constant", 3), ("constant", 3.7), ("constant", 70000)):
            result = drop_in.median(image, footprint, mode=mode, cval=cval)
            assert result.dtype == image.dtype
            np.testing.assert_array_equal(result, filters.median(image, footprint, mode=mode, cval=cval))
    out = np.empty_like(image)
    assert drop_in.median(image, out=out) is out


def test_full_squares_of_odd_size_are_left_to_the_filter(monkeypatch):
    given = []
    declaration = SimpleNamespace(function=lambda image, size, **keywords: given.append((size, keywords)))
    monkeypatch.setitem(FILTERS, "median", declaration)
    for footprint in (None, np.ones((3, 3)), np.ones((5, 5), bool), np.ones((1, 1))):
        drop_in.median(GRAY, footprint, mode="grid-wrap", cval=2)
    assert given == [(size, {"mode": "wrap", "cval": 2}) for size in (3, 3, 5, 1)]
    for footprint in (np.ones((2, 2)), np.ones((3, 5)), np.eye(3)):
        drop_in.median(GRAY, footprint)
    for image in (GRAY.astype("i8"), np.zeros((3, 3, 3)), GRAY > 0):
        drop_in.median(image)
    drop_in.median(GRAY, out=np.empty_like(GRAY))
    assert len(given) == 4


def test_the_rank_median_warns_where_it_is_called(rng):
    image = rng.integers(0, 256, (9, 9), np.uint8)
    with pytest.warns(UserWarning, match="ignores mode and cval") as record:
        result = drop_in.median(image, np.ones((3, 3)), mode="constant", behavior="rank")
    assert record[0].filename == __file__
    np.testing.assert_array_equal(result, filters.median(image, np.ones((3, 3)), behavior="rank"))




@pytest.mark.parametrize(("name", "values", "keywords"), [
    ("sobel", ([[1, 2]],), {}), ("sobel", (GRAY + 1j,), {}), ("sobel", (GRAY,), {"mode": "edge"}),
    ("sobel", (GRAY,), {"mode": ["reflect", "wrap"]}), ("sobel", (GRAY,), {"axis": 2}),
    ("sobel", (GRAY,), {"axis": "x"}), ("sobel", (GRAY, np.ones((2, 2), bool)), {}), ("sobel", (GRAY, [[True]]), {}),
    ("sobel_h", (COLOR,), {}),
    ("farid_v", (GRAY[:0],), {}), ("roberts", (COLOR,), {}), ("roberts_neg_diag", (None,), {}),
    ("laplace", (GRAY, 2), {}),
    ("gaussian", (GRAY, -1), {}), ("gaussian", (GRAY, (1, 2, 3)), {}), ("gaussian", (GRAY, "1"), {}),
    ("gaussian", (GRAY,), {"mode": "symmetric"}), ("gaussian", (GRAY,), {"out": np.zeros((5, 6), int)}),
    ("gaussian", (GRAY,), {"out": np.zeros((4, 6))}), ("gaussian", (GRAY,), {"out": "x"}),
    ("difference_of_gaussians", (GRAY, 2, 1), {}), ("difference_of_gaussians", (GRAY, -1), {}),
    ("difference_of_gaussians", (GRAY, (1, 2, 3)), {}), ("unsharp_mask", (GRAY, -1), {}), ("unsharp_mask", ([1],), {}),
    ("gabor", (COLOR, 0.2), {}), ("gabor", (GRAY, 0), {}), ("gabor", (GRAY, 0.2), {"mode": "edge"}),
])
def test_errors_are_those_of_scikit_image(name, values, keywords):
    with pytest.raises(Exception) as theirs:
        getattr(filters, name)(*values, **keywords)
    with pytest.raises(type(theirs.value)) as ours:
        getattr(drop_in, name)(*values, **keywords)
    assert str(ours.value) == str(theirs.value)


def test_volumes_and_unusual_arguments_go_on_to_scikit_image(rng):
    volume = rng.random((5, 6, 7))
    for name in (*FULL, "laplace", "gaussian", "unsharp_mask"):
        np.testing.assert_array_equal(getattr(drop_in, name)(volume), getattr(filters, name)(volume))
    np.testing.assert_array_equal(drop_in.sobel(volume[0], axis=-1), filters.sobel(volume[0], axis=-1))
    assert drop_in.threshold_otsu is filters.threshold_otsu
    with pytest.raises(AttributeError, match="sobell"):
        _ = drop_in.sobell


def test_without_scikit_image_arrays_are_filtered_and_the_rest_is_rejected(tmp_path):
    code = """if True:
        import sys
        sys.modules["skimage"] = sys.modules["scipy"] = None
        import numpy
        from imfilter import ImfilterError
        from imfilter.interop import skimage as filters
        image = numpy.eye(9)
        for name in filters.__all__:
            if name not in ("patch", "median", "gabor_kernel"):
                getattr(filters, name)(image, *([1] if name in ("gabor", "difference_of_gaussians") else []))
        for call in (lambda: filters.sobel(numpy.zeros((3, 3, 3))), lambda: filters.gaussian(image, -1),
                     lambda: filters.patch().__enter__()):
            try:
                call()
            except ImfilterError as error:
                print(error)
        print(hasattr(filters, "threshold_otsu"))
    """
    done = complete([sys.executable, "-W", "error", "-c", code], cwd=tmp_path)
    said = done.stdout.splitlines()
    assert not done.stderr and said[3] == "False"
    assert said[0].startswith("sobel needs an array (H, W)") and "got shape (3, 3, 3) of float64" in said[0]
    assert "sigma of at least 0" in said[1] and all("install scikit-image" in line for line in said[:3])


def test_patch_replaces_them_everywhere_in_scikit_image_and_puts_them_back(rng):
    import skimage.feature
    from skimage.feature import _canny

    image, own = rng.random((20, 20)), {name: getattr(filters, name) for name in NAMES}
    before = skimage.feature.canny(image)
    with drop_in.patch():
        assert all(getattr(filters, name) is getattr(drop_in, name) for name in NAMES)
        assert filters.edges.sobel is drop_in.sobel and _canny.gaussian is drop_in.gaussian
        assert filters.sobel(np.zeros((4, 4, 4))).shape == (4, 4, 4)  # passed on to the original
        np.testing.assert_array_equal(skimage.feature.canny(image), before)
        _canny.late = filters.sobel  # as a module imported in the block would have it
    assert all(getattr(filters, name) is own[name] for name in NAMES)
    assert filters.edges.sobel is own["sobel"] and _canny.gaussian is own["gaussian"] and _canny.late is own["sobel"]
    del _canny.late


def test_patch_puts_them_back_after_an_error_and_after_the_last_block():
    own = filters.sobel
    with pytest.raises(KeyError), drop_in.patch():
        raise KeyError
    assert filters.sobel is own
    with drop_in.patch():
        with drop_in.patch():
            pass
        assert filters.sobel is drop_in.sobel
    assert filters.sobel is own


def test_patch_in_many_threads():
    own, wrong, ready, interval = filters.sobel, [], threading.Barrier(8), sys.getswitchinterval()

    def work():
        ready.wait()
        for _ in range(20):
            with drop_in.patch():
                if filters.sobel is not drop_in.sobel or filters.gaussian is not drop_in.gaussian:
                    wrong.append("own function in a block")

    threads = [threading.Thread(target=work) for _ in range(8)]
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert not wrong and filters.sobel is own


def test_what_goes_on_is_named_in_the_rejection(monkeypatch):
    monkeypatch.setattr(fallback.PACKAGES["filters"], "_originals", {})
    monkeypatch.setitem(sys.modules, "skimage", None)
    needs = r"unsharp_mask needs an array \(H, W\).*got list: for everything else install"
    with pytest.raises(ImfilterError, match=needs):
        drop_in.unsharp_mask([1])


REPLACED = {
    "by hand": "skimage.filters.gaussian = ours.gaussian",
    "in its module": "skimage.filters.gaussian = skimage.filters._gaussian.gaussian = ours.gaussian",
    "where it is defined": "skimage.filters.gaussian = skimage.filters._gaussian.gaussian = "
                           "skimage._shared.filters.gaussian = ours.gaussian",
    "by mock": "import unittest.mock; unittest.mock.patch('skimage.filters.gaussian', ours.gaussian).start()",
    "all of them": "[setattr(skimage.filters, name, getattr(ours, name)) for name in ours.__all__ if name != 'patch']",
}


@pytest.mark.parametrize("replace", REPLACED.values(), ids=REPLACED.keys())
def test_a_volume_is_left_to_the_original_however_it_was_replaced(child, replace):
    done = child(f"""if True:
        import numpy, skimage.filters, skimage.filters._gaussian, skimage._shared.filters
        import imfilter.interop.skimage as ours
        volume, own = numpy.random.default_rng(0).random((5, 6, 7)), skimage.filters.gaussian
        wanted = own(volume, 2)
        {replace}
        assert skimage.filters.gaussian is ours.gaussian
        print(numpy.array_equal(skimage.filters.gaussian(volume, 2), wanted))
    """)
    assert done.stdout == "True\n", done.stderr
