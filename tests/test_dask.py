"""Lazy results of dask arrays are bit-identical to those of the whole image, for any chunks."""
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import strategies
from declared import changed
from hypothesis import given, settings
from hypothesis import strategies as st
from test_tiles import NEAR, assert_same, masks, pixels

import imfilter
from imfilter import DtypeError, ImfilterError, Pipeline
from imfilter.filters import FILTERS
from imfilter.interop import dask_graph

dask = pytest.importorskip("dask")
Callback = pytest.importorskip("dask.callbacks").Callback
da = pytest.importorskip("dask.array")

MODES = strategies.MODES


@pytest.fixture(autouse=True)
def one_thread():
    with dask.config.set(scheduler="synchronous"):
        yield


def chunks(size, rng):
    """Return sizes of chunks that make up an axis, some of one pixel."""
    cuts = sorted({0, size, *rng.integers(0, size + 1, 3).tolist(), min(1, size)})
    return tuple(np.diff(cuts).tolist()) or (0,)


def cut(image, rng):
    return da.from_array(image, tuple(chunks(size, rng) for size in image.shape))


def assert_lazy(function, image, rng):
    """Compare metadata as well: those of a result are exact before anything is computed."""
    lazy, whole = function(cut(image, rng)), function(image)
    assert isinstance(lazy, da.Array) and isinstance(lazy._meta, np.ndarray)
    assert (lazy.shape, lazy.dtype) == (whole.shape, whole.dtype)
    parts, computed = dask.compute(lazy.to_delayed().ravel().tolist(), lazy)  # at once, so each part once
    assert [part.shape for part in parts] == [lazy.blocks[place].shape for place in np.ndindex(lazy.numblocks)]
    assert all(part.dtype == whole.dtype for part in parts)
    assert_same(computed, whole)
    assert_same(lazy.compute(), whole)
    with Callback():  # then there are tasks, which write to one array
        assert_same(function(cut(image, rng)).compute(), whole)


@pytest.mark.parametrize("name", NEAR)
@pytest.mark.slow
def test_every_filter(name, rng):
    given = changed(name, linear=False)
    for mode, stride, dtype in zip(MODES, (1, 2, (1, 3), 7, 1), ("u1", "u2", "i4", "f4", "f8"), strict=True):
        shape = (33, 47, 3) if FILTERS[name].group == "color" or mode == "wrap" else (33, 47)
        function = getattr(imfilter, name)
        assert_lazy(lambda image, function=function, **options: function(image, **given, **options),
                    pixels(rng, shape, dtype), rng)
        assert_lazy(lambda image, function=function, mode=mode, stride=stride: function(
            image, **given, mode=mode, stride=stride, cval=1.5), pixels(rng, shape, dtype), rng)


@st.composite
def calls(draw):
    """A function of an image of any shape and dtype, and such an image."""
    axis = draw(st.sampled_from([None, -1, 0, 1]))
    many = draw(st.booleans()) and axis != 0
    shape = [draw(st.integers(1, 30)), draw(st.integers(1, 40) | st.integers(60, 90))]
    inputs = 1
    if axis is not None:
        inputs = draw(st.integers(1, 4))
        shape.insert(0 if many or axis == 0 else len(shape) if axis == -1 else 1, inputs)
        if many and axis == -1:
            shape = [*shape[1:], inputs]
    shape = [draw(st.integers(1, 3)), *shape] if many else shape
    image = draw(strategies.pixels(tuple(shape), draw(st.sampled_from(["?", "u1", "u2", "i4", "f4", "f8"]))))
    options = {"channel_axis": axis, "stride": draw(strategies.steps)}
    kind = draw(st.sampled_from(["correlate", "convolve", "conv2d", "chain"]))
    if kind == "chain":
        mode = draw(strategies.modes)
        text = draw(st.sampled_from([
            f"gaussian:mode={mode}:stride=2,median:mode={mode}", f"box:size=2,sobel:mode={mode}:axis=0",
            "emboss,unsharp_mask"]))
        return Pipeline(text), image, {"channel_axis": axis}
    options |= {"dilation": draw(strategies.steps), "padding": draw(strategies.paddings)}
    if kind == "conv2d":
        weight = draw(strategies.weights((2, inputs, *draw(st.tuples(st.integers(1, 4), st.integers(1, 4))))))
        options["padding_mode"] = draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"]))
        return lambda image, **options: imfilter.conv2d(image, weight, **options), image, options
    kernel = draw(strategies.kernels())
    options |= {"mode": draw(strategies.modes), "cval": draw(st.sampled_from([0, 0.5, 300])),
                "method": draw(st.sampled_from(["auto", "auto", "fft"]))}
    return lambda image, **options: getattr(imfilter, kind)(image, kernel, **options), image, options


