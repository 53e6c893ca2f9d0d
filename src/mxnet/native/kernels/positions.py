"""Where boxes and points lie in images, which kernels for regions ask; there is no kernel here."""

from __future__ import annotations

import math

import numpy as np

from mxnet.native.kernels.language import exact, inline, truncated

__all__ = ["between", "cut", "image_of", "rounded"]


@inline
def image_of(number, batch):
    """Return which image a box lies in; -1 if it is none."""
    return np.int64(truncated(number)) if number > -1 and number < np.float32(batch) else -1


@exact
@inline
def rounded(x):
    """Round halves away from zero."""
    up = math.floor(abs(x) + 0.5)
    return up if x >= 0 else -up


@inline
def cut(x, extent):
    """Return a position as a whole number from 0 to the extent; NaN is 0."""
    low = x if x > 0 else np.float32(0)
    return np.int64(truncated(min(low, np.float32(extent))))


@exact
@inline
def between(at, extent):
    """Return the element below a position, and how far it is from there to the one above; none is outside."""
    inside = at if at > 0 else np.float32(0)
    inside = min(inside, np.float32(extent - 1))
    low = math.floor(inside)
    return low, inside - low
