"""Where to cut off values before they become integers of 8 bits, so that least information is lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet.errors import DTypeError, ShapeError
from mxnet.ir.op import Op, Run, Slots, param
from mxnet.ops.tools.expect import extents_of
from mxnet.ops.tools.gradients import no_gradient

if TYPE_CHECKING:
    from torch import Tensor

Counts = np.ndarray[Any, np.dtype[Any]]

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
        counts = hist.double().cpu().numpy()
        middle, narrowest = len(counts) // 2, self.num_quantized_bins // 2
        sums = np.concatenate([[0.0], counts.cumsum()])
        filled = np.concatenate([[0], (counts != 0).cumsum()])
        reaches = range(narrowest, middle + 1)
        found = np.array([self._divergence(counts, sums, filled, middle, reach) for reach in reaches])
        best = int(found.astype(np.float32).argmin())
        threshold = hist_edges[middle + narrowest + 1 + best].reshape(1)
        return threshold, hist.new_tensor([found[best]])

    def _divergence(self, counts: Counts, sums: Counts, filled: Counts, middle: int, reach: int) -> float:
        """Return how differently quantized values are distributed, if cut off beyond `reach` bins.

        `sums` and `filled` are what there is before each bin: values, and bins that are not empty.
        """
        start, stop = middle - reach, middle + reach + 1
        clipped = counts[start:stop].copy()
        clipped[0] += sums[start]
        clipped[-1] += sums[-1] - sums[stop]
        width = len(clipped) // self.num_quantized_bins
        edges = start + width * np.arange(self.num_quantized_bins + 1)
        edges[-1] = stop  # the last takes the rest
        merged, bins = np.diff(sums[edges]), np.diff(filled[edges])
        merged[0] -= counts[start]
        bins[0] -= counts[start] != 0
        quantized = np.repeat(merged / np.maximum(bins, 1), np.diff(edges)) * (clipped != 0)
        p, q = _smooth(clipped), _smooth(quantized)
        if p is None or q is None:
            return float(np.finfo(np.float32).max)
        return float((p * np.log(p / q)).sum())

    gradient = no_gradient


def _smooth(counts: Counts) -> Counts | None:
    """Return a distribution without zeros: others give empty bins a little. None if they have not enough."""
    is_empty = counts == 0
    empty = np.count_nonzero(is_empty)
    given = _SMALL * empty / (len(counts) - empty) if empty < len(counts) else 1.0
    if given >= 1:
        return None
    filled = counts - given
    filled[is_empty] = _SMALL
    smoothed: Counts = filled / filled.sum()
    return smoothed
