"""Where to cut off values before they become integers of 8 bits, so that least information is lost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mxnet.errors import DTypeError, ShapeError
from mxnet.ir.op import Op, Run, Slots, param
from mxnet.lazy import torch
from mxnet.ops.expect import extents_of
from mxnet.ops.gradients import no_gradient

if TYPE_CHECKING:
    from torch import Tensor

_SMALL = 1e-4  # what an empty bin is filled up to


class CalibrateEntropy(Op, name="_contrib_calibrate_entropy"):
    """Finds the threshold for which the quantized values are distributed most like the values (Migacz, 2017).

    Shapes: hist (n,), a histogram with its middle bin around 0, n odd; hist_edges (n + 1,); the outputs, the
    threshold and the Kullback-Leibler divergence that it leaves, (1,). All are float32.

    As in MXNet, the first bin inside the threshold counts as empty when values are quantized, and of equally
    good thresholds the least is taken.
    """

    example = "mx.nd.ones((1001,)); mx.nd.arange(1002) | num_quantized_bins=255"
    inputs = {"hist": "How many values there are in each bin.", "hist_edges": "Where the bins begin and end."}
    outputs = ("threshold", "divergence")
    num_quantized_bins: int = param(default=255, ge=1, doc="Number of quantized values.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        found = extents_of(self, s, hist="bins", hist_edges="edges")
        bins, edges = found["bins"], found["edges"]
        if bins is not None and (bins % 2 == 0 or bins < self.num_quantized_bins // 2 * 2):
            raise ShapeError(
                f"{self.name}: hist needs an odd number of bins, not fewer than num_quantized_bins="
                f"{self.num_quantized_bins}, but has {bins}."
            )
        if bins is not None and edges not in (None, bins + 1):
            raise ShapeError(f"{self.name}: {bins} bins have {bins + 1} edges, not {edges}.")
        return {"outs": ((1,), (1,))}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        if t.hist not in (None, "float32"):
            raise DTypeError(f"{self.name}: hist must be float32, not {t.hist}.")
        return {"ins": ("float32", "float32"), "outs": ("float32", "float32")}

    def forward(self, run: Run, hist: Tensor, hist_edges: Tensor) -> tuple[Tensor, Tensor]:
        middle, narrowest = len(hist) // 2, self.num_quantized_bins // 2
        counts = hist.double()
        reaches = range(narrowest, middle + 1)
        found = torch.stack([self._divergence(counts, middle, reach) for reach in reaches]).float()
        best = found.argmin()
        return hist_edges[middle + narrowest + 1 + best].reshape(1), found[best].reshape(1)

    def _divergence(self, hist: Tensor, middle: int, reach: int) -> Tensor:
        """Return how differently quantized values are distributed, if cut off beyond `reach` bins."""
        start, stop = middle - reach, middle + reach + 1
        inside = hist[start:stop].clone()
        clipped = inside.clone()
        clipped[0] += hist[:start].sum()
        clipped[-1] += hist[stop:].sum()
        inside[0] = 0
        width = len(inside) // self.num_quantized_bins
        bins = torch.arange(len(inside), device=hist.device)
        merged = (bins // width).clamp(max=self.num_quantized_bins - 1)  # the last takes the rest
        zeros = inside.new_zeros(self.num_quantized_bins)
        sums = zeros.index_add(0, merged, inside)
        filled = zeros.index_add(0, merged, (inside != 0).double())
        quantized = (sums / filled.clamp(min=1))[merged] * (clipped != 0)
        p, q = _smooth(clipped), _smooth(quantized)
        divergence = (p * (p / q).log()).sum()
        return torch.where(divergence.isnan(), torch.finfo(torch.float32).max, divergence)

    gradient = no_gradient


def _smooth(counts: Tensor) -> Tensor:
    """Return a distribution without zeros: others give empty bins a little. NaN if they have not enough."""
    is_empty = counts == 0
    given = _SMALL * is_empty.sum() / (~is_empty).sum()
    filled = torch.where(is_empty, _SMALL, counts - given)
    return torch.where(given < 1, filled / filled.sum(), math.nan)
