"""Activations that let negative numbers through in part, and their gradients; a number says how."""

from __future__ import annotations

import math

import numpy as np

from mxnet.native.kernels.language import Words, exp, f32, independent, inline, kernel, real

_ROOT = np.float32(math.sqrt(0.5))
_ALPHA, _SCALE = np.float32(1.6732632423543772), np.float32(1.0507009873554805)  # of selu
_DENSITY = np.float32(1 / math.sqrt(2 * math.pi))


@kernel
def clip(a: Words) -> None:  # in place; NaN stays
    x, low, high, n = f32(a[0]), real(a[1]), real(a[2]), a[3]
    for i in independent(n):
        least = low if x[i] < low else x[i]
        x[i] = high if least > high else least


@kernel
def leaky(a: Words) -> None:
    x, y, slope, n = f32(a[0]), f32(a[1]), real(a[2]), a[3]
    for i in independent(n):
        y[i] = x[i] if x[i] > 0 else slope * x[i]


@kernel
def leaky_grad(a: Words) -> None:
    g, x, out, slope, n = f32(a[0]), f32(a[1]), f32(a[2]), real(a[3]), a[4]
    for i in independent(n):
        out[i] = g[i] if x[i] > 0 else slope * g[i]


@kernel
def elu(a: Words) -> None:
    x, y, slope, n = f32(a[0]), f32(a[1]), real(a[2]), a[3]
    for i in independent(n):
        y[i] = x[i] if x[i] > 0 else slope * (exp(x[i]) - 1)


@kernel
def elu_grad(a: Words) -> None:
    g, x, out, slope, n = f32(a[0]), f32(a[1]), f32(a[2]), real(a[3]), a[4]
    for i in independent(n):
        out[i] = g[i] if x[i] > 0 else slope * exp(x[i]) * g[i]


@kernel
def selu(a: Words) -> None:
    x, y, n = f32(a[0]), f32(a[1]), a[3]
    for i in independent(n):
        y[i] = _SCALE * (x[i] if x[i] > 0 else _ALPHA * (exp(x[i]) - 1))


@kernel
def selu_grad(a: Words) -> None:
    g, x, out, n = f32(a[0]), f32(a[1]), f32(a[2]), a[4]
    for i in independent(n):
        out[i] = _SCALE * (g[i] if x[i] > 0 else _ALPHA * exp(x[i]) * g[i])


@inline
def _erf(x):
    """Return the error function in float32: a quotient of polynomials, as in Eigen; it is 1 from 4 on."""
    y = min(x, np.float32(4))
    y = max(y, np.float32(-4))
    s = y * y
    p = np.float32(-2.72614225801306e-10)
    p = p * s + 2.77068142495902e-08
    p = p * s - 2.10102402082508e-06
    p = p * s - 5.69250639462346e-05
    p = p * s - 7.34990630326855e-04
    p = p * s - 2.95459980854025e-03
    p = p * s - 1.60960333262415e-02
    q = np.float32(-1.45660718464996e-05)
    q = q * s - 2.13374055278905e-04
    q = q * s - 1.68282697438203e-03
    q = q * s - 7.37332916720468e-03
    q = q * s - 1.42647390514189e-02
    return y * p / q


@kernel
def gelu(a: Words) -> None:
    x, y, n = f32(a[0]), f32(a[1]), a[3]
    for i in independent(n):
        y[i] = 0.5 * x[i] * (1 + _erf(x[i] * _ROOT))


@kernel
def gelu_grad(a: Words) -> None:
    g, x, out, n = f32(a[0]), f32(a[1]), f32(a[2]), a[4]
    for i in independent(n):
        share = 0.5 * (1 + _erf(x[i] * _ROOT))
        out[i] = g[i] * (share + x[i] * _DENSITY * exp(-0.5 * x[i] * x[i]))
