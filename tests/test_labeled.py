"""xarray: dimensions, coordinates, name and attributes of results, and DataArrays that are lazy."""
import numpy as np
import pytest

import imfilter
from imfilter import DtypeError, ImfilterError

YS, XS = np.arange(12) * 10.0, np.arange(10)[::-1]
KERNEL = np.array([[1.0, 2, 0], [0, 1, 3], [1, 1, 1]])


@pytest.fixture
def image(xarray):
    """An image with coordinates of all kinds."""
    return xarray.DataArray(
        np.random.default_rng(5).random((12, 10, 3), np.float32), dims=("y", "x", "band"), name="photo",
        attrs={"unit": "1"}, coords={
            "y": YS, "x": XS, "band": list("rgb"), "time": 7, "latitude": (("y", "x"), np.add.outer(YS, XS)),
            "row": ("y", [f"row {k}" for k in range(12)])})


def labels(array):
    """Return the coordinates as lists."""
    return {name: coordinate.values.tolist() for name, coordinate in array.coords.items()}


def check_axes(result, ys, xs):
    """Check the coordinates of the rows and columns; None: there are none."""
    found = labels(result)
    assert found.get("y") == (None if ys is None else ys.tolist())
    assert found.get("x") == (None if xs is None else xs.tolist())
    assert found.get("row") == (None if ys is None else [f"row {int(y / 10)}" for y in ys])
    whole = None if ys is None or xs is None else np.add.outer(ys, xs).tolist()
    assert found.get("latitude") == whole


def test_a_result_of_the_same_shape_keeps_all_labels(image, xarray):
    result = imfilter.sobel(image)
    assert isinstance(result, xarray.DataArray)
    xarray.testing.assert_identical(result, image.copy(data=imfilter.sobel(image.values)))
    assert (result.name, result.attrs, result.dims) == ("photo", {"unit": "1"}, ("y", "x", "band"))


@pytest.mark.parametrize(("function", "ys", "xs"), [
    (lambda image: imfilter.gaussian(image, stride=(2, 3)), YS[::2], XS[::3]),
    (lambda image: imfilter.correlate(image, KERNEL, stride=(5, 1)), YS[::5], XS),
    (lambda image: imfilter.correlate(image, KERNEL, padding="valid"), YS[1:-1], XS[1:-1]),
    (lambda image: imfilter.correlate(image, KERNEL, padding="valid", stride=2), YS[1:-1:2], XS[1:-1:2]),
    (lambda image: imfilter.correlate(image, KERNEL, padding="valid", dilation=2), YS[2:-2], XS[2:-2]),
    (lambda image: imfilter.correlate(image, np.ones((1, 2)), padding=0), YS, XS[1:]),
    (lambda image: imfilter.convolve(image, np.ones((1, 2)), padding=0), YS, XS[:-1]),
    (lambda image: imfilter.correlate(image, KERNEL, padding="full"), None, None),
    (lambda image: imfilter.correlate(image, KERNEL, padding=((2, 0), (1, 1))), None, XS),
    (lambda image: imfilter.correlate(image, KERNEL, padding=1), YS, XS),
    (lambda image: imfilter.correlate(image, [KERNEL, KERNEL.T], select=np.ones((6, 5), int), stride=2),
     YS[::2], XS[::2]),
    (lambda image: imfilter.generic(image, np.ptp, stride=(1, 2)), YS, XS[::2]),
    (lambda image: imfilter.windows(image, 3, padding="valid"), YS[1:-1], XS[1:-1]),
    (lambda image: imfilter.windows(image, stride=4), YS[::4], XS[::4]),
    (lambda image: imfilter.shrink(image, (3, 2)), YS[1::3], None),
    (lambda image: imfilter.shrink(image, (3, 1), stride=(2, 2)), YS[1::6], XS[::2]),
    (lambda image: imfilter.shrink(image, to=5), None, None),
    (lambda image: imfilter.shrink(image, to=4), YS[1::3], None),
    (lambda image: imfilter.shrink(image, to=99), YS, XS),
    (lambda image: imfilter.pyramid_reduce(image), YS[::2], XS[::2]),
    (lambda image: imfilter.pyramid_expand(image), None, None),
    (lambda image: imfilter.pyramid(image, 3)[2], YS[::4], XS[::4]),
    (lambda image: imfilter.pyramid(image, 3, "laplacian")[1], YS[::2], XS[::2]),
    (lambda image: imfilter.pyramid_reconstruct(imfilter.pyramid(image, 3, "laplacian")), YS, XS),
    (lambda image: imfilter.Pipeline("gaussian:stride=2", "sobel")(image), YS[::2], XS[::2]),
    (lambda image: imfilter.Pipeline("box:stride=2", "shrink:by=3,1")(image), YS[2::6], XS[::2]),
    (lambda image: imfilter.blend(image, imfilter.sobel(image), "0,0,50%,100%"), YS, XS),
])
def test_results_have_the_coordinates_of_the_pixels_that_they_lie_on(function, ys, xs, image):
    result = function(image)
    check_axes(result, ys, xs)
    assert labels(result)["band"] == ["r", "g", "b"] and labels(result)["time"] == 7
    assert (result.name, result.attrs) == ("photo", {"unit": "1"})


