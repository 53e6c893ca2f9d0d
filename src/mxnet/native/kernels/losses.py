"""Softmax, and the gradients of losses."""

from __future__ import annotations

import numpy as np

from mxnet.native.kernels.language import Words, exp, f32, inline, kernel, log, real, truncated


@kernel
def softmax(a: Words) -> None:  # along the last axis of x (rows, n)
    x, y, rows, n = f32(a[0]), f32(a[1]), a[2], a[3]
    for i in range(rows):
        r = i * n
        top = x[r]
        for j in range(1, n):
            top = x[r + j] if x[r + j] > top else top
        total = np.float32(0)
        for j in range(n):
            e = exp(x[r + j] - top)
            y[r + j] = e
            total += e
        for j in range(n):
            y[r + j] /= total


@inline
def _is_kept(label, ignored):
    """Whether a label is another one than that which is ignored; what is no label is kept."""
    return not (label > -2147483648 and label < 2147483648 and truncated(label) == ignored)


@kernel
def minus_one_hot(a: Words) -> None:
    """Write p minus the class of each row, times a number.

    Words: p, labels, result, rows, classes, the number; whether a label leaves its row out, whether the
    number is divided by how many rows have another label, and that label; then the rows to write, from which
    to before which.
    """
    p, label, out, rows, n, ignored = f32(a[0]), f32(a[1]), f32(a[2]), a[3], a[4], a[8]
    number, kept = real(a[5]), np.float32(0)
    if a[7]:
        for i in range(rows):
            kept += np.float32(1) if _is_kept(label[i], ignored) else np.float32(0)
        number /= max(kept, np.float32(1))
    for i in range(a[9], a[10]):
        factor = number if a[6] == 0 or _is_kept(label[i], ignored) else np.float32(0)
        for j in range(n):
            out[i * n + j] = p[i * n + j] * factor
        at = label[i]
        if at > np.float32(-1) and at < np.float32(n):  # what data say is never trusted with memory
            out[i * n + truncated(at)] -= factor


@kernel
def softmax_grad(a: Words) -> None:  # y (g - sum of g y), by rows
    g, y, out, rows, n = f32(a[0]), f32(a[1]), f32(a[2]), a[3], a[4]
    for i in range(rows):
        r = i * n
        total = np.float32(0)
        for j in range(n):
            total += g[r + j] * y[r + j]
        for j in range(n):
            out[r + j] = (g[r + j] - total) * y[r + j]


@kernel
def log_softmax(a: Words) -> None:
    x, y, rows, n = f32(a[0]), f32(a[1]), a[2], a[3]
    for i in range(rows):
        r = i * n
        top = x[r]
        for j in range(1, n):
            top = x[r + j] if x[r + j] > top else top
        total = np.float32(0)
        for j in range(n):
            total += exp(x[r + j] - top)
        shift = top + log(total)
        for j in range(n):
            y[r + j] = x[r + j] - shift


@kernel
def log_softmax_grad(a: Words) -> None:  # g - exp(y) times the sum of g, by rows
    g, y, out, rows, n = f32(a[0]), f32(a[1]), f32(a[2]), a[3], a[4]
    for i in range(rows):
        r = i * n
        total = np.float32(0)
        for j in range(n):
            total += g[r + j]
        for j in range(n):
            out[r + j] = g[r + j] - exp(y[r + j]) * total
