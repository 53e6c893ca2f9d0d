"""Initializers: how parameters get their first values, chosen by the name of each parameter."""

from mxnet.initializer.base import InitDesc, InitializationError, Initializer, alias, create, register
from mxnet.initializer.choosing import Load, Mixed
from mxnet.initializer.rnn import FusedRNN, LSTMBias
from mxnet.initializer.values import (
    Bilinear,
    Constant,
    MSRAPrelu,
    Normal,
    One,
    Orthogonal,
    Uniform,
    Xavier,
    Zero,
)

__all__ = [
    "Bilinear",
    "Constant",
    "FusedRNN",
    "InitDesc",
    "Initializer",
    "LSTMBias",
    "Load",
    "MSRAPrelu",
    "Mixed",
    "Normal",
    "One",
    "Orthogonal",
    "Uniform",
    "Xavier",
    "Zero",
    "alias",
    "create",
    "register",
]
