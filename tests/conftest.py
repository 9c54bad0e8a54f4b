"""Fixtures that the tests share, and how many examples Hypothesis looks at."""
import os
import sys
from pathlib import Path

import awkward
import browser
import numpy as np
import pytest
from hypothesis import settings
from program import Said, complete, no_child_left, ordinary_process, run_here
from variants import loops_of

from imfilter.engine import _core
from imfilter.files.heif import load_heif
from imfilter.runtime import _pool

# The same examples in every run; HYPOTHESIS_PROFILE=explore looks at many others, and prints how to repeat a failure.
settings.register_profile("same", deadline=None, max_examples=100, derandomize=True, database=None)
settings.register_profile("explore", deadline=None, max_examples=3000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

# Modules that are slow as a whole: they run programs and browsers, write many files, or ask many peers.
SLOW_MODULES = {
    "test_batch", "test_blend", "test_cli", "test_cli_apply", "test_cli_help", "test_deep", "test_explain_command",
    "test_explain_page", "test_explain_pixel", "test_fourier", "test_interop_ndimage", "test_interop_pillow",
    "test_interop_skimage", "test_laws", "test_names", "test_peers", "test_pictures", "test_placing", "test_rank",
    "test_samples", "test_slider", "test_stacks", "test_streams", "test_terminal", "test_tiled_files", "test_tiled_run",
    "test_tiled_targets", "test_tiles",
}

# Modules about what the loops compute. .ci/run has them run on other instruction sets and on instrumented builds, too.
NUMERIC_MODULES = {
    "test_bilateral", "test_borders", "test_canny", "test_conv2d", "test_correlate", "test_engine", "test_epilogue",
    "test_extremes", "test_filters", "test_float_range", "test_folding", "test_fourier", "test_guided", "test_joined",
    "test_learning", "test_learning_verdict", "test_line_sums", "test_local", "test_multirate", "test_non_local",
    "test_normalized", "test_numbers", "test_out", "test_pooling", "test_prepared", "test_properties", "test_radial",
    "test_rank", "test_recent", "test_repeated", "test_representations", "test_selected", "test_structure",
    "test_threshold", "test_transposed", "test_varying",
}

# Those that import peers. Wheels are tested with the others, for machines for which peers may have no wheels.
PEERED_MODULES = {
    "test_bilateral", "test_canny", "test_engine", "test_float_range", "test_folding", "test_guided", "test_local",
    "test_multirate", "test_non_local", "test_normalized", "test_pooling", "test_radial", "test_rank",
    "test_selected", "test_threshold", "test_transposed", "test_varying",
}
SELECTED = {"numeric": NUMERIC_MODULES, "wheel": NUMERIC_MODULES - PEERED_MODULES}

collect_ignore = ["fuzz_guided.py"]  # a program, whose library [test] leaves out


def pytest_addoption(parser):
    parser.addoption("--every", type=int, default=1, metavar="N", help="run every N-th of the selected tests")


def pytest_ignore_collect(collection_path, config):
    """Do not import the other modules for these markers, which takes longer than the tests on some builds."""
    for marker, modules in SELECTED.items():
        if config.option.markexpr.startswith(marker) and collection_path.suffix == ".py":
            return collection_path.stem not in modules or None
    return None


@pytest.hookimpl(trylast=True)      # after -m and -k
def pytest_collection_modifyitems(config, items):
    step = config.getoption("every")
    config.hook.pytest_deselected(items=[item for k, item in enumerate(items) if k % step])
    items[:] = items[::step]


def pytest_itemcollected(item):
    if item.path.stem in SLOW_MODULES:
        item.add_marker(pytest.mark.slow)
    for marker, modules in SELECTED.items():
        if item.path.stem in modules:
            item.add_marker(marker)
    fixtures = set(getattr(item, "fixturenames", ()))
    if "variant" in fixtures:
        item.add_marker(pytest.mark.every_variant)
    if fixtures & {"torch", "pyvips", "pillow_heif", "xarray", "onnx", "safetensors"}:
        item.add_marker(pytest.mark.more)


@pytest.fixture(scope="session", autouse=True)
def ordinary():
    """Signals, environment and umask as in a freshly opened shell, whatever started the tests."""
    with ordinary_process():
        yield


@pytest.fixture(autouse=True)
def children():
    """End the processes that a test has started and not waited for, as one that failed does."""
    with no_child_left():
        yield


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    """A browser for all tests of a module."""
    running = browser.Browser(tmp_path_factory.mktemp("profile"))
    yield running
    running.close()


@pytest.fixture
def torch():
    """PyTorch, on one thread: its threads would wait for each other beside those of the other tests."""
    library = pytest.importorskip("torch")
    library.set_num_threads(1)
    return library


@pytest.fixture
def xarray():
    """xarray, whose DataArrays results become."""
    return pytest.importorskip("xarray")


@pytest.fixture
def pyvips():
    """libvips, which reads what is written."""
    return pytest.importorskip("pyvips")


@pytest.fixture
def onnx():
    """ONNX, which reads and writes models and has an evaluator for reference."""
    return pytest.importorskip("onnx")


@pytest.fixture
def safetensors():
    """The library of the format, which writes files as models have them."""
    return pytest.importorskip("safetensors")


@pytest.fixture
def pillow_heif():
    """HEIC in Pillow, as after the program has met such a file."""
    library = pytest.importorskip("pillow_heif")
    load_heif()
    return library


@pytest.fixture
def rng():
    """Random numbers, the same in every run."""
    return np.random.default_rng(20)


@pytest.fixture(scope="session")
def sample_images():
    """The folder of photos."""
    return Path(__file__).parents[1] / "sample_images"


@pytest.fixture(params=_core.simd_variants())
def variant(request):
    """Each instruction-set variant of the loops that runs here, in turn."""
    with loops_of(request.param):
        yield request.param


@pytest.fixture
def threaded():
    """Have small images computed by as many threads as were asked for, too."""
    before = _pool.set_costs(0, 0)
    yield
    _pool.set_costs(*before)


@pytest.fixture
def child():
    """Run a piece of Python in a process of its own, where a crash or a hang is a failed test and no more."""
    def run(code, **environment):
        return complete([sys.executable, "-c", code], env={**os.environ, **environment})
    return run


@pytest.fixture
def put(tmp_path):
    """Write a file and return its name."""
    def write(name, data):
        (tmp_path / name).write_bytes(data)
        return str(tmp_path / name)
    return write


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Change to a folder with photo.png; return it."""
    awkward.photo(size=(31, 17)).save(tmp_path / "photo.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def here():
    """Run the program in this process, which is faster; return its standard output and error."""
    def call(*arguments, status=0):
        done = run_here(*arguments, status=status)
        return Said(*(data.decode(errors="replace") for data in (done.stdout, done.stderr)))
    return call


@pytest.fixture
def filter_tiff(tmp_path, here):
    """Filter the bytes of a TIFF file with the program; return those of the result, and the messages."""
    def call(data, *arguments, engine="memory", suffix="tif"):
        source, result = tmp_path / "in.tif", tmp_path / f"out.{suffix}"
        source.write_bytes(data)
        result.unlink(missing_ok=True)
        words = arguments or ("convolve", "--kernel", "1")
        said = here(*words, "--engine", engine, str(source), "-o", str(result)).err
        return result.read_bytes(), said
    return call
