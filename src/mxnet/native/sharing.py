"""Runs a kernel on several threads: those of torch's own pool, as two pools would fight for the cores."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mxnet.lazy import torch
from mxnet.native.calling import run_words, words_of
from mxnet.native.loading import address

__all__ = ["run_shares", "run_table", "runs_together", "threads"]


class _Pool(NamedTuple):
    parallel: Any
    me: int
    number: int
    share: int


def threads() -> int:
    """Return into how many shares work is worth dividing."""
    return torch.get_num_threads() if _pool() is not None else 1


def run_shares(kernel: str, shares: Sequence[Any]) -> None:
    """Run a kernel once for the words of each share, in parallel if there are several.

    Words that are an array of numpy already are taken as they are. The kernel has to be there: ask
    :func:`~mxnet.native.find` before.
    """
    rows = [words if isinstance(words, np.ndarray) else words_of(*words) for words in shares]
    if len(rows) < 2 or _pool() is None:
        run = run_words(kernel)
        assert run is not None
        for row in rows:
            run(row.ctypes.data)
        return
    found = address(kernel)
    assert found is not None
    run_table(found, np.array([row.ctypes.data for row in rows], np.int64))


def run_table(kernel: int, table: NDArray[np.int64]) -> None:
    """Run the kernel at an address once for each of some rows of words, given by their addresses."""
    pool = _pool()
    assert pool is not None
    order = np.array([pool.me, pool.number, kernel, table.ctypes.data, len(table)], np.int64)
    pool.parallel(pool.share, order.ctypes.data, len(table), 0)


def runs_together() -> tuple[int, ...] | None:
    """Return the addresses that the kernel ``together`` needs, by which a row is done by several threads."""
    pool, of_thread = _pool(), address("share_of_words")
    if pool is None or of_thread is None:
        return None
    parallel = ctypes.cast(pool.parallel, ctypes.c_void_p).value
    assert parallel is not None
    return parallel, of_thread, pool.me, pool.number


@functools.cache
def _pool() -> _Pool | None:
    """Return the functions of the OpenMP that torch has loaded; None where it is another than GNU's."""
    share = address("share")
    for path in sorted((Path(str(torch.version.__file__)).parent / "lib").glob("libgomp*.so*")):
        library = ctypes.CDLL(str(path))
        parallel = library.GOMP_parallel
        parallel.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint]
        parallel.restype = None
        me, count = (
            ctypes.cast(getattr(library, name), ctypes.c_void_p).value
            for name in ("omp_get_thread_num", "omp_get_num_threads")
        )
        if share and me and count:
            return _Pool(parallel, me, count, share)
    return None
