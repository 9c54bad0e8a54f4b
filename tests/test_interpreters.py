"""Processes and interpreters of every kind: start methods, subinterpreters, and Python without its global lock."""
import multiprocessing
import sysconfig

import pytest

from imfilter.engine import _core


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_children_of_a_process_with_threads_filter_too(method, child):
    """Two children of each start method use threads of their own while the parent's are alive."""
    result = child(f"""
import multiprocessing, warnings
from concurrent.futures import ProcessPoolExecutor
import numpy, imfilter
from imfilter.runtime import _pool
warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn about forking with threads
image = numpy.add.outer(numpy.arange(500.0), numpy.arange(400.0))
arguments = image, numpy.ones((9, 9))
expected = imfilter.correlate(*arguments, workers=2), imfilter.median(image, 5, workers=2)
assert _pool.count_workers() > 1
with ProcessPoolExecutor(2, multiprocessing.get_context({method!r})) as pool:
    convolutions = [pool.submit(imfilter.correlate, *arguments, workers=1 + k % 3) for k in range(6)]
    median = pool.submit(imfilter.median, image, 5, workers=2)
    for convolution in convolutions:
        numpy.testing.assert_array_equal(convolution.result(), expected[0])
    numpy.testing.assert_array_equal(median.result(), expected[1])
numpy.testing.assert_array_equal(imfilter.correlate(*arguments, workers=2), expected[0])
""")
    assert (result.returncode, result.stderr) == (0, "")


def test_the_second_interpreter_of_a_process_gets_an_import_error(child):
    """NumPy and the loops serve one interpreter of a process, which goes on computing."""
    result = child("""
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters  # before Python 3.13
import imfilter, numpy
code = '''
import imfilter
try:
    {}
except ImportError:
    print("ImportError", flush=True)
'''
image = numpy.add.outer(numpy.arange(500.0), numpy.arange(400.0))
before = imfilter.correlate(image, numpy.ones((9, 9)), workers=2)
for _ in range(2):
    for call in ("imfilter.sobel([[1.0]])", "import imfilter.engine._core"):
        interpreter = interpreters.create()
        interpreters.run_string(interpreter, code.format(call))
        interpreters.destroy(interpreter)
assert (imfilter.correlate(image, numpy.ones((9, 9)), workers=2) == before).all()
""")
    assert (result.returncode, result.stdout, result.stderr) == (0, 4 * "ImportError\n", "")


def test_threads_of_the_pool_do_not_inherit_what_their_first_caller_has_set(child):
    """Free-threaded Python gives a new thread the context of the one that starts it; Python 3.14 can, too."""
    result = child("""
import threading
import numpy
from imfilter.engine.region import OutputRegion, WholeImage, computing_region, get_region
from imfilter.runtime import threads
with numpy.errstate(all="raise"), computing_region(OutputRegion((0, 0), WholeImage((9, 9), (9, 9)), set(), set())):
    caller, both, found = threading.get_ident(), threading.Barrier(2), []
    def look(k):
        both.wait(60)  # until the other thread is there
        if threading.get_ident() != caller:
            found.append((get_region(), numpy.geterr()["divide"]))
    threads.run_task(threads._Calls(look, [0, 1]), 2)
assert found == [(None, "warn")], found
""", PYTHON_THREAD_INHERIT_CONTEXT="1")
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.skipif(not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this Python always has its global lock")
def test_importing_every_module_leaves_the_global_lock_off(child):
    variants = [f"_{loops}_{variant}" for loops in ("joint_bilateral", "line_sums", "loops")
                for variant in _core.simd_variants()]
    modules = ["_activations", "_blending", "_callbacks", "_core", "_footprints", "_masked", "_merging", "_normalized",
               "_patches", "_resampling", "_tracing", "_transforms", *variants]
    result = child(f"""
import sys
assert not sys._is_gil_enabled()
from imfilter.engine import {', '.join(modules)}
assert not sys._is_gil_enabled()
""")
    assert (result.returncode, result.stderr) == (0, "")
