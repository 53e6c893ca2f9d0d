"""Sums along axes."""

from __future__ import annotations

import numpy as np

from mxnet.native.kernels.language import Words, f32, kernel, real


@kernel
def sum_middle(a: Words) -> None:  # x (outer, middle, inner of so many), y (outer, inner), times a number
    x, y, outer, middle, inner, step, factor = f32(a[0]), f32(a[1]), a[2], a[3], a[4], a[5], real(a[6])
    if inner == 1:
        for i in range(outer):
            total = np.float32(0)
            for j in range(middle):
                total += x[i * middle + j]
            y[i] = total * factor
    else:
        for i in range(outer):
            at, to = i * middle * step, i * inner
            for k in range(inner):
                y[to + k] = x[at + k]
            for j in range(1, middle):
                for k in range(inner):
                    y[to + k] += x[at + j * step + k]
            if factor != np.float32(1):
                for k in range(inner):
                    y[to + k] *= factor