@settings(max_examples=60)
@given(calls(), st.integers(0, 2**32))
@pytest.mark.slow
def test_anything(call, seed):
    function, image, options = call
    rng = np.random.default_rng(seed)
    try:
        function(image, **options)
    except ImfilterError as error:
        lazy = cut(image, rng)
        with pytest.raises(type(error)):
            function(lazy, **options)
        return
    assert_lazy(lambda image: function(image, **options), image, rng)


@pytest.mark.parametrize(("shape", "axis"), [((3, 20, 30, 4), -1), ((4, 20, 30), 0), ((3, 4, 20, 30), 1)])
def test_images_and_channels_keep_their_chunks(shape, axis, rng):
    """Unless a filter mixes channels: then their chunks are merged."""
    lazy = da.from_array(pixels(rng, shape, "u1"), tuple(2 if size < 5 else size for size in shape))
    assert imfilter.gaussian(lazy, channel_axis=axis).chunks == lazy.chunks
    mixed = imfilter.mix(lazy, np.eye(4), channel_axis=axis).chunks
    assert mixed[axis] == (4,)
    assert [own for k, own in enumerate(mixed) if k != axis % 4 % len(shape)] == [
        own for k, own in enumerate(lazy.chunks) if k != axis % 4 % len(shape)]


def test_chunks_follow_the_stride(rng):
    lazy = da.zeros((10, 11), chunks=((1, 4, 5), (11,)), dtype="u1")
    assert imfilter.box(lazy, stride=3).chunks == ((1, 1, 2), (4,))
    assert imfilter.correlate(lazy, np.ones((3, 3)), padding="valid").chunks == ((1, 4, 3), (9,))
    assert imfilter.correlate(lazy, np.ones((3, 3)), padding=2).chunks == ((1, 4, 7), (13,))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shape", [(30, 40, 3), (2, 30, 40, 3)])
@pytest.mark.slow
def test_masks(mode, shape, rng):
    """Of an array or lazy; what is known of the whole mask is that of the whole, however it is cut."""
    image = pixels(rng, shape, "f4")
    image[rng.random(shape) < 0.1] = np.nan
    for mask in masks(shape[-3:], rng):
        options = {"mode": mode, "cval": 2.5, "stride": (1, 2)}
        whole = imfilter.gaussian(image, 1.2, mask=mask, **options)
        given = [mask] if isinstance(mask, str) else [mask, cut(mask, rng)]
        for one in given:
            assert_same(imfilter.gaussian(cut(image, rng), 1.2, mask=one, **options).compute(), whole)
        for rank in (imfilter.median, imfilter.minimum):
            whole = rank(image, (3, 4), mask=mask, **options)
            for one in given:
                assert_same(rank(cut(image, rng), (3, 4), mask=one, **options).compute(), whole)
    many = rng.random(shape)
    whole = imfilter.correlate(image, np.ones((2, 3)), mask=many, mode=mode)
    assert_same(imfilter.correlate(cut(image, rng), np.ones((2, 3)), mask=cut(many, rng), mode=mode).compute(), whole)


