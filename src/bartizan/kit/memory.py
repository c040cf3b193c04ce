"""Memory of a process that must stay small: what it frees goes back to the system.

By glibc's defaults each thread gets a heap of its own and freed buffers stay with the process,
which for two threads and buffers of some hundred KiB is a third of what such a process needs.
"""

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# Parameters of glibc's mallopt, as in its malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
_BUFFER_BYTES = 64 * 1024


def be_frugal() -> None:
    """Call when everything is loaded, before threads are started. Without glibc it does nothing."""
    gc.collect()
    gc.freeze()
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "mallopt") or not hasattr(libc, "malloc_trim"):
        return
    libc.mallopt(_M_ARENA_MAX, 1)
    libc.mallopt(_M_MMAP_THRESHOLD, _BUFFER_BYTES)
    libc.mallopt(_M_TRIM_THRESHOLD, _BUFFER_BYTES)
    libc.malloc_trim(0)


@contextmanager
def leaving_out(*modules: str) -> Iterator[None]:
    """Import something here without what it would load only because it is installed."""
    left_out = [name for name in modules if name not in sys.modules]
    sys.modules.update(dict.fromkeys(left_out))  # type: ignore[arg-type]  # None: "not there"
    try:
        yield
    finally:
        for name in left_out:
            del sys.modules[name]
