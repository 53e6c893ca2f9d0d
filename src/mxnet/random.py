"""Random numbers: ``mx.random.seed``, and the functions of ``mx.nd.random``."""

from __future__ import annotations

import operator

from mxnet.context import Context
from mxnet.errors import ParameterError
from mxnet.historic import lend
from mxnet.ndarray.random import (
    exponential,
    gamma,
    generalized_negative_binomial,
    multinomial,
    negative_binomial,
    normal,
    poisson,
    randint,
    randn,
    shuffle,
    uniform,
)
from mxnet.ops.tools.device import seed_generators

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
    "seed",
    "shuffle",
    "uniform",
]


def seed(seed_state: int, ctx: Context | str = "all") -> None:
    """Start the random generators anew, so that the same numbers are drawn again.

    Parameters
    ----------
    seed_state : int
        The seed. Different contexts draw different numbers from it.
    ctx : Context or "all", default "all"
        Whose generator to start anew.

    Raises
    ------
    ValueError
        If the seed is no whole number.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.random.seed(7)
    >>> first = mx.nd.random.uniform(shape=3).asnumpy()
    >>> mx.random.seed(7)
    >>> bool((mx.nd.random.uniform(shape=3).asnumpy() == first).all())
    True
    """
    try:
        number = operator.index(seed_state)
    except TypeError:
        raise ParameterError(f"The seed must be an int, not {seed_state!r}.") from None
    seed_generators(number, None if isinstance(ctx, str) else ctx)


lend(__name__)
