"""What a process asks of Python and of the allocator before it works on many batches, one after the other.

Each batch makes and drops the same few large blocks and many thousand small objects. By default the garbage collector
looks through them again and again, and glibc returns the blocks to the system each time, only to get other pages for
the next batch: together a fifth of the time that verification takes.
"""

import contextlib
import gc

_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1
"""glibc's names for ``mallopt``: blocks from this size on are mapped apart, and so much may be free at the end."""
_BLOCK, _FREE = 1024 * 1024, 8 * 1024 * 1024


def prepare() -> None:
    """Look for garbage seldom, and keep some memory that is free."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    with contextlib.suppress(ImportError, OSError, AttributeError, TypeError):  # another allocator: no harm done
        import ctypes

        library = ctypes.CDLL(None)
        library.mallopt(_MMAP_THRESHOLD, _BLOCK)
        library.mallopt(_TRIM_THRESHOLD, _FREE)