@pytest.mark.parametrize("shape", [(30, 40, 1), (1, 30, 40, 1), (1, 30, 40, 3), (2, 30, 40, 1)])
def test_a_mask_serves_for_all_channels_and_images(shape, rng):
    image, mask = pixels(rng, (2, 30, 40, 3), "u1"), rng.random(shape)
    lazy = da.from_array(image, (1, 13, 17, 1))
    for one in (mask, da.from_array(mask, 11)):
        assert_same(imfilter.gaussian(lazy, mask=one).compute(), imfilter.gaussian(image, mask=mask))


def test_chunks_may_be_empty(rng):
    image = pixels(rng, (20, 30), "u1")
    lazy = da.from_array(image, ((9, 0, 11), (30,)))
    assert lazy.chunks[0] == (9, 0, 11) and imfilter.sobel(lazy).chunks[0] == (9, 11)
    assert_same(imfilter.sobel(lazy).compute(), imfilter.sobel(image))


def test_masks_that_weigh_nothing_are_rejected(rng):
    image = da.zeros((20, 20), chunks=7)
    with pytest.raises(ImfilterError, match="finite weights of at least 0, got -1"):
        imfilter.gaussian(image, mask=np.full((20, 20), -1.0))
    with pytest.raises(ImfilterError, match="mask must have the shape"):
        imfilter.gaussian(image, mask=da.ones((20, 19)))
    with pytest.raises(ImfilterError, match="mask must be None for sobel"):
        imfilter.sobel(image, mask=da.ones((20, 20)))
    with pytest.raises(DtypeError, match="mask must be boolean or hold real numbers"):
        imfilter.gaussian(image, mask=da.ones((20, 20), dtype="c8"))
    lazy = imfilter.gaussian(image, mask=da.full((20, 20), -1.0, chunks=7))
    with pytest.raises(ImfilterError, match="finite weights of at least 0, got -1"):
        lazy.compute()


def unread(*_, **__):
    raise AssertionError("computed too early")


def test_nothing_is_computed_before_it_is_asked_for():
    image = da.map_blocks(unread, dtype="u1", chunks=((10, 10), (10, 10)), meta=np.empty((0, 0), "u1"))
    mask = da.map_blocks(unread, dtype="f4", chunks=((10, 10), (10, 10)), meta=np.empty((0, 0), "f4"))
    for lazy in (imfilter.gaussian(image, mask=mask), Pipeline("sobel,median")(image),
                 imfilter.conv2d(image, np.ones((3, 1, 2, 2)))):
        assert lazy.dtype == np.uint8
        with pytest.raises(AssertionError, match="computed too early"):
            lazy.compute()
    assert imfilter.plan(image, np.ones((3, 3))).method == "runs"


def test_a_chunk_needs_its_neighbors_alone():
    image = da.zeros((1000, 1000), chunks=100, dtype="u1")
    lazy = imfilter.gaussian(image, 2)
    corner = lazy.blocks[0, 0].__dask_graph__().cull({(lazy.blocks[0, 0].name, 0, 0)}).to_dict()
    wanted = {key for key in corner if isinstance(key, tuple) and key[0] == image.name}
    assert wanted == {(image.name, *place) for place in np.ndindex(2, 2)}


def test_chunks_in_memory_are_read_where_they_are(rng):
    image = da.from_array(pixels(rng, (60, 50, 3), "u1"), (20, 30, 3))
    memory = image.dask.layers[image.name][image.name, 0, 0, 0].base
    for lazy in (imfilter.gaussian(image, 2), imfilter.correlate(image, np.ones((3, 5)), mode="wrap")):
        tasks = {key: task for key, task in lazy.dask.layers[lazy.name].items() if isinstance(key, tuple)}
        assert sorted(tasks) == [(lazy.name, *place, 0) for place in np.ndindex(3, 2)]  # and none for pieces
        windows = [window for _, _, sources in tasks.values() for window in sources]
        assert all(isinstance(window, np.ndarray) and np.shares_memory(window, memory) for window in windows)


