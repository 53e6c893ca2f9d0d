"""Normalisation along the last axis, and its gradient."""

from __future__ import annotations

import math

import numpy as np

from mxnet.native.kernels.language import Words, f32, independent, kernel, real


@kernel
def layer_norm(a: Words) -> None:  # rows of x, gamma, beta; y, mean and standard deviation
    x, gamma, beta, y, mean, std = f32(a[0]), f32(a[1]), f32(a[2]), f32(a[3]), f32(a[4]), f32(a[5])
    rows, n, eps = a[6], a[7], real(a[8])
    for i in range(rows):
        r = i * n
        total = np.float32(0)
        for j in range(n):
            total += x[r + j]
        m = total / np.float32(n)
        total = np.float32(0)
        for j in range(n):
            d = x[r + j] - m
            total += d * d
        s = np.float32(math.sqrt(total / np.float32(n) + eps))
        mean[i], std[i] = m, s
        for j in independent(n):
            y[r + j] = (x[r + j] - m) / s * gamma[j] + beta[j]


@kernel
def layer_norm_grad(a: Words) -> None:  # of x
    g, x, gamma, mean, std, out = f32(a[0]), f32(a[1]), f32(a[2]), f32(a[3]), f32(a[4]), f32(a[5])
    rows, n = a[6], a[7]
    for i in range(rows):
        r, m, s = i * n, mean[i], std[i]
        one = np.float32(0)
        other = np.float32(0)
        for j in range(n):
            d = g[r + j] * gamma[j]
            one += d
            other += d * (x[r + j] - m)
        one /= np.float32(n)
        other /= np.float32(n) * s * s
        for j in independent(n):
            out[r + j] = (g[r + j] * gamma[j] - one - (x[r + j] - m) * other) / s


@kernel
def layer_norm_scale_grad(a: Words) -> None:  # of gamma
    g, x, mean, std, out, rows, n = f32(a[0]), f32(a[1]), f32(a[2]), f32(a[3]), f32(a[4]), a[5], a[6]
    for j in range(n):
        out[j] = np.float32(0)
    for i in range(rows):
        r, m, s = i * n, mean[i], std[i]
        for j in range(n):
            out[j] += g[r + j] * (x[r + j] - m) / s
