"""The operators of automatic mixed precision by what they need, for each of the narrow dtypes."""

from __future__ import annotations

from typing import NamedTuple

from mxnet.contrib.amp.lists import symbol_bf16, symbol_fp16
from mxnet.contrib.checks import CheckError
from mxnet.dtype import DTypeLike

__all__ = ["Lists", "lists_of", "narrow_dtype", "symbol_bf16", "symbol_fp16"]


class Lists(NamedTuple):
    """The names of operators by what they need.

    Attributes
    ----------
    narrow : list of str
        Those whose inputs become narrow.
    either : list of str
        Those that compute in whatever their inputs are.
    float32 : list of str
        Those whose inputs become float32.
    conditional : list of (str, str, list of str)
        Operators, parameters, and the values with which they need float32.
    widest : list of str
        Those whose inputs take the widest dtype among them.
    losses : list of str
        Those that start the gradient.
    float32_params : dict of str to list of str, or None
        The inputs that stay float32 in operators whose data are narrow.
    """

    narrow: list[str]
    either: list[str]
    float32: list[str]
    conditional: list[tuple[str, str, list[str]]]
    widest: list[str]
    losses: list[str]
    float32_params: dict[str, list[str]] | None


_LISTS = {
    "float16": Lists(
        symbol_fp16.FP16_FUNCS,
        symbol_fp16.FP16_FP32_FUNCS,
        symbol_fp16.FP32_FUNCS,
        symbol_fp16.CONDITIONAL_FP32_FUNCS,
        symbol_fp16.WIDEST_TYPE_CASTS,
        symbol_fp16.LOSS_OUTPUT_FUNCTIONS,
        None,
    ),
    "bfloat16": Lists(
        symbol_bf16.BF16_FUNCS,
        symbol_bf16.BF16_FP32_FUNCS,
        symbol_bf16.FP32_FUNCS,
        symbol_bf16.CONDITIONAL_FP32_FUNCS,
        symbol_bf16.WIDEST_TYPE_CASTS,
        symbol_bf16.LOSS_OUTPUT_FUNCTIONS,
        symbol_bf16.BF16_USE_FP32_PARAMS,
    ),
}


def narrow_dtype(target_dtype: DTypeLike) -> str:
    """Return the name of a narrow dtype.

    Raises
    ------
    AssertionError
        If it is neither float16 nor bfloat16.
    """
    name = getattr(target_dtype, "__name__", str(target_dtype))
    if name not in _LISTS:
        raise CheckError(f"Mixed precision is with float16 or bfloat16, not with {target_dtype!r}.")
    return name


def lists_of(target_dtype: DTypeLike) -> Lists:
    """Return the lists of a narrow dtype."""
    return _LISTS[narrow_dtype(target_dtype)]