@pytest.mark.parametrize("sizes", [(20, 30, 3), (60, 50, 3), (60, 50, 1)])
def test_no_task_is_made_where_none_is_run(sizes, rng, monkeypatch):
    memory = pixels(rng, (60, 50, 3), "u1")
    image = da.from_array(memory, sizes)
    with monkeypatch.context() as patch:
        patch.delattr(dask_graph.ResultTasks, "graph")
        lazy = imfilter.gaussian(image, 2)
        assert_same(lazy.compute(), imfilter.gaussian(memory, 2))
        assert not lazy.dask.layers[lazy.name].is_materialized()
    assert len(lazy.__dask_graph__()) > lazy.npartitions and lazy.dask.layers[lazy.name].is_materialized()
    assert_same(pickle.loads(pickle.dumps(lazy)).compute(), imfilter.gaussian(memory, 2))


def test_chunks_out_of_place_are_not_one_array(rng):
    memory = pixels(rng, (40, 60), "u1")
    for parts in (memory[20:], memory[:20]), (memory[:20], memory[:20]), (memory[:20], memory[20:, ::-1]):
        image = da.from_array(memory, (20, 60))
        graph = {(image.name, k, 0): part for k, part in enumerate(parts)}
        image = da.Array(graph, image.name, image.chunks, image.dtype)
        assert_same(imfilter.gaussian(image, 2).compute(), imfilter.gaussian(np.concatenate(parts), 2))


@pytest.mark.parametrize("mode", MODES)
def test_chunks_in_memory_of_their_own(mode, rng):
    """Results that persist are in memory, too, but not side by side; some chunks may be computed later."""
    image = pixels(rng, (40, 50), "f4")
    kept = cut(image, rng).map_blocks(np.copy).persist()
    half = da.concatenate([da.from_array(image[:20], 10), da.zeros((20, 50), chunks=10, dtype="f4")])
    for function in (imfilter.sobel, imfilter.gaussian):
        assert_same(function(kept, mode=mode).compute(), function(image, mode=mode))
        assert_same(function(half, mode=mode).compute(), function(half.compute(), mode=mode))


def test_the_same_has_the_same_name(rng):
    image = da.from_array(pixels(rng, (30, 30), "u1"), 10)
    functions = [
        imfilter.sobel, lambda image: imfilter.sobel(image, axis=0), lambda image: imfilter.gaussian(image, 2),
        lambda image: imfilter.gaussian(image, 2, mode="wrap"), lambda image: imfilter.gaussian(image, 2, mask="nan"),
        lambda image: imfilter.gaussian(image, 2, mask=np.eye(30)),
        lambda image: imfilter.gaussian(image, 2, dtype="f4"),
        lambda image: imfilter.correlate(image, [[1, 2]]), lambda image: imfilter.convolve(image, [[1, 2]]),
        lambda image: imfilter.correlate(image, [[1, 2]], padding=3), Pipeline("sobel,sobel"),
        lambda image: imfilter.conv2d(image, np.ones((1, 1, 2, 2))),
    ]
    names = [function(image).name for function in functions]
    assert names == [function(image).name for function in functions] and len(set(names)) == len(functions)


def test_results_go_on_as_dask_arrays(rng):
    image = pixels(rng, (60, 50), "u1")
    lazy = imfilter.sobel(imfilter.gaussian(cut(image, rng), 1)) + np.uint8(1)
    assert_same(lazy[3:40, ::2].compute(), (imfilter.sobel(imfilter.gaussian(image, 1)) + np.uint8(1))[3:40, ::2])
    assert_same(pickle.loads(pickle.dumps(lazy)).compute(), lazy.compute())


