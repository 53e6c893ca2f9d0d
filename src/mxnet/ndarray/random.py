"""Arrays of random numbers: ``mx.nd.random``, and ``mx.random`` besides ``seed``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from mxnet.errors import CompositionError
from mxnet.ndarray.invoke import invoke_by_name
from mxnet.ndarray.ndarray import NDArray, is_scalar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mxnet.context import Context
    from mxnet.dtype import DTypeLike

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


class DistributionError(CompositionError, ValueError):
    """The parameters of a distribution are not all numbers or all arrays."""


class _Options(NamedTuple):
    """What all distributions take besides their parameters."""

    shape: int | Sequence[int] | None = None
    dtype: DTypeLike = None
    ctx: Context | None = None
    out: NDArray | None = None


def _draw(distribution: str, options: _Options, **parameters: Any) -> NDArray:
    """Draw from one distribution, or from one per element where the parameters are arrays."""
    shape, dtype, ctx, out = options
    if all(map(is_scalar, parameters.values())):
        if shape is None and out is None:
            shape = 1
        name = f"_random_{distribution}"
        return invoke_by_name(name, out=out, context=ctx, shape=shape, dtype=dtype, **parameters)
    if all(isinstance(each, NDArray) for each in parameters.values()):
        name = f"_sample_{distribution}"
        return invoke_by_name(name, *parameters.values(), out=out, shape=shape, dtype=dtype)
    given = ", ".join(f"{name} ({type(value).__name__})" for name, value in parameters.items())
    raise DistributionError(f"random.{distribution}: {given} must be all numbers or all NDArrays.")


def uniform(
    low: NDArray | float = 0,
    high: NDArray | float = 1,
    shape: int | Sequence[int] | None = None,
    dtype: DTypeLike = None,
    ctx: Context | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Draw from the uniform distribution on [low, high).

    Parameters
    ----------
    low, high : float or NDArray
        The bounds.
    shape : int or tuple of int, optional
        How many numbers to draw; from each distribution, if the parameters are arrays.
    dtype : str or numpy.dtype, optional
        The data type; float32 by default.
    ctx : Context, optional
        Where to draw; the current context by default.
    out : NDArray, optional
        An array to fill.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.nd.random.uniform(0, 1, shape=(2, 3)).shape
    (2, 3)
    """
    return _draw("uniform", _Options(shape, dtype, ctx, out), low=low, high=high)


def normal(
    loc: NDArray | float = 0,
    scale: NDArray | float = 1,
    shape: int | Sequence[int] | None = None,
    dtype: DTypeLike = None,
    ctx: Context | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Draw from the normal distribution.

    Parameters
    ----------
    loc : float or NDArray
        The mean.
    scale : float or NDArray
        The standard deviation.
    shape, dtype, ctx, out
        As for :func:`uniform`.
    """
    return _draw("normal", _Options(shape, dtype, ctx, out), loc=loc, scale=scale)


def randn(*shape: int, **kwargs: Any) -> NDArray:
    """Draw from the normal distribution; the extents are given one by one, all else as to :func:`normal`."""
    return normal(shape=shape or None, **kwargs)


def gamma(
    alpha: NDArray | float = 1,
    beta: NDArray | float = 1,
    shape: int | Sequence[int] | None = None,
    dtype: DTypeLike = None,
    ctx: Context | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Draw from the gamma distribution.

    Parameters
    ----------
    alpha : float or NDArray
        The shape of the distribution; its mean is ``alpha * beta``.
    beta : float or NDArray
        The scale.
    shape, dtype, ctx, out
        As for :func:`uniform`.
    """
    return _draw("gamma", _Options(shape, dtype, ctx, out), alpha=alpha, beta=beta)


def exponential(
    scale: NDArray | float = 1,
    shape: int | Sequence[int] | None = None,
    dtype: DTypeLike = None,
    ctx: Context | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Draw from the exponential distribution.

    Parameters
    ----------
    scale : float or NDArray
        The mean.
    shape, dtype, ctx, out
        As for :func:`uniform`.
    """
    return _draw("exponential", _Options(shape, dtype, ctx, out), lam=1.0 / scale)


def poisson(
    lam: NDArray | float = 1,
    shape: int | Sequence[int] | None = None,
    dtype: DTypeLike = None,
    ctx: Context | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Draw from the Poisson distribution.

    Parameters
    ----------
    lam : float or NDArray
        The mean.
    shape, dtype, ctx, out
        As for :func:`uniform`.
    """
    return _draw("poisson", _Options(shape, dtype, ctx, out), lam=lam)


def negative_binomial(
    k: NDArray | float = 1,
    p: NDArray | float = 1,
    shape: int | Sequence[int] | None = None,
    dtype: DTypeLike = None,
    ctx: Context | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Draw the number of failures before `k` successes.

    Parameters
    ----------
    k : int or NDArray
        The number of successes.
    p : float or NDArray
        The probability of a success.
    shape, dtype, ctx, out
        As for :func:`uniform`.
    """
    return _draw("negative_binomial", _Options(shape, dtype, ctx, out), k=k, p=p)


def generalized_negative_binomial(
    mu: NDArray | float = 1,
    alpha: NDArray | float = 1,
    shape: int | Sequence[int] | None = None,
    dtype: DTypeLike = None,
    ctx: Context | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Draw from the negative binomial distribution, given by its mean and dispersion.

    Parameters
    ----------
    mu : float or NDArray
        The mean.
    alpha : float or NDArray
        The dispersion.
    shape, dtype, ctx, out
        As for :func:`uniform`.
    """
    return _draw("generalized_negative_binomial", _Options(shape, dtype, ctx, out), mu=mu, alpha=alpha)


def randint(
    low: int,
    high: int,
    shape: int | Sequence[int] | None = None,
    dtype: DTypeLike = None,
    ctx: Context | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Draw whole numbers from [low, high), int32 by default.

    Parameters
    ----------
    low, high : int
        The bounds.
    shape, dtype, ctx, out
        As for :func:`uniform`.
    """
    return _draw("randint", _Options(shape, dtype, ctx, out), low=low, high=high)


def multinomial(
    data: NDArray,
    shape: int | Sequence[int] | None = None,
    get_prob: bool = False,
    out: NDArray | None = None,
    dtype: DTypeLike = "int32",
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


def shuffle(data: NDArray, out: NDArray | None = None) -> NDArray:
    """Return the rows of an array in random order."""
    return invoke_by_name("_shuffle", data, out=out)
