"""Symbols that draw random numbers each time they run: ``mx.sym.random``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mxnet.surface.distributions import Interface, drawing, standard_normal, zipfian
from mxnet.symbol.symbol import Symbol

if TYPE_CHECKING:
    from mxnet.symbol.random_operators import *  # noqa: F403

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
    symbols: Sequence[Symbol],
    parameters: dict[str, Any],
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
    out: object = None,  # noqa: ARG001 - MXNet takes it for any function
    **options: Any,
) -> Symbol:
    given = parameters | {key: value for key, value in options.items() if value is not None}
    return Symbol._create(operator, symbols, given, hint=operator, name=name, attr=attr)


_SYMBOLS = Interface("mxnet.symbol.random", Symbol, _draw, {})

uniform = drawing("uniform", _SYMBOLS)
normal = drawing("normal", _SYMBOLS)
randn = standard_normal(normal)
gamma = drawing("gamma", _SYMBOLS)
exponential = drawing("exponential", _SYMBOLS)
poisson = drawing("poisson", _SYMBOLS)
negative_binomial = drawing("negative_binomial", _SYMBOLS)
generalized_negative_binomial = drawing("generalized_negative_binomial", _SYMBOLS)
randint = drawing("randint", _SYMBOLS)
rand_zipfian = zipfian(_SYMBOLS)  # of mx.sym.contrib


def multinomial(
    data: Symbol, shape: Any = None, get_prob: bool = True, dtype: Any = "int32", **kwargs: Any
) -> Symbol:
    """Draw category numbers with the probabilities in the last axis of `data`, and their logarithms."""
    return _draw("_sample_multinomial", [data], {}, shape=shape, get_prob=get_prob, dtype=dtype, **kwargs)


def shuffle(data: Symbol, **kwargs: Any) -> Symbol:
    """Return the rows of `data` in random order."""
    return _draw("_shuffle", [data], {}, **kwargs)