@pytest.mark.parametrize(("call", "said"), [
    (lambda image: imfilter.sobel(image, out=np.zeros((9, 9))), "out must be None for a dask array, because"),
    (lambda image: imfilter.correlate(image, [[1]], out=np.zeros((9, 9))), "out must be None for a dask array"),
    (lambda image: imfilter.gaussian(image, workers=2), "workers must be None or 1 for a dask array, got 2"),
    (lambda image: Pipeline("sobel")(image, workers=3), "workers must be None or 1 for a dask array, got 3"),
    (lambda image: imfilter.canny(image), "canny cannot be computed in tiles"),
    (lambda image: imfilter.sobel(image[image > 0]), r"chunks of known sizes, .* compute_chunk_sizes\(\) first"),
    (lambda image: imfilter.sobel(image[0]), r"image must have the shape \(H, W\)"),
    (lambda image: imfilter.sobel(image.astype("c16")), "image must hold real numbers"),
    (lambda image: imfilter.sobel(da.ma.masked_less(image, 3)), "image must not carry a mask of its own"),
    (lambda image: imfilter.correlate(image, [[1]], mode="edge"), "mode must be .reflect., .*, got .edge."),
    (lambda image: imfilter.median(image, size=0), "size must be"),
    (lambda image: imfilter.conv2d(image, np.ones((1, 2, 3, 3))), "must meet an image of 2 channels"),
])
def test_what_cannot_be_is_rejected_at_once(call, said):
    with pytest.raises(ImfilterError, match=said):
        call(da.zeros((9, 9), chunks=4))


def test_dask_is_not_loaded_for_arrays(child):
    done = child("import sys, numpy, imfilter; imfilter.sobel(numpy.zeros((9, 9))); print('dask' in sys.modules)")
    assert done.stdout.split() == ["False"], done.stderr


@pytest.mark.filterwarnings("ignore")  # those of the network and of the event loop
@pytest.mark.slow
def test_processes_of_a_cluster_give_the_same(rng):
    distributed = pytest.importorskip("distributed")
    image, mask = pixels(rng, (200, 300, 3), "u1"), rng.random((200, 300))
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with (distributed.LocalCluster(**options) as cluster, distributed.Client(cluster),
          dask.config.set(scheduler="distributed")):
        lazy = da.from_array(image, (70, 90, 3))
        for function in (Pipeline("gaussian:sigma=3:stride=2,sobel"), imfilter.kirsch):
            assert_same(function(lazy).compute(), function(image))
        whole = imfilter.gaussian(image, mask=mask)
        assert_same(imfilter.gaussian(lazy, mask=da.from_array(mask, 64)).compute(), whole)


@pytest.mark.parametrize(("kernel", "dilation", "columns"), [
    ((3, 5), 200, (600, 100)), ((1, 31), 128, (100,) * 7), ((4, 4), 128, (688, 12)), ((3, 3), 90, (350, 350)),
])
@pytest.mark.parametrize("masked", [False, True])
def test_runs_of_a_dilated_kernel_wider_than_a_chunk(rng, kernel, dilation, columns, masked):
    image = rng.random((3, 700)) * 100
    options = {"dilation": (1, dilation)} | ({"mask": np.ones((3, 700), bool)} if masked else {})
    mean = np.full(kernel, 1 / np.prod(kernel))
    lazy = imfilter.correlate(da.from_array(image, (3, columns)), mean, **options)
    np.testing.assert_array_equal(lazy.compute(), imfilter.correlate(image, mean, **options))


def test_a_mask_of_every_image_of_a_batch_in_a_pipeline(rng):
    image, mask = rng.random((2, 20, 30, 3)), rng.random((2, 20, 30, 3))
    pipeline = Pipeline("sobel").then("gaussian", mask=mask)
    for chunks in (1, 9, 13, 3), (2, 20, 8, 1):
        assert_same(pipeline(da.from_array(image, chunks)).compute(), pipeline(image))
    pipeline = Pipeline("sobel").then("gaussian", mask=mask[0])
    assert_same(pipeline(da.from_array(image[0], (9, 13, 2))).compute(), pipeline(image[0]))


