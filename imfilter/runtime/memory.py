"""Keep freed memory in the process, for work that frees and needs the same large arrays again and again."""
from __future__ import annotations

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # parameters of mallopt in glibc
LARGEST = 2**30  # bytes of an array that is kept


def keep_freed_memory() -> None:
    """Make the C library keep freed arrays instead of returning them to the system; only glibc can.

    The system clears each page of a new array, and all threads wait while it maps them: for frames of a video, that
    takes as long as a blur.
    """
    import ctypes  # loaded for streams only

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):  # another C library, or Windows
        return
    mallopt(M_MMAP_THRESHOLD, LARGEST)
    mallopt(M_TRIM_THRESHOLD, 2 * LARGEST - 1)
