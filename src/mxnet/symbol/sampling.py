"""Symbols of drawn classes, for sampled softmax and the like: ``mx.sym.contrib.rand_zipfian``."""

from __future__ import annotations

import math

from mxnet.symbol.symbol import Symbol

__all__ = ["rand_zipfian"]


def rand_zipfian(true_classes: Symbol, num_sampled: int, range_max: int) -> tuple[Symbol, Symbol, Symbol]:
    """Return symbols that draw classes from a log-uniform (Zipfian) distribution.

    Parameters
    ----------
    true_classes : Symbol
        The target classes.
    num_sampled : int
        How many classes to draw.
    range_max : int
        The number of classes; class k has the probability ``log((k + 2) / (k + 1)) / log(range_max + 1)``.

    Returns
    -------
    samples : Symbol
        The classes drawn, int64.
    expected_count_true, expected_count_sample : Symbol
        How often each target class, and each class drawn, is expected among `num_sampled` draws; float64.

    Examples
    --------
    >>> import mxnet as mx
    >>> samples, expected, _ = mx.sym.contrib.rand_zipfian(mx.sym.var("classes"), 4, 100)
    >>> samples.infer_shape()[1], expected.list_arguments()
    ([(4,)], ['classes'])
    """
    log_range = math.log(range_max + 1)
    bounds = {"low": 0.0, "high": log_range, "shape": (num_sampled,), "dtype": "float64"}
    uniform = Symbol._create("_random_uniform", [], bounds, hint="_random_uniform")
    drawn = Symbol._create("exp", [uniform], {}, hint="exp")
    samples = _cast(drawn - 1, "int64") % range_max

    def expected(classes: Symbol) -> Symbol:
        classes = _cast(classes, "float64")
        odds = Symbol._create("log", [(classes + 2) / (classes + 1)], {}, hint="log")
        return odds / log_range * num_sampled

    return samples, expected(true_classes), expected(samples)


def _cast(symbol: Symbol, dtype: str) -> Symbol:
    return Symbol._create("Cast", [symbol], {"dtype": dtype}, hint="cast")