@pytest.fixture
def tasks_run(monkeypatch):
    """The tasks of chunks that have been run, each with the array that it was told to write to."""
    run = []
    compute = dask_graph._compute_chunk

    def watch(*given, out=None):
        run.append(out)
        return compute(*given, out=out)

    monkeypatch.setattr(dask_graph, "_compute_chunk", watch)
    return run


@pytest.mark.parametrize("scheduler", ["synchronous", "threads"])
def test_an_image_in_memory_is_filtered_without_tasks(rng, tasks_run, scheduler):
    image = pixels(rng, (150, 90, 3), "u1")
    lazy = imfilter.gaussian(da.from_array(image, 40), 2)
    assert_same(lazy.compute(scheduler=scheduler), imfilter.gaussian(image, 2))
    with dask.config.set(scheduler=scheduler):
        assert_same(lazy.compute(), imfilter.gaussian(image, 2))
        assert_same(lazy.compute(num_workers=2), imfilter.gaussian(image, 2))
        assert_same(np.asarray(lazy), imfilter.gaussian(image, 2))
    assert not tasks_run


@pytest.mark.parametrize("scheduler", ["synchronous", "threads"])
def test_tasks_of_this_process_write_to_the_result(rng, tasks_run, scheduler):
    image = pixels(rng, (150, 90, 3), "u1")
    computed = da.from_array(image, 40) + np.uint8(0)
    result = imfilter.gaussian(computed, 2).compute(scheduler=scheduler)
    assert_same(result, imfilter.gaussian(image, 2))
    assert len(tasks_run) == 12 and all(np.shares_memory(part, result) for part in tasks_run)
    assert sum(part.size for part in tasks_run) == result.size


def test_tasks_run_where_they_are_counted_or_their_threads_are_given(rng, tasks_run):
    image = pixels(rng, (150, 90, 3), "u1")
    lazy, whole = imfilter.gaussian(da.from_array(image, 40), 2), imfilter.gaussian(image, 2)
    counted = []
    with Callback(posttask=lambda *given: counted.append(given)):
        assert_same(lazy.compute(), whole)
    assert len(tasks_run) == 12 and len(counted) >= 12
    with ThreadPoolExecutor(2) as pool, dask.config.set(pool=pool):
        assert_same(lazy.compute(scheduler="threads"), whole)
        assert_same(lazy.compute(scheduler=pool), whole)
    assert len(tasks_run) == 36 and {part is None for part in tasks_run[:24]} == {False}


def test_other_schedulers_and_several_results_have_tasks_of_their_own(rng, tasks_run):
    image = pixels(rng, (90, 80), "f4")
    lazy, whole = imfilter.sobel(da.from_array(image, 40)), imfilter.sobel(image)
    assert_same(dask.compute(lazy, lazy + 1)[0], whole)
    assert_same(lazy.persist().compute(), whole)
    target = np.zeros_like(whole)
    lazy.store(target)
    assert_same(target, whole)
    assert tasks_run == [None] * 18


@pytest.mark.parametrize("function", [
    lambda image: imfilter.gaussian(image, 2), lambda image: imfilter.median(image, 3),
    lambda image: imfilter.unsharp_mask(image), lambda image: imfilter.difference_of_gaussians(image, 1, 2),
    lambda image: imfilter.emboss(image), lambda image: imfilter.correlate(image, np.ones((4, 7)), padding="full"),
    lambda image: imfilter.correlate(image, np.ones((45, 45)) / 2025), lambda image: imfilter.sobel(image, stride=3),
    lambda image: imfilter.gaussian(image, 1, linear=True), lambda image: imfilter.grayscale(image),
    lambda image: imfilter.conv2d(image, np.ones((2, 3, 3, 3)) / 27),
    lambda image: Pipeline("gaussian:sigma=2,sobel:axis=0,emboss")(image, dtype="f4"),
])
@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
def test_every_way_to_compute_gives_the_same(rng, function, dtype):
    image = pixels(rng, (211, 187, 3), dtype) if dtype != "f4" else rng.random((211, 187, 3), np.float32)
    assert_lazy(function, image, rng)
