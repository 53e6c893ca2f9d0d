"""What it means when torch refuses the arrays of a kernel, in words about the operator and its inputs."""

from __future__ import annotations

import re
import traceback
from collections.abc import Sequence

from mxnet.errors import DTypeError, MXNetError, OutOfMemoryError, OutOfRangeError, ShapeError
from mxnet.ir.blame import is_of_user
from mxnet.ir.types import show_shape

__all__ = ["Given", "lacks_memory", "no_room", "raised_by_torch", "refused"]

Given = Sequence[tuple[str, tuple[int, ...], str]]
"""Name, shape and dtype of each input."""

_ABOUT_DTYPES = re.compile(
    r"not implemented for '|not supported|does not support|can't be cast"
    r"|infer output dtype|floating point dtype|integral input tensors|floating-point dtype"
)

_ABOUT_MEMORY = re.compile(
    r"can't allocate memory|out of memory|size calculation overflowed|Overflow when unpacking long"
)
_ASKED = re.compile(r"ried to allocate ([\d.]+ \w+)")


def lacks_memory(error: BaseException | None) -> bool:
    """Whether torch, or numpy, says that there is not the memory for an array."""
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError | TypeError) and bool(_ABOUT_MEMORY.search(str(error)))
    )


def raised_by_torch(error: Exception) -> bool:
    """Whether the innermost frame is a kernel calling into torch, and no user's own code called it."""
    if isinstance(error, MXNetError) or is_of_user(error):
        return False
    frames = traceback.extract_tb(error.__traceback__)
    return isinstance(error, RuntimeError | IndexError | ValueError | TypeError) and any(
        part in frames[-1].filename.replace("\\", "/")
        for part in ("/torch/", "/mxnet/ops/", "<symnet program")
    )


def no_room(error: BaseException) -> str:
    """Say that there is not the memory, and for how much if the error tells."""
    asked = _ASKED.search(str(error))
    return f"there is not enough memory {f'for the {asked[1]} it asks for' if asked else 'for its result'}."


def refused(error: Exception, given: Given) -> MXNetError:
    """Return the error for a user: what the operator does not take, or what torch says if that is not known.

    Parameters
    ----------
    error : Exception
        What the kernel raised.
    given : sequence of tuple
        See :data:`Given`.
    """
    kind, reason = MXNetError, str(error)
    shapes = [shape for _, shape, _ in given]
    if lacks_memory(error):
        kind, reason = OutOfMemoryError, no_room(error)
    elif _ABOUT_DTYPES.search(reason):
        dtypes = dict.fromkeys(dtype for _, _, dtype in given)
        kind, reason = DTypeError, f"it cannot be computed for arrays of {' with '.join(dtypes)}."
    elif "ZeroDivisionError" in reason:
        reason = "whole numbers cannot be divided by 0."
    elif isinstance(error, IndexError) and "out of bounds" in reason:
        kind, reason = OutOfRangeError, reason.replace("dimension", "axis")
    elif any(0 in shape for shape in shapes):
        kind, reason = ShapeError, "it cannot be computed for an array without elements."
    elif () in shapes:
        kind, reason = ShapeError, "it cannot be computed for an array without axes."
    elif isinstance(error, IndexError):
        kind = OutOfRangeError
    inputs = ", ".join(f"{name} {show_shape(shape)} {dtype}" for name, shape, dtype in given)
    return kind(f"{reason}\n  with {inputs or 'no inputs'}")