def test_a_result_lies_where_the_middle_tap_of_an_impulse_is(image):
    """Where the coordinates of a result are kept, a kernel with one tap in its middle returns the pixel there."""
    middle = np.zeros((5, 3))
    middle[2, 1] = 1
    for options in ({}, {"stride": 3}, {"padding": "valid", "stride": 2}, {"padding": (1, 0)},
                    {"padding": 0, "dilation": 2}):
        result = imfilter.correlate(image, middle, **options)
        np.testing.assert_array_equal(result, image.sel(y=result.y, x=result.x))


def test_axes_that_come_and_go(image):
    gray = imfilter.grayscale(image)
    assert gray.dims == ("y", "x")
    check_axes(gray, YS, XS)
    maps = imfilter.conv2d(image, np.ones((3, 3, 3, 3)), padding=1, stride=2)
    assert maps.dims == ("y", "x", "band") and "band" not in maps.coords
    check_axes(maps, YS[::2], XS[::2])
    assert "band" not in imfilter.mix(image, np.eye(3)[::-1]).coords  # red is no more the first
    assert imfilter.conv2d(gray, np.ones((4, 1, 3, 3))).dims == ("y", "x", "channel")
    assert imfilter.conv2d(gray.rename(y="channel"), np.ones((4, 1, 3, 3))).dims == ("channel", "x", "channel_")
    red = imfilter.conv2d(image.rename(band="channel").isel(channel=0), np.ones((4, 1, 3, 3)))
    assert red.dims == ("y", "x", "channel_") and red.channel == "r"
    assert imfilter.windows(gray, 3).dims == ("y", "x", "y_window", "x_window")
    stacked = imfilter.Stack.parse("3x2 s2 p1").apply(image, [np.ones((2, 3, 3, 3))])
    assert [maps.dims for maps in stacked] == [("y", "x", "band")]


def test_channels_first(image):
    first = image.transpose("band", "y", "x")
    result = imfilter.box(first, stride=2, channel_axis=0)
    assert result.dims == ("band", "y", "x")
    check_axes(result.transpose("y", "x", "band"), YS[::2], XS[::2])
    np.testing.assert_array_equal(result, imfilter.box(image.values, stride=2).transpose(2, 0, 1))
    assert imfilter.grayscale(first, channel_axis=0).dims == ("y", "x")
    batch = image.expand_dims("frame")
    assert imfilter.box(batch).dims == ("frame", "y", "x", "band")


def test_dimensions_without_coordinates(xarray):
    plain = xarray.DataArray(np.ones((4, 5)), dims=("a", "b"), coords={"b": np.arange(5)})
    result = imfilter.box(plain, stride=2)
    assert result.dims == ("a", "b") and labels(result) == {"b": [0, 2, 4]}


def test_an_index_of_several_levels(xarray):
    image = xarray.DataArray(np.ones((4, 2, 2)), dims=("y", "a", "b"), coords={"a": [1, 2], "b": list("uv")})
    stacked = image.stack(x=("a", "b"))
    result = imfilter.box(stacked, stride=(1, 2))
    assert result.indexes["x"].tolist() == [(1, "u"), (2, "u")]
    assert "x" not in imfilter.correlate(stacked, KERNEL, padding="full").coords


def test_masks_and_missing_pixels(image):
    image = image.copy()
    image[2, 3] = np.nan
    result = imfilter.gaussian(image, mask="nan")
    assert not result.isnull().any() and result.dims == image.dims
    np.testing.assert_array_equal(result, imfilter.gaussian(image.values, mask="nan"))
    np.testing.assert_array_equal(
        imfilter.median(image, mask=image.notnull()), imfilter.median(image.values, mask=~np.isnan(image.values)))


