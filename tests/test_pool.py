"""The pool of threads: when it is used, what it computes, and what it does without threads."""
import os
import sys
import threading

import numpy as np
import pytest
from program import PATIENCE

from imfilter import box, conv2d, correlate, gaussian, grayscale, maximum, median, sobel
from imfilter.runtime import _pool, threads

CALLS = {
    "correlate": lambda image, **options: correlate(image, np.arange(9.0).reshape(3, 3), **options),
    "separable": lambda image, **options: gaussian(image, 2, **options),
    "solid": lambda image, **options: box(image, 7, **options),
    "derivative": lambda image, **options: sobel(image, axis=0, **options),
    "colors": lambda image, **options: grayscale(image, **options),
    "bank": lambda image, **options: conv2d(image, np.arange(135.0).reshape(5, 3, 3, 3), **options),
    "strided": lambda image, **options: gaussian(image, 1, stride=2, **options),
    "dilated": lambda image, **options: correlate(image, np.arange(9.0).reshape(3, 3), dilation=3, **options),
    "median": lambda image, **options: median(image, 3, **options),
    "histogram": lambda image, **options: median(image, 11, **options),
    "extreme": lambda image, **options: maximum(image, 5, **options),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_repeated_calls_give_the_same_bits_on_threads(call, dtype, rng):
    for shape in ((37, 41, 3), (2, 29, 30, 3), (5, 300, 3)):
        image = rng.integers(0, 256, shape).astype(dtype)
        alone = call(image, workers=1)
        before = _pool.set_costs(0, 0)
        try:
            for number in (1, 2, 3, 99, None):
                for _ in range(3):
                    np.testing.assert_array_equal(call(image, workers=number), alone)
        finally:
            _pool.set_costs(*before)


def test_threads_are_used_for_long_work_alone():
    before = _pool.set_costs(10e-6, 40e-6)
    try:
        assert [_pool.count_threads(8, seconds) for seconds in (0, 39e-6, 41e-6, 1)] == [1, 1, 8, 8]
        assert _pool.count_threads(1, 1) == 1
    finally:
        _pool.set_costs(*before)


def test_every_part_is_called_once_and_both_threads_take_some():
    """The caller's first part waits until another thread has taken one."""
    caller, begun, calls = threading.get_ident(), threading.Event(), []

    def call(k):
        calls.append(k)
        if threading.get_ident() == caller:
            assert begun.wait(PATIENCE)
        else:
            begun.set()

    threads.for_each(call, range(50), workers=2)
    assert sorted(calls) == list(range(50))


def test_the_first_of_several_errors_is_raised():
    class Broken:
        rows, align, stopped = 100, 1, False

        def run(self, first, last, caller=True):
            raise ValueError("in the caller" if caller else "in a worker")

        def stop(self):
            self.stopped = True

    task = Broken()
    with pytest.raises(ValueError, match="in "):
        threads.run_task(task, 2)
    assert task.stopped


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limit of memory is Linux's")
def test_a_system_without_threads_gets_its_result(child):
    """With a limit on its memory, the system has none for the stacks of threads."""
    result = child("""
import resource
import numpy, imfilter
from imfilter.runtime import _pool, threads
image = numpy.add.outer(numpy.arange(90.0), numpy.arange(80.0))
alone = imfilter.correlate(image, numpy.ones((5, 5)), workers=1)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**22, resource.RLIM_INFINITY))
_pool.set_costs(0, 0)
for _ in range(3):
    assert (imfilter.correlate(image, numpy.ones((5, 5)), workers=2) == alone).all()
done = []
threads.for_each(done.append, range(100), workers=4)
assert done == list(range(100)) and _pool.count_workers() == 0, _pool.count_workers()
""")
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks here")
def test_a_forked_child_has_no_workers_until_it_needs_them(child):
    result = child("""
import os, warnings
from imfilter.runtime import _pool, threads
warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn about forking with threads
threads.for_each(str, range(9), workers=2)
started = _pool.count_workers()
pid = os.fork()
if not pid:
    before = _pool.count_workers()
    threads.for_each(str, range(9), workers=2)
    os._exit(0 if (before, _pool.count_workers()) == (0, started) else 3)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
assert started > 0
""")
    assert (result.returncode, result.stderr) == (0, "")
