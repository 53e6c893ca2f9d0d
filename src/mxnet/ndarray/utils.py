"""``mxnet.ndarray.utils``: where MXNet has what makes, saves and loads arrays of any storage type."""

from __future__ import annotations

from mxnet.historic import lend
from mxnet.ndarray.creation import array, empty, zeros
from mxnet.ndarray.serialize import load, load_frombuffer, save

__all__ = ["array", "empty", "load", "load_frombuffer", "save", "zeros"]

lend(__name__)
