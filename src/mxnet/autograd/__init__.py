"""Automatic differentiation of imperative code: see :mod:`mxnet.autograd.tape`."""

from mxnet.autograd.function import Function
from mxnet.autograd.tape import (
    backward,
    get_symbol,
    grad,
    is_recording,
    is_training,
    mark_variables,
    pause,
    predict_mode,
    record,
    set_recording,
    set_training,
    train_mode,
)
from mxnet.historic import lend

__all__ = [
    "Function",
    "backward",
    "get_symbol",
    "grad",
    "is_recording",
    "is_training",
    "mark_variables",
    "pause",
    "predict_mode",
    "record",
    "set_recording",
    "set_training",
    "train_mode",
]

lend(__name__)
