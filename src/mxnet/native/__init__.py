"""Kernels in machine code, with no compiler at the user's: rows of a table, run by a loop of machine code.

A **row** is the address of a kernel and that of its words. A **kernel** is a C function
``void kernel(int64 *words)``; a word is the address of an array, a number, or the bits of a float32. Kernels
are a little Python, in :mod:`mxnet.native.kernels`. A file of them is compiled the first time that one of it
is asked for on a machine, which takes some tenths of a second: :mod:`mxnet.native.translating` writes what it
says in the language of LLVM, which makes machine code. That is kept in the user's cache, from where it is
loaded in milliseconds.

To add a kernel, write a function into a file of that folder (a new file needs no entry anywhere)::

    @kernel
    def scaled(a: Words) -> None:  # y = s x
        x, y, n, s = f32(a[0]), f32(a[1]), a[2], real(a[3])
        for i in range(n):
            y[i] = s * x[i]

What it may use is in :mod:`mxnet.native.kernels.language`: pointers ``f32``, ``i32``, ``i64``; ``real`` for
a word that is a float32; ``gemm`` for a product; helpers are decorated with ``inline``. Beside arithmetic,
loops and conditions there are ``math.sqrt`` and the like, ``min`` and ``max`` (of numbers, not of NaN), and
conversions by ``np.float32``, ``np.int32`` and ``np.int64``: two kinds of numbers never meet without one. A
bare 2.0 is what it meets. Nothing raises or allocates. Data never index memory without a check, and no
integer is divided by 0.

To call one from a kernel of torch's kind::

    scaled = find("scaled")  # None where there are no native kernels: then torch has to do
    if scaled is not None:
        scaled(x.data_ptr(), y.data_ptr(), x.numel(), 2.0)  # integers as they are, others as float32

The call takes a microsecond or two and lets other Python threads run. ``words_of`` makes the words once and
``run_words`` calls with them, where the same call comes again. :func:`sgemm` is the address of the product of
matrices that torch uses.
"""

from mxnet.native.calling import find, run_words, words_of
from mxnet.native.loading import address
from mxnet.native.products import sgemm
from mxnet.native.sharing import run_shares, threads

__all__ = ["address", "find", "run_shares", "run_words", "sgemm", "threads", "words_of"]
