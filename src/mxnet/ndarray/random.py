"""Arrays of random numbers: ``mx.nd.random``, and ``mx.random`` besides ``seed``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mxnet.ndarray.ndarray import NDArray, invoke_by_name
from mxnet.surface.distributions import Interface, drawing, standard_normal, zipfian

if TYPE_CHECKING:
    from mxnet.context import Context
    from mxnet.dtype import DTypeLike
    from mxnet.ndarray.random_operators import *  # noqa: F403

__all__ = [
    "exponential",
    "gamma",
    "generalized_negative_binomial",
    "multinomial",
    "negative_binomial",
    "normal",
    "poisson",
    "randint",
    "randn",
    "shuffle",
    "uniform",
]


def _draw(
    operator: str,
    arrays: Sequence[NDArray],
    parameters: dict[str, Any],
    ctx: Context | None = None,
    out: NDArray | None = None,
    name: str | None = None,  # noqa: ARG001 - MXNet takes it for any function
    **options: Any,
) -> NDArray:
    if not arrays and out is None and options["shape"] is None:
        options["shape"] = 1
    return invoke_by_name(operator, *arrays, out=out, context=ctx, **parameters, **options)


_ARRAYS = Interface(
    "mxnet.ndarray.random",
    NDArray,
    _draw,
    {"ctx": "Where to draw; the current context by default.", "out": "An array to fill."},
)

uniform = drawing("uniform", _ARRAYS)
normal = drawing("normal", _ARRAYS)
randn = standard_normal(normal)
gamma = drawing("gamma", _ARRAYS)
exponential = drawing("exponential", _ARRAYS)
poisson = drawing("poisson", _ARRAYS)
negative_binomial = drawing("negative_binomial", _ARRAYS)
generalized_negative_binomial = drawing("generalized_negative_binomial", _ARRAYS)
randint = drawing("randint", _ARRAYS)
rand_zipfian = zipfian(_ARRAYS)  # of mx.nd.contrib


def multinomial(
    data: NDArray,
    shape: int | Sequence[int] | None = None,
    get_prob: bool = False,
    out: NDArray | None = None,
    dtype: DTypeLike = "int32",
    name: str | None = None,  # noqa: ARG001 - MXNet takes it for any function
) -> NDArray | list[NDArray]:
    """Draw numbers of categories.

    Parameters
    ----------
    data : NDArray
        The probabilities of the categories, along the last axis.
    shape : int or tuple of int, optional
        How many to draw from each row; one by default.
    get_prob : bool, default False
        Whether to return the logarithms of the probabilities of what was drawn too.
    out : NDArray, optional
        An array to fill.
    dtype : str or numpy.dtype, default "int32"
        The data type of the numbers.
    """
    return invoke_by_name("_sample_multinomial", data, out=out, shape=shape, get_prob=get_prob, dtype=dtype)


def shuffle(data: NDArray, out: NDArray | None = None, name: str | None = None) -> NDArray:  # noqa: ARG001
    """Return the rows of an array in random order."""
    return invoke_by_name("_shuffle", data, out=out)
