"""Checks of random number generators: mean, variance, and how often they hit each of several buckets."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Generator = Callable[[int], Any]

__all__ = ["chi_square_check", "gen_buckets_probs_with_ppf", "mean_check", "var_check", "verify_generator"]


def gen_buckets_probs_with_ppf(
    ppf: Callable[[float], float], nbuckets: int
) -> tuple[list[tuple[float, float]], list[float]]:
    """Return buckets that are all equally likely, and their probabilities.

    Parameters
    ----------
    ppf : callable
        The inverse of the distribution function.
    nbuckets : int

    Examples
    --------
    >>> gen_buckets_probs_with_ppf(lambda p: p, 2)
    ([(0.0, 0.5), (0.5, 1.0)], [0.5, 0.5])
    """
    edges = [ppf(i / float(nbuckets)) for i in range(nbuckets + 1)]
    return list(pairwise(edges)), [1.0 / nbuckets] * nbuckets


def mean_check(generator: Generator, mu: float, sigma: float, nsamples: int = 1000000) -> bool:
    """Whether the mean of samples is within three standard errors of what it should be.

    Parameters
    ----------
    generator : callable
        ``generator(n)`` returns n samples.
    mu, sigma : float
        The mean and the standard deviation of the distribution.
    nsamples : int
    """
    error = 3 * sigma / math.sqrt(nsamples)
    return bool(abs(float(np.mean(_samples(generator, nsamples))) - mu) < error)


def var_check(generator: Generator, sigma: float, nsamples: int = 1000000) -> bool:
    """Whether the variance of samples is within three standard errors of what it should be.

    Parameters
    ----------
    generator, sigma, nsamples
        As of `mean_check`.
    """
    error = 3 * sigma**2 * math.sqrt(2.0 / (nsamples - 1))
    return bool(abs(float(np.var(_samples(generator, nsamples), ddof=1)) - sigma**2) < error)


def chi_square_check(
    generator: Generator, buckets: Sequence[Any], probs: Sequence[float], nsamples: int = 1000000
) -> tuple[float, Any, Any]:
    """Return how likely it is that samples from the distribution stray as far as these do.

    Parameters
    ----------
    generator : callable
        ``generator(n)`` returns n samples.
    buckets : list of (float, float), or list of values
        Intervals, closed below and open above, or the values of a discrete distribution.
    probs : list of float
        Their probabilities.
    nsamples : int

    Returns
    -------
    p : float
    observed, expected : numpy array
        How often the buckets were hit.
    """
    samples = _samples(generator, nsamples)
    expected = (nsamples * np.asarray(probs)).astype(np.int32)
    if isinstance(buckets[0], (list, tuple)):
        observed = np.array([((samples >= low) & (samples < high)).sum() for low, high in buckets])
    else:
        observed = np.array([(samples == value).sum() for value in buckets])
    distance = float(((observed - expected) ** 2 / np.maximum(expected, 1e-12)).sum())
    return _chi_square_tail(distance, len(buckets) - 1), observed, expected


def verify_generator(
    generator: Generator,
    buckets: Sequence[Any],
    probs: Sequence[float],
    nsamples: int = 1000000,
    nrepeat: int = 5,
    success_rate: float = 0.2,
    alpha: float = 0.05,
) -> list[float]:
    """Check a generator several times and raise `AssertionError` if it fails too often.

    Parameters
    ----------
    generator, buckets, probs, nsamples
        As of `chi_square_check`.
    nrepeat : int
        How many times.
    success_rate : float
        The share that has to succeed.
    alpha : float
        How likely samples have to be to succeed.

    Returns
    -------
    list of float
        How likely the samples of each time are.
    """
    checks = [chi_square_check(generator, buckets, probs, nsamples) for _ in range(nrepeat)]
    likely = [p for p, _, _ in checks]
    if sum(p > alpha for p in likely) < nrepeat * success_rate:
        raise AssertionError(
            f"The generator failed: its samples are {alpha} likely in fewer than {success_rate:.0%} of "
            f"{nrepeat} trials.\n"
            f"p: {likely}\nobserved: {[observed.tolist() for _, observed, _ in checks]}\n"
            f"expected: {checks[0][2].tolist()}"
        )
    return likely


def _samples(generator: Generator, count: int) -> Any:
    drawn = generator(count)
    return drawn.asnumpy().ravel() if hasattr(drawn, "asnumpy") else np.asarray(drawn).ravel()


def _chi_square_tail(distance: float, freedom: int) -> float:
    """Return the probability that a chi-square variable is larger: 1 minus the incomplete gamma function."""
    a, x = freedom / 2, distance / 2
    if x <= 0:
        return 1.0
    scale = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1:  # the series converges quickly here ...
        term = total = 1 / a
        n = a
        while abs(term) > abs(total) * 1e-15:
            n += 1
            term *= x / n
            total += term
        return max(0.0, 1 - total * scale)
    b, c = x + 1 - a, 1e300  # ... and Lentz's continued fraction here
    d = 1 / b
    h = d
    for i in range(1, 10000):
        numerator = -i * (i - a)
        b += 2
        d = 1 / (numerator * d + b)
        c = b + numerator / c
        h *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return scale * h
