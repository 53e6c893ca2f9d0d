"""What it means when torch refuses the arrays of a kernel, in words about the operator and its inputs."""

from __future__ import annotations

import re
import traceback
from collections.abc import Sequence

from mxnet.errors import DTypeError, MXNetError, ShapeError
from mxnet.ir.types import show_shape

__all__ = ["Given", "raised_by_torch", "refused"]

Given = Sequence[tuple[str, tuple[int, ...], str]]
"""Name, shape and dtype of each input."""

_ABOUT_DTYPES = re.compile(
    r"not implemented for '|not supported|does not support|can't be cast"
    r"|infer output dtype|floating point dtype|integral input tensors|floating-point dtype"
)


def raised_by_torch(error: Exception) -> bool:
    """Whether the innermost frame is a kernel calling into torch, and not a user's own code."""
    frames = traceback.extract_tb(error.__traceback__)
    return isinstance(error, RuntimeError | IndexError | ValueError | TypeError) and any(
        part in frames[-1].filename.replace("\\", "/")
        for part in ("/torch/", "/mxnet/ops/", "<symnet program")
    )


def refused(operator: str, error: Exception, given: Given) -> MXNetError:
    """Return the error for a user: what the operator does not take, or what torch says if that is not known.

    Parameters
    ----------
    operator : str
        Which operator, as messages name it.
    error : Exception
        What the kernel raised.
    given : sequence of tuple
        See :data:`Given`.
    """
    kind, reason = MXNetError, str(error)
    shapes = [shape for _, shape, _ in given]
    if _ABOUT_DTYPES.search(reason):
        dtypes = dict.fromkeys(dtype for _, _, dtype in given)
        kind, reason = DTypeError, f"it cannot be computed for arrays of {' with '.join(dtypes)}."
    elif "ZeroDivisionError" in reason:
        reason = "whole numbers cannot be divided by 0."
    elif any(0 in shape for shape in shapes):
        kind, reason = ShapeError, "it cannot be computed for an array without elements."
    elif () in shapes:
        kind, reason = ShapeError, "it cannot be computed for an array without axes."
    inputs = ", ".join(f"{name} {show_shape(shape)} {dtype}" for name, shape, dtype in given)
    return kind(f"Error in operator {operator}: {reason}\n  with {inputs or 'no inputs'}")
