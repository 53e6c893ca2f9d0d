"""Functions that the C library computes, a number at a time: of many, torch's vectors are faster."""

from __future__ import annotations

import math

import numpy as np

from mxnet.native.kernels.language import binary, unary


@unary
def sin(x):
    return math.sin(x)


@unary
def cos(x):
    return math.cos(x)


@unary
def tan(x):
    return math.tan(x)


@unary
def arcsin(x):
    return math.asin(x)


@unary
def arccos(x):
    return math.acos(x)


@unary
def arctan(x):
    return math.atan(x)


@unary
def sinh(x):
    return math.sinh(x)


@unary
def cosh(x):
    return math.cosh(x)


@unary
def arcsinh(x):
    return math.asinh(x)


@unary
def arccosh(x):
    return math.acosh(x)


@unary
def arctanh(x):
    return math.atanh(x)


@unary
def expm1(x):
    return math.expm1(x)


@unary
def log1p(x):
    return math.log1p(x)


@unary
def log2(x):
    return math.log2(x)


@unary
def log10(x):
    return math.log10(x)


@unary
def erf(x):
    return math.erf(x)


@binary
def power(x, y):
    return math.pow(x, y)


@binary
def hypot(x, y):
    return math.hypot(x, y)


@binary
def remainder(x, y):  # with the divisor's sign
    rest = math.fmod(x, y)
    turned = rest != np.float32(0) and (rest < np.float32(0)) != (y < np.float32(0))
    return rest + y if turned else rest
