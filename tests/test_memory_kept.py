"""Streams keep freed memory: the second large array takes the place of the first."""
import platform
import sys

import pytest
from program import complete

CODE = """
import resource, numpy, imfilter
from imfilter.runtime.memory import keep_freed_memory
keep_freed_memory()
faults = [resource.getrusage(resource.RUSAGE_SELF).ru_minflt]
for _ in range(9):
    numpy.ones(2**23, "u1")
    faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
print(faults[-1] - faults[1])
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can keep it")
def test_freed_memory_is_used_again():
    done = complete([sys.executable, "-c", CODE])
    assert int(done.stdout) < 100, "otherwise, the system clears 64 MB again"
