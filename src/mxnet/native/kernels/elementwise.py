"""Functions of each element, called as operators are; no result lies in an operand, which would be slow.

What ends in ``_grad`` takes the head gradient, and what the operator's own derivative reads.
"""

from __future__ import annotations

import math

import numpy as np

from mxnet.native.kernels import language
from mxnet.native.kernels.language import exact, inline, pair, unary


@unary
def rectified(x):  # NaN becomes 0, as in MXNet's Activation
    return x if x > np.float32(0) else np.float32(0)


@pair
def rectified_grad(g, y):
    return g if y > np.float32(0) else np.float32(0)


@unary
def relu(x):
    return np.float32(0) if x < np.float32(0) else x


@pair
def relu_grad(g, y):  # NaN of NaN
    return g if y > np.float32(0) else g * y


@unary
def sigmoid(x):
    return np.float32(1) / (np.float32(1) + language.exp(-x))


@pair
def sigmoid_grad(g, y):
    return g * y * (np.float32(1) - y)


@unary
def tanh(x):
    return language.tanh(x)


@pair
def tanh_grad(g, y):
    return g * (np.float32(1) - y * y)


@unary
def softrelu(x):
    e = language.exp(x if x < np.float32(0) else -x)
    tail = language.log(np.float32(1) + e)
    tail = e - np.float32(0.5) * e * e if e < np.float32(1e-3) else tail
    return (x if x > np.float32(0) else np.float32(0)) + tail


@pair
def softrelu_grad(g, y):
    small = y - np.float32(0.5) * y * y
    return g * (small if y < np.float32(1e-3) else np.float32(1) - language.exp(-y))


@unary
def negative(x):
    return -x


@unary
def abs(x):
    return -x if x < np.float32(0) else x


@unary
def square(x):
    return x * x


@pair
def square_grad(g, x):
    return g * (x + x)


@unary
def sqrt(x):
    return np.float32(math.sqrt(x))


@pair
def sqrt_grad(g, y):
    return g * (np.float32(0.5) / y)


@inline
@exact
def _inverse_root(x):  # at once LLVM would guess it, and make NaN of 0
    return np.float32(1) / np.float32(math.sqrt(x))


@unary
def rsqrt(x):
    return _inverse_root(x)


@unary
def sign(x):
    return np.float32(1) if x > np.float32(0) else np.float32(-1) if x < np.float32(0) else np.float32(0)


@unary
def floor(x):
    return np.float32(math.floor(x))


@unary
def ceil(x):
    return np.float32(math.ceil(x))


@unary
def trunc(x):
    return np.float32(math.trunc(x))


@unary
def reciprocal(x):
    return np.float32(1) / x


@pair
def reciprocal_grad(g, y):
    return -g * (y * y)


@unary
def exp(x):
    return language.exp(x)


@pair
def exp_grad(g, y):
    return g * y


@unary
def log(x):
    return language.log(x)


@pair
def log_grad(g, x):
    return g / x
