"""The library in a process: threads, forks, interrupts, environment variables and memory."""
import functools
import gc
import os
import signal
import threading
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from declared import needed
from program import PATIENCE

from imfilter import (
    Border,
    ImfilterError,
    bilateral,
    box,
    conv2d,
    correlate,
    median,
    non_local_means,
    percentile,
    sobel,
    unsharp_mask,
)
from imfilter.engine import _core, bank, channelwise, rank
from imfilter.engine.computation import Computation, Geometry
from imfilter.filters import FILTERS
from imfilter.runtime import threads

posix = pytest.mark.skipif(os.name != "posix", reason="no forks and no signals to threads here")


def test_any_thread_may_call_at_any_time(rng, threaded):
    images = [rng.random((70, 80, 3), np.float32) for _ in range(8)]
    kernel, bank = rng.standard_normal((5, 5)), rng.standard_normal((8, 3, 3, 3))
    expected = [(correlate(image, kernel), conv2d(image, bank)) for image in images]

    def both(k):
        return correlate(images[k], kernel, workers=1 + k % 4), conv2d(images[k], bank, workers=1 + k % 3)

    with ThreadPoolExecutor(8) as pool:
        for k, got in zip([*range(8)] * 20, pool.map(both, [*range(8)] * 20), strict=True):
            np.testing.assert_array_equal(got[0], expected[k][0])
            np.testing.assert_array_equal(got[1], expected[k][1])


def test_threads_share_kernels_and_caches(rng, threaded):
    """Eight threads call every kind of loop at once, each in an order of its own, and prepare the same kernels."""
    small, photo = rng.random((40, 50, 3), np.float32), rng.integers(0, 256, (40, 50, 3), np.uint8)
    mask, kernel, bank = rng.random((40, 50)) < 0.8, rng.standard_normal((5, 5)), rng.standard_normal((8, 3, 3, 3))
    large = rng.standard_normal((31, 31))
    calls = [
        lambda: correlate(small, kernel, workers=2),
        lambda: correlate(small, kernel, mask=mask, workers=2),
        lambda: correlate(small, large, method="fft", workers=2),
        lambda: conv2d(small, bank, workers=2),
        lambda: box(photo, 7, workers=2),
        lambda: unsharp_mask(photo, workers=2),
        lambda: sobel(photo, workers=2),
        lambda: median(photo, 5, workers=2),
        lambda: median(small, 15, workers=2),
        lambda: bilateral(photo, 2, 20, workers=2),
    ]
    channelwise._prepare_cached.cache_clear()

    def call_all(first):
        return [calls[(first + k) % len(calls)]() for k in range(len(calls))]

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(call_all, range(8)))
    alone = [call() for call in calls]
    for first, found in enumerate(results):
        for k, result in enumerate(found):
            np.testing.assert_array_equal(result, alone[(first + k) % len(calls)])


