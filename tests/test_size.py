"""What an installation takes: bytes on disk and in a wheel, and modules that a start imports."""
import sysconfig
import zipfile
from pathlib import Path

import pytest

import imfilter

PACKAGE = Path(imfilter.__file__).parent
SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")
MB = 1_000_000
# docs/wheels.md has what was measured; a wheel for Linux on x86-64 has three variants of the loops and is the largest.
LARGEST = {"compiled modules": 7 * MB, "all files": 10 * MB, "wheel": 4 * MB}
# How many of its own modules a start may load: numbers, because times depend on the machine.
MODULES = {
    "import imfilter": 2,
    "import imfilter; imfilter.gaussian": 160,
    "import imfilter.cli; imfilter.cli.main(['--version'])": 16,
    "import imfilter.cli; imfilter.cli.main(['--help'])": 16,
    "import imfilter.cli; imfilter.cli.main(['list'])": 170,
    "import imfilter.cli; imfilter.cli.main(['apply', 'sobel', 'photo.png'])": 260,
}


def installed_files():
    """Return the package's files, without those of other Pythons and builds."""
    files = [path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return [path for path in files if path.suffix not in (".so", ".pyd") or path.name.endswith(SUFFIX)]


def size_of(paths):
    return sum(path.stat().st_size for path in paths)


def test_an_installation_stays_small(tmp_path):
    files = installed_files()
    compiled = [path for path in files if path.name.endswith(SUFFIX)]
    assert len(compiled) > 20
    with zipfile.ZipFile(tmp_path / "wheel", "w", zipfile.ZIP_DEFLATED) as wheel:
        for path in files:
            wheel.write(path, path.relative_to(PACKAGE))
    sizes = {"compiled modules": size_of(compiled), "all files": size_of(files), "wheel": size_of([tmp_path / "wheel"])}
    assert {name: size for name, size in sizes.items() if size > LARGEST[name]} == {}


@pytest.mark.parametrize("code", MODULES)
def test_a_start_loads_few_modules(code, child, folder):
    report = "import sys, atexit; atexit.register(lambda: print(*sys.modules))\n"
    loaded = child(report + code).stdout.splitlines()[-1].split()
    own = {name for name in loaded if name.partition(".")[0] == "imfilter"}
    assert 1 <= len(own) <= MODULES[code], sorted(own)
