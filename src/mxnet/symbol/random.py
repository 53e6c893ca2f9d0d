"""Symbols that draw random numbers each time they run."""

from __future__ import annotations

from typing import Any

from mxnet.errors import CompositionError
from mxnet.symbol.compose import create
from mxnet.symbol.symbol import Symbol

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
    distribution: str, parameters: dict[str, Any], shape: Any, dtype: Any, kwargs: dict[str, Any]
) -> Symbol:
    """Draw with numbers as parameters, or one distribution per element of symbols."""
    options = {key: value for key, value in (("shape", shape), ("dtype", dtype)) if value is not None}
    name, attr = kwargs.pop("name", None), kwargs.pop("attr", None)
    symbols = [value for value in parameters.values() if isinstance(value, Symbol)]
    if symbols and len(symbols) != len(parameters):
        raise CompositionError(
            f"random.{distribution}: {', '.join(parameters)} must be all numbers or all symbols, not a mix."
        )
    op = f"_sample_{distribution}" if symbols else f"_random_{distribution}"
    params = options | kwargs if symbols else parameters | options | kwargs
    return create(op, symbols, params, hint=op, name=name, attr=attr)


def uniform(low: Any = 0, high: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Draw from the uniform distribution on [low, high)."""
    return _draw("uniform", {"low": low, "high": high}, shape, dtype, kwargs)


def normal(loc: Any = 0, scale: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Draw from the normal distribution of mean `loc` and standard deviation `scale`."""
    if isinstance(loc, Symbol):
        return _draw("normal", {"mu": loc, "sigma": scale}, shape, dtype, kwargs)
    return _draw("normal", {"loc": loc, "scale": scale}, shape, dtype, kwargs)


def randn(*shape: int, **kwargs: Any) -> Symbol:
    """Draw from the normal distribution; the extents are given one by one."""
    return normal(kwargs.pop("loc", 0), kwargs.pop("scale", 1), shape, kwargs.pop("dtype", None), **kwargs)


def gamma(alpha: Any = 1, beta: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Draw from the gamma distribution of shape `alpha` and scale `beta`."""
    return _draw("gamma", {"alpha": alpha, "beta": beta}, shape, dtype, kwargs)


def exponential(scale: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Draw from the exponential distribution of mean `scale`."""
    return _draw("exponential", {"lam": 1.0 / scale}, shape, dtype, kwargs)


def poisson(lam: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Draw from the Poisson distribution of mean `lam`."""
    return _draw("poisson", {"lam": lam}, shape, dtype, kwargs)


def negative_binomial(k: Any = 1, p: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Draw the number of failures before `k` successes of probability `p`."""
    return _draw("negative_binomial", {"k": k, "p": p}, shape, dtype, kwargs)


def generalized_negative_binomial(
    mu: Any = 1,
    alpha: Any = 1,
    shape: Any = None,
    dtype: Any = None,
    **kwargs: Any,
) -> Symbol:
    """Draw from the negative binomial distribution of mean `mu` and dispersion `alpha`."""
    return _draw("generalized_negative_binomial", {"mu": mu, "alpha": alpha}, shape, dtype, kwargs)


def multinomial(
    data: Symbol, shape: Any = None, get_prob: bool = True, dtype: Any = "int32", **kwargs: Any
) -> Symbol:
    """Draw category numbers with the probabilities in the last axis of `data`, and their logarithms."""
    params = {"get_prob": get_prob, "dtype": dtype} | ({"shape": shape} if shape is not None else {})
    return create("_sample_multinomial", [data], params | kwargs, hint="_sample_multinomial")


def randint(low: int, high: int, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Draw whole numbers from [low, high)."""
    return _draw("randint", {"low": low, "high": high}, shape, dtype, kwargs)


def shuffle(data: Symbol, **kwargs: Any) -> Symbol:
    """Return the rows of `data` in random order."""
    return create("_shuffle", [data], kwargs, hint="_shuffle")