def test_every_filter_may_be_called_by_many_threads_at_once(rng, threaded):
    """Threads prepare the same filters at the same time, two by two, and run them with threads of their own."""
    images = [rng.integers(0, 256, (33, 41, 3), np.uint8), rng.random((33, 41, 3), np.float32)]
    calls = [functools.partial(declaration.function, image, **needed(name), workers=2)
             for name, declaration in FILTERS.items() for image in images]
    expected = [call() for call in calls]
    for cache in (channelwise._prepare_cached, bank._prepare_cached, rank._network_for):
        cache.cache_clear()

    def call_all(first):
        return [calls[(first + k) % len(calls)]() for k in range(len(calls))]

    with ThreadPoolExecutor(8) as pool:
        for thread, results in enumerate(pool.map(call_all, [k // 2 for k in range(8)])):
            for k, result in enumerate(results):
                np.testing.assert_array_equal(result, expected[(thread // 2 + k) % len(calls)])


def test_a_call_on_a_thread_of_the_pool_does_not_wait_for_itself(rng, threaded):
    image, results = rng.random((60, 60)), {}
    threads.for_each(lambda k: results.update({k: correlate(image, np.ones((9, 9)), workers=8)}), range(40), 8)
    alone = correlate(image, np.ones((9, 9)), workers=1)
    assert len(results) == 40
    for result in results.values():
        np.testing.assert_array_equal(result, alone)


@posix
def test_fork_after_use_works(child):
    result = child("""
import os, warnings
import numpy, imfilter
warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn about forking with threads
image = numpy.ones((500, 500), numpy.float32)
before = imfilter.correlate(image, numpy.ones((9, 9)), workers=2)
for _ in range(3):
    pid = os.fork()
    if not pid:
        after = imfilter.correlate(image, numpy.ones((9, 9)), workers=2)
        os._exit(0 if (after == before).all() else 3)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
assert (imfilter.correlate(image, numpy.ones((9, 9)), workers=2) == before).all()
""")
    assert (result.returncode, result.stderr) == (0, "")


@pytest.fixture
def interrupt():
    """Run a call, and send this thread SIGINT while it is at it."""
    def run(call):
        timer = threading.Timer(0.1, signal.pthread_kill, (threading.get_ident(), signal.SIGINT))
        timer.start()
        try:
            with pytest.raises(KeyboardInterrupt):
                call()
        finally:
            timer.cancel()
            timer.join()

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield run
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def cut_short(interrupt):
    """Interrupt a call that takes many seconds, and see that it leaves pixels of its output untouched."""
    def check(function, image, *arguments, shape=None, **options):
        out = np.full(shape or image.shape, 7, image.dtype)
        interrupt(lambda: function(image, *arguments, out=out, **options))
        assert (out == 7).any(), f"{function.__name__} of {image.shape} {image.dtype} was not cut short"
    return check


@posix
@pytest.mark.parametrize("many", [1, 2, 8])
def test_an_interrupt_ends_a_long_call(many, rng, cut_short):
    image = rng.random((700, 700), np.float32)
    cut_short(correlate, image, rng.random((501, 501)), method="direct", workers=many)
    broad = np.broadcast_to(image[:, :, None], (700, 700, 50))
    cut_short(correlate, broad, rng.random((501, 501)), method="fft", workers=many)
    deep = rng.random((200, 200, 64), np.float32)
    cut_short(conv2d, deep, np.ones((64, 64, 51, 51)), workers=many, shape=(150, 150, 64))
    np.testing.assert_array_equal(correlate(image, [[1]], workers=many), image)


@posix
@pytest.mark.parametrize("many", [1, 2])
def test_an_interrupt_ends_windows_much_wider_than_their_image(many, rng, cut_short):
    """Counting what lies around three columns takes a minute."""
    image = rng.integers(0, 256, (700, 3), np.uint8)
    cut_short(percentile, image, 50, 65535, workers=many)


@posix
def test_an_interrupt_also_stops_a_worker_that_is_waited_for(interrupt):
    class Slow:
        """A task of two rows: the caller's returns at once, the other's runs until it is stopped."""

        rows, align = 2, 1
        begun, stopped = threading.Event(), threading.Event()

        def run(self, first, last, caller=True):
            if caller:
                assert self.begun.wait(PATIENCE)
            else:
                self.begun.set()
                self.stopped.wait(PATIENCE)

        def stop(self):
            self.stopped.set()

    task = Slow()
    interrupt(lambda: threads.run_task(task, 2))
    assert task.stopped.is_set()


def test_an_error_in_a_worker_ends_them_all():
    class Broken:
        """A task that fails on the first worker, while the second runs until it is stopped."""

        rows, align = 3, 1
        threads, begun = iter(["fails", "continues"]), threading.Barrier(3)
        stopped, ended = threading.Event(), threading.Event()

        def run(self, first, last, caller=True):
            behavior = "returns" if caller else next(self.threads)
            self.begun.wait(PATIENCE)
            if behavior == "fails":
                raise MemoryError
            if behavior == "continues":
                self.stopped.wait(PATIENCE)
                time.sleep(0.1)
                self.ended.set()

        def stop(self):
            self.stopped.set()

    task = Broken()
    with pytest.raises(MemoryError):
        threads.run_task(task, 3)
    assert task.stopped.is_set()
    assert task.ended.is_set()  # before that it may write to the caller's array


def test_calls_that_raise_leave_no_memory_behind(rng):
    image = rng.random((200, 200))
    wrong = [
        {"kernel": np.full((9, 9), np.nan)}, {"stride": 0}, {"padding": -1}, {"padding": 2**62}, {"mode": "edge"},
        {"out": np.empty((3, 3))}, {"dtype": complex}, {"workers": 0}, {"channel_axis": "x", "image": image[..., None]}]

    def call(k):
        with pytest.raises(ImfilterError):
            correlate(**{"image": image, "kernel": np.ones((9, 9)), **wrong[k % len(wrong)]})

    for k in range(50):
        call(k)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for k in range(1000):
            call(k)
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] - before < 512_000
    finally:
        tracemalloc.stop()


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the system does not report the memory in use")
def test_calls_that_work_leave_no_memory_behind(rng, threaded):
    def used():
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")

    image, kernel, bank = rng.random((8, 9, 4)), rng.random((40, 40)), rng.random((40, 4, 5, 5))
    for k in range(600):
        correlate(image, kernel, workers=1 + k % 2)
        conv2d(image, bank, padding=2, workers=1 + k % 2)
        if k == 99:
            before = used()
    assert used() - before < 4_000_000  # one kernel in a hundred left behind would be more


def test_scratch_memory_is_a_few_rows(rng):
    image = np.ones((2000, 1000), np.float32)
    out = np.empty_like(image)
    stack = image[None, ..., None], out[None, ..., None]
    packed = _core.Packed(*stack, (np.ones((9, 9)),), Geometry((1, 1), (1, 1), (4, 4), Border.REFLECT, 0.0),
                          Computation("float32", False))
    assert packed.task(*stack).scratch < 300_000
    tracemalloc.start()
    try:
        correlate(image, np.ones((9, 9)), out=out)
        sobel(image[:50], axis=0, out=out[:50])
        assert tracemalloc.get_traced_memory()[1] < 300_000
    finally:
        tracemalloc.stop()


def test_workers_may_come_from_the_environment(monkeypatch, rng):
    image = rng.random((300, 300))
    alone = correlate(image, np.ones((9, 9)), workers=1)
    for number in ("1", "3", "99", ""):
        monkeypatch.setenv("IMFILTER_WORKERS", number)
        np.testing.assert_array_equal(correlate(image, np.ones((9, 9))), alone)
    for wrong in ("0", "-1", "2.5", "many"):
        monkeypatch.setenv("IMFILTER_WORKERS", wrong)
        with pytest.raises(ImfilterError, match=f"IMFILTER_WORKERS must be an integer of at least 1, got '{wrong}'"):
            correlate(image, np.ones((9, 9)))


def test_the_instruction_set_may_come_from_the_environment(child):
    for level in _core.simd_variants():
        code = f"from imfilter.engine import _core; assert _core.use_variant('baseline') == {level!r}"
        assert child(code, IMFILTER_SIMD=level).returncode == 0
    wrong = child("import imfilter.engine._core", IMFILTER_SIMD="mmx")
    assert wrong.returncode == 1
    assert "ImportError: IMFILTER_SIMD must be one of baseline" in wrong.stderr
    assert "got 'mmx'" in wrong.stderr


def test_importing_is_cheap(child):
    code = "import sys, imfilter; print(*sys.modules)"
    loaded = set(child(code).stdout.split())
    assert "imfilter" in loaded
    assert not loaded & {"numpy", "PIL", "imfilter.engine._core", "scipy", "skimage", "torch"}


@posix
@pytest.mark.parametrize("many", [1, 2])
def test_an_interrupt_ends_a_long_rank_filter(many, rng, cut_short):
    image = rng.random((900, 900), np.float32)
    cut_short(median, image, 101, workers=many)
    cut_short(bilateral, image, sigma_spatial=40, workers=many)
    cut_short(non_local_means, image, search_size=201, workers=many)
    bytes_ = np.broadcast_to((image * 255).astype(np.uint8)[:, :, None], (900, 900, 40))
    cut_short(median, bytes_, 301, workers=many)
    cut_short(median, np.broadcast_to(image[:, :, None], (900, 900, 40)), 15, workers=many)
