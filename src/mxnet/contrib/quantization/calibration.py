"""Which range of numbers the integers of a layer stand for: found by looking at what a network computes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mxnet import ndarray as nd
from mxnet.errors import CompositionError, NameLookupError, ShapeError
from mxnet.io import DataBatch
from mxnet.ndarray import NDArray
from mxnet.symbol.symbol import Group

if TYPE_CHECKING:
    from mxnet.context import Context
    from mxnet.contrib.blocks import Network

__all__ = [
    "Histogram",
    "LayerHistogramCollector",
    "LayerOutputMinMaxCollector",
    "batches_of",
    "combine_histogram",
    "look",
    "optimal_threshold",
    "optimal_thresholds",
    "smooth_distribution",
]

Values = np.ndarray[Any, np.dtype[Any]]

BINS = 8001


class Histogram(NamedTuple):
    """How often numbers occur.

    Attributes
    ----------
    counts : array
        How many are in each bin.
    edges : array
        Where the bins begin and end; they reach from ``-reach`` to ``reach``.
    low, high : float
        The least and the greatest number.
    reach : float
        The greatest absolute number, or somewhat more.
    """

    counts: Values
    edges: Values
    low: float
    high: float
    reach: float


def combine_histogram(
    old_hist: Sequence[Any], arr: Values, new_min: float, new_max: float, new_th: float
) -> Histogram:
    """Add numbers to a histogram, which gets more bins of the same width if they reach further.

    Parameters
    ----------
    old_hist : Histogram
        The histogram, or its five members.
    arr : numpy array
        The numbers.
    new_min, new_max, new_th : float
        The least of them, the greatest, and the greatest absolute one.

    Examples
    --------
    >>> import numpy as np
    >>> old = Histogram(np.array([1, 2, 1]), np.array([-3, -1, 1, 3]), -2, 2, 3)
    >>> combine_histogram(old, np.array([0, 4]), 0, 4, 4).counts.tolist()
    [0, 1, 3, 1, 1]
    """
    counts, edges, low, high, reach = old_hist
    added = 0
    if new_th > reach:
        width = 2 * reach / len(counts)
        added = int((new_th - reach) // width + 1)
        reach = added * width + reach
    more, more_edges = np.histogram(arr, bins=len(counts) + 2 * added, range=(-reach, reach))
    more[added : added + len(counts)] += counts
    return Histogram(more, more_edges if added else edges, min(low, new_min), max(high, new_max), reach)


class _Collector:
    """Collects something about the outputs of layers.

    Parameters
    ----------
    include_layer : list of str, optional
        The outputs that are looked at; all by default.
    logger : logging.Logger, optional
        Is told of every one.
    """

    def __init__(self, include_layer: Collection[str] | None = None, logger: Any = None) -> None:
        self.include_layer = include_layer
        self.logger = logger

    def collect(self, name: str | bytes, arr: NDArray) -> None:
        """Look at an output, if it is one of those."""
        layer = name.decode() if isinstance(name, bytes) else name
        if self.include_layer is None or layer in self.include_layer:
            self._add(layer, arr.asnumpy())

    def _add(self, layer: str, values: Values) -> None:
        raise NotImplementedError

    def _say(self, message: str, *values: Any) -> None:
        if self.logger is not None:
            self.logger.debug(message, *values)


class LayerOutputMinMaxCollector(_Collector):
    """Collects the least and the greatest number of each output, in ``min_max_dict``.

    Parameters
    ----------
    quantized_dtype : str
        What the outputs will become.
    include_layer, logger
        As of the other collectors: the outputs that are looked at, and who is told.
    """

    def __init__(
        self, quantized_dtype: str = "int8", include_layer: Collection[str] | None = None, logger: Any = None
    ) -> None:
        super().__init__(include_layer, logger)
        self.quantized_dtype = quantized_dtype
        self.min_max_dict: dict[str, tuple[float, float]] = {}

    def _add(self, layer: str, values: Values) -> None:
        low, high = self.min_max_dict.get(layer, (np.inf, -np.inf))
        self.min_max_dict[layer] = min(low, values.min()), max(high, values.max())
        self._say("The range of %s is %s.", layer, self.min_max_dict[layer])


class LayerHistogramCollector(_Collector):
    """Collects a histogram of each output, in ``hist_dict``.

    Parameters
    ----------
    num_bins : int, default 8001
        The bins that the first batch is sorted into.
    include_layer, logger
        As of the other collectors: the outputs that are looked at, and who is told.
    """

    def __init__(
        self, num_bins: int = BINS, include_layer: Collection[str] | None = None, logger: Any = None
    ) -> None:
        super().__init__(include_layer, logger)
        self.num_bins = num_bins
        self.hist_dict: dict[str, Histogram] = {}

    def _add(self, layer: str, values: Values) -> None:
        low, high = values.min(), values.max()
        reach = max(abs(low), abs(high))
        if layer in self.hist_dict:
            made = combine_histogram(self.hist_dict[layer], values, low, high, reach)
        else:
            made = Histogram(
                *np.histogram(values, bins=self.num_bins, range=(-reach, reach)), low, high, reach
            )
        self.hist_dict[layer] = made
        self._say("The range of %s is (%s, %s).", layer, made.low, made.high)


# ------------------------------------------------------------------------------------------------- thresholds


def optimal_threshold(
    hist_data: Sequence[Any], quantized_dtype: str, num_quantized_bins: int = 255
) -> tuple[float, float, Values, Values]:
    """Find where to cut numbers off, so that their distribution changes least (Migacz, 2017).

    Parameters
    ----------
    hist_data : Histogram
        How the numbers are distributed, or the five members of that.
    quantized_dtype : str
        What they will become. Integers without sign have twice the levels, if no number is negative.
    num_quantized_bins : int, default 255
        The number of levels.

    Returns
    -------
    low, high : float
        The least and the greatest number.
    threshold, divergence : array of one number
        Where to cut off, and by how much that changes the distribution (Kullback and Leibler).
    """
    if len(hist_data) != 5:
        raise ShapeError(
            f"Expected a histogram (counts, edges, least, greatest number, threshold), got {hist_data!r}."
        )
    counts, edges, low, high, _ = hist_data
    if low >= 0 and quantized_dtype in ("auto", "uint8"):
        num_quantized_bins = num_quantized_bins * 2 + 1
    threshold, divergence = nd.contrib.calibrate_entropy(
        nd.array(counts, dtype="float32"),
        nd.array(edges, dtype="float32"),
        num_quantized_bins=num_quantized_bins,
    )
    return low, high, threshold.asnumpy(), divergence.asnumpy()


def optimal_thresholds(
    hist_dict: Mapping[str, Sequence[Any]],
    quantized_dtype: str,
    num_quantized_bins: int = 255,
    logger: Any = None,
) -> dict[str, tuple[Any, Any]]:
    """Return both ends of the range of each layer, cut off where that changes its distribution least."""
    ranges: dict[str, tuple[Any, Any]] = {}
    for name, histogram in hist_dict.items():
        low, _, threshold, divergence = optimal_threshold(histogram, quantized_dtype, num_quantized_bins)
        is_unsigned = low >= 0 and quantized_dtype in ("auto", "uint8")
        ranges[name] = (np.zeros_like(threshold) if is_unsigned else -threshold), threshold
        if logger is not None:
            logger.debug("The numbers of %s are cut off at %s (divergence %s).", name, threshold, divergence)
    return ranges


def smooth_distribution(p: Values, eps: float = 0.0001) -> Values:
    """Return a distribution without zeros: each gets `eps`, and all others give that together.

    Raises
    ------
    ValueError
        If there are only zeros.
    """
    is_empty = p == 0
    if is_empty.all():
        raise ShapeError("The distribution is zero everywhere.")
    given = eps * is_empty.sum() / (~is_empty).sum()
    return np.where(is_empty, eps, p - given)


# -------------------------------------------------------------------------------------- looking at the layers


def look(
    network: Network,
    batches: Iterable[DataBatch],
    collector: Any,
    ctx: Context,
    data_names: Sequence[str],
    label_names: Sequence[str],
    max_examples: int | None,
) -> int:
    """Compute a network, and let a collector look at the outputs of its layers.

    Parameters
    ----------
    network : Network
        The network, not quantized.
    batches : iterable of DataBatch
        What it computes.
    collector : object
        Has ``collect(name, array)``, and ``include_layer``, the outputs that it wants, or None for all.
    ctx : Context
        Where to compute.
    data_names, label_names : list of str
        The variables that data and labels of a batch are for.
    max_examples : int, optional
        After how many samples it is enough; all are computed by default.

    Returns
    -------
    int
        How many samples have been computed.
    """
    internals = network.symbol.get_internals()
    names = internals.list_outputs() if collector.include_layer is None else list(collector.include_layer)
    layers = Group([internals[name] for name in names])
    wanted = set(layers.list_inputs())
    arrays = {
        name: array.as_in_context(ctx)
        for name, array in {**network.arg_params, **network.aux_params}.items()
        if name in wanted
    }
    compute = layers.compile(ctx)
    seen = 0
    for batch in batches:
        given = {
            **dict(zip(data_names, batch.data or (), strict=False)),
            **dict(zip(label_names, batch.label or (), strict=False)),
        }
        missing = [name for name in sorted(wanted) if name not in given and name not in arrays]
        if missing:
            raise NameLookupError(f"Neither the data nor the parameters have {', '.join(missing)}.")
        fed = {name: array.as_in_context(ctx) for name, array in given.items() if name in wanted}
        for name, array in zip(names, compute(**arrays, **fed), strict=True):
            collector.collect(name, array)
        seen += batch.data[0].shape[0] if batch.data else 0
        if max_examples is not None and seen >= max_examples:
            break
    return seen


def batches_of(data: Any) -> Iterator[DataBatch]:
    """Yield the batches of an iterator, or of a loader: arrays, or pairs of data and labels.

    Raises
    ------
    TypeError
        If it is none of these.
    """
    if hasattr(data, "reset"):
        data.reset()
    try:
        items = iter(data)
    except TypeError:
        raise CompositionError(f"calib_data must be an iterator or a loader, not {data!r}.") from None
    for item in items:
        if isinstance(item, DataBatch):
            yield item
        else:
            arrays = [nd.array(each) for each in (item if isinstance(item, (list, tuple)) else [item])]
            yield DataBatch(arrays)