def test_labels_may_have_any_names(image):
    named = image.rename(time="mask").assign_attrs(mask=True, dtype="bfloat16", requires_grad=True)
    assert "mask" in imfilter.sobel(named).coords
    np.testing.assert_array_equal(imfilter.gaussian(image, mask=named), imfilter.gaussian(image, mask=image.values))
    np.testing.assert_array_equal(imfilter.correlate(image, named[:3, :3, 0].drop_vars(["x", "y"])),
                                  imfilter.correlate(image, image.values[:3, :3, 0]))


@pytest.mark.parametrize("change", [
    lambda image: image.astype(">f4"), lambda image: image[::-1, ::2], lambda image: image.transpose("x", "y", "band"),
])
def test_any_memory_layout(change, image):
    changed = change(image)
    values = np.ascontiguousarray(changed.values, np.float32)
    np.testing.assert_array_equal(imfilter.sobel(changed), imfilter.sobel(values))


def test_out_keeps_its_own_labels(image):
    out = image.copy(data=np.zeros(image.shape, np.float32)).rename("edges")
    assert imfilter.sobel(image, out=out) is out
    assert out.name == "edges"
    np.testing.assert_array_equal(out, imfilter.sobel(image.values))
    with pytest.raises(DtypeError, match=r"^out must be a NumPy array, got list"):
        imfilter.sobel(image, out=[1])


def test_lazy_images_stay_lazy(image, xarray):
    array = pytest.importorskip("dask.array")
    lazy = image.chunk({"y": 5})
    for function in (
            lambda given: imfilter.gaussian(given, 2, stride=2), imfilter.Pipeline("box", "shrink:by=3"),
            lambda given: imfilter.correlate(given, KERNEL, padding="valid"), imfilter.grayscale,
            lambda given: imfilter.conv2d(given, np.ones((2, 3, 3, 3)), padding=1),
            lambda given: imfilter.pyramid(given, 3)[-1], lambda given: imfilter.pyramid(given, 3, "laplacian")[0],
            lambda given: imfilter.gaussian(given, mask=given.notnull())):
        result = function(lazy)
        assert isinstance(result.data, array.Array)
        xarray.testing.assert_identical(result.compute(), function(image))
    assert imfilter.plan(lazy, KERNEL).taps == imfilter.plan(image, KERNEL).taps
    with pytest.raises(ImfilterError, match=r"^out must be None for a dask array"):
        imfilter.sobel(lazy, out=lazy)
    with pytest.raises(DtypeError, match=r"^windows needs an image in memory"):
        imfilter.windows(lazy)


def test_what_a_labeled_array_holds_may_be_of_another_library(image):
    strict = pytest.importorskip("array_api_strict")
    held = image.drop_vars("latitude").copy(data=strict.asarray(image.values))
    result = imfilter.sobel(held)
    assert type(result.data) is type(held.data) and labels(result)["band"] == ["r", "g", "b"]
    np.testing.assert_array_equal(np.asarray(result.data), imfilter.sobel(image.values))


def test_other_objects_of_xarray(image):
    assert type(imfilter.sobel(image.variable)) is np.ndarray
    frame = image[..., 0].drop_vars(["latitude", "row", "time", "band"]).to_pandas()
    assert type(imfilter.sobel(frame)) is np.ndarray
    np.testing.assert_array_equal(imfilter.sobel(frame), imfilter.sobel(image.values[..., 0]))
    with pytest.raises(DtypeError, match=r"^image must be an array or a Pillow image, got Dataset"):
        imfilter.sobel(image.to_dataset(name="photo"))


def test_matrices_of_windows_have_axes_of_their_own(xarray):
    """Their rows and columns are no places of the image, even where there are as many."""
    field = xarray.DataArray(
        np.arange(4.0).reshape(2, 2), dims=("y", "x"), coords={"y": [5, 6], "t": 7}, attrs={"u": "m"})
    columns = imfilter.unfold(field, (1, 2))
    assert columns.dims == ("axis_0", "axis_1") and set(columns.coords) == {"t"} and columns.attrs == {"u": "m"}
    np.testing.assert_array_equal(columns, [[0, 1], [2, 3]])
    folded = imfilter.fold(columns, (2, 2), (1, 2), channel_axis=None)
    assert folded.shape == (2, 2) and not {"y", "x"} & set(folded.dims)
