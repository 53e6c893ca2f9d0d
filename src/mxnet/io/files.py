"""Iterators over files: comma-separated values, LibSVM's sparse text, and the MNIST format."""

from __future__ import annotations

import gzip
import io
import math
import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet import ndarray as nd
from mxnet.errors import FileFormatError, ShapeError
from mxnet.files import read_file
from mxnet.io.batches import iterates
from mxnet.io.io import DataDesc
from mxnet.native import find
from mxnet.ndarray import sparse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mxnet.ndarray import NDArray

    Values = np.ndarray[Any, Any]
    Lines = tuple[Values, Values, Values, Values]

__all__ = ["CSVIter", "LibSVMIter", "MNISTIter", "read_idx"]


_MOST = 1 << 32
_MOST_GROWTH = 1032
"""As many times its own size can a compressed file become at most."""
"""The most bytes that a file of MNIST's format may hold."""

_BLOCK = 1 << 19
"""The bytes of text that are read at a time, which takes many times as much memory."""

_POWERS = 10.0 ** np.arange(16)


class _Rows:
    """Base of the sources that hold all samples: goes through their rows in batches.

    Parameters
    ----------
    count : int
        The number of samples.
    data, label : DataDesc
        What batches hold.
    round_batch : bool
        Whether the last batch is filled up with the first samples, which the next epoch then leaves out.
        Otherwise it keeps what the batch before it held in these places.
    """

    def __init__(self, count: int, data: DataDesc, label: DataDesc, *, round_batch: bool = True) -> None:
        self.data = data
        self.label = label
        self._batch_size = data.shape[0]
        self._count = count
        self._round_batch = round_batch
        self._start = 0
        self._rows: Values = np.zeros(0, "int64")
        self._pad = 0

    def reset(self) -> None:
        """Start a new epoch."""
        # What filled up the last batch has been seen already.
        self._start = self._pad if self._round_batch else 0
        self._pad = 0
        self._rows = self._rows[:0]

    def advance(self) -> bool:
        """Move to the next batch; return whether there is one."""
        if self._start >= self._count:
            return False
        rows = np.arange(self._start, self._start + self._batch_size)
        self._pad = max(0, int(rows[-1]) + 1 - self._count)
        if self._round_batch or not len(self._rows):
            rows %= self._count
        else:
            rows = np.where(rows < self._count, rows, self._rows)
        self._rows = rows
        self._start += self._batch_size
        return True

    def current(self) -> tuple[NDArray, NDArray]:
        """Return data and labels of the current batch; before there is one, those of the first."""
        return self._data_of(self._current()), self._label_of(self._current())

    def pad(self) -> int:
        """Return how many samples only fill the current batch up."""
        return self._pad

    def index(self) -> Values:
        """Return which samples the current batch holds."""
        return self._current().astype("uint64")

    def _current(self) -> Values:
        first = np.arange(self._start, self._start + self._batch_size) % self._count
        return self._rows if len(self._rows) else first

    def _data_of(self, rows: Values) -> NDArray:
        raise NotImplementedError

    def _label_of(self, rows: Values) -> NDArray:
        raise NotImplementedError


@iterates
class CSVIter(_Rows):
    """Yields batches of lines of comma-separated numbers.

    Parameters
    ----------
    data_csv : str
        The file of data, one sample a line.
    data_shape : tuple of int
        The shape of a sample.
    label_csv : str, optional
        The file of labels. Without one, labels are 0.
    label_shape : tuple of int, default (1,)
        The shape of a label; one number a sample makes labels of shape ``(batch,)``.
    batch_size : int
    round_batch : bool, default True
        Whether the last batch is filled up with the first samples.
    data_name, label_name : str
    dtype : str, default 'float32'
        Of the data.
    **_
        Hints of MXNet's that have no meaning here, such as ``prefetch_buffer``.
    """

    def __init__(
        self,
        data_csv: str,
        data_shape: Sequence[int],
        label_csv: str = "NULL",
        label_shape: Sequence[int] = (1,),
        *,
        batch_size: int,
        round_batch: bool = True,
        data_name: str = "data",
        label_name: str = "softmax_label",
        dtype: Any = "float32",
        **_: Any,
    ) -> None:
        kind = np.dtype(dtype or "float32").type
        self._data = _read_csv(data_csv, tuple(data_shape), kind)
        if label_csv in {"NULL", "", None}:
            self._label = np.zeros((len(self._data), *label_shape), kind)
        else:
            self._label = _read_csv(label_csv, tuple(label_shape), np.float64).astype(kind)
            if len(self._label) != len(self._data):
                raise FileFormatError(
                    f"{label_csv!r} holds {len(self._label)} labels, but {data_csv!r} holds "
                    f"{len(self._data)} samples."
                )
        if self._label.shape[1:] == (1,):
            self._label = self._label[:, 0]
        super().__init__(
            len(self._data),
            DataDesc(data_name, (int(batch_size), *self._data.shape[1:]), kind),
            DataDesc(label_name, (int(batch_size), *self._label.shape[1:]), kind),
            round_batch=round_batch,
        )

    def _data_of(self, rows: Values) -> NDArray:
        return nd.array(self._data[rows], dtype=self._data.dtype)

    def _label_of(self, rows: Values) -> NDArray:
        return nd.array(self._label[rows], dtype=self._label.dtype)


@iterates
class LibSVMIter(_Rows):
    """Yields sparse batches of lines ``label position:value position:value``, with positions from 0.

    Parameters
    ----------
    data_libsvm : str
        The file.
    data_shape : int or tuple of int
        The number of positions.
    label_libsvm : str, optional
        A file of sparse labels that take the place of those in the data.
    label_shape : int or tuple of int, optional
        The number of positions of such a label.
    batch_size : int
    round_batch : bool, default True
        Whether the last batch is filled up with the first samples.
    data_name, label_name : str
    **_
        Hints of MXNet's that have no meaning here, such as ``prefetch_buffer``.
    """

    def __init__(
        self,
        data_libsvm: str,
        data_shape: int | Sequence[int],
        label_libsvm: str = "NULL",
        label_shape: int | Sequence[int] = (1,),
        *,
        batch_size: int,
        round_batch: bool = True,
        data_name: str = "data",
        label_name: str = "softmax_label",
        **_: Any,
    ) -> None:
        self._rows_of_data = _SparseRows(data_libsvm, _width(data_shape))
        self._labels = None
        if label_libsvm not in {"NULL", "", None}:
            self._labels = _SparseRows(label_libsvm, _width(label_shape))
        size = int(batch_size)
        label = (size,) if self._labels is None else (size, self._labels.width)
        super().__init__(
            len(self._rows_of_data.labels),
            DataDesc(data_name, (size, self._rows_of_data.width)),
            DataDesc(label_name, label),
            round_batch=round_batch,
        )

    def _data_of(self, rows: Values) -> NDArray:
        return self._rows_of_data.take(rows)

    def _label_of(self, rows: Values) -> NDArray:
        return nd.array(self._rows_of_data.labels[rows]) if self._labels is None else self._labels.take(rows)


@iterates
class MNISTIter(_Rows):
    """Yields batches of the images of MNIST's format, with pixels from 0 to 1.

    Samples that do not fill a batch are left out.

    Parameters
    ----------
    image, label : str
        The two files, as they are or compressed (``.gz``).
    batch_size : int, default 128
    shuffle : bool, default True
        Whether the samples are put in another order, once.
    flat : bool, default False
        Whether images are rows ``(batch, pixels)`` instead of ``(batch, 1, height, width)``.
    seed : int, default 0
        Of the order.
    silent : bool
        Accepted for MXNet's sake; nothing is printed.
    num_parts, part_index : int
        Take one of several equal parts of the samples.
    data_name, label_name : str
    **_
        Hints of MXNet's that have no meaning here, such as ``prefetch_buffer``.
    """

    def __init__(
        self,
        image: str = "./train-images-idx3-ubyte",
        label: str = "./train-labels-idx1-ubyte",
        batch_size: int = 128,
        shuffle: bool = True,
        flat: bool = False,
        seed: int = 0,
        silent: bool = False,  # noqa: ARG002
        num_parts: int = 1,
        part_index: int = 0,
        data_name: str = "data",
        label_name: str = "softmax_label",
        **_: Any,
    ) -> None:
        images, labels = read_idx(image, 3), read_idx(label, 1)
        if len(images) != len(labels):
            raise FileFormatError(
                f"{image!r} holds {len(images)} images, but {label!r} {len(labels)} labels."
            )
        bounds = [len(images) * part // num_parts for part in (part_index, part_index + 1)]
        images, labels = images[slice(*bounds)], labels[slice(*bounds)]
        if shuffle:
            order = np.random.RandomState(seed).permutation(len(images))
            images, labels = images[order], labels[order]
        self._images = images.reshape(len(images), -1) if flat else images[:, None]
        self._labels = labels
        size = int(batch_size)
        super().__init__(
            len(images) // size * size,
            DataDesc(data_name, (size, *self._images.shape[1:])),
            DataDesc(label_name, (size,)),
        )

    def _data_of(self, rows: Values) -> NDArray:
        return nd.array(self._images[rows].astype("float32") / 256)

    def _label_of(self, rows: Values) -> NDArray:
        return nd.array(self._labels[rows])


class _SparseRows:
    """The lines of a LibSVM file: labels, and the rows of a sparse matrix."""

    def __init__(self, path: str, width: int) -> None:
        self.width = width
        text, blocks, line = read_file(path), [], 1
        for start, stop in _blocks_of_lines(text):
            block = text[start:stop]
            read = _plain_lines(block) or _numbers_of_lines(block) or _items_of_lines(block, path, line)
            blocks.append(read)
            line += block.count(b"\n")
        labels, counts, positions, values = map(np.concatenate, zip(*blocks, strict=True))
        self.labels = labels
        self._starts = np.concatenate(([0], np.cumsum(counts)))
        self._positions, self._values = positions, values
        if len(positions) and not 0 <= positions.min() <= positions.max() < width:
            raise FileFormatError(
                f"{path!r} has positions from {positions.min()} to {positions.max()}, but the shape given "
                f"has room for 0 to {width - 1}."
            )

    def take(self, rows: Values) -> NDArray:
        rows = np.asarray(rows, "int64")
        first, counts = self._starts[rows], self._starts[rows + 1] - self._starts[rows]
        starts = np.concatenate(([0], np.cumsum(counts)))
        where = np.arange(starts[-1]) + np.repeat(first - starts[:-1], counts)
        return sparse.csr_matrix(
            (self._values[where], self._positions[where], starts), shape=(len(rows), self.width)
        )


def _blocks_of_lines(text: bytes) -> Iterator[tuple[int, int]]:
    """Yield where stretches of whole lines begin and end, at least one."""
    start = 0
    while True:
        stop = text.find(b"\n", start + _BLOCK) + 1 or len(text)
        yield start, stop
        if stop == len(text):
            return
        start = stop


def _plain_lines(text: bytes) -> Lines | None:
    """Return labels, how many values each line has, positions and values; None but of plain numbers."""
    read = find("libsvm_lines")
    if read is None:
        return None
    padded = text + b"\n" * (8 - len(text) % 8)  # letters are taken from words of 8
    lines, items = padded.count(b"\n") + padded.count(b"\r"), padded.count(b":")
    labels, counts = np.empty(lines, "float32"), np.empty(lines, "int64")
    positions, values = np.empty(items, "int64"), np.empty(items, "float32")
    found = np.empty(3, "int64")
    arrays = np.frombuffer(padded, "uint8"), _POWERS, labels, counts, positions, values, found
    at, *others = [array.ctypes.data for array in arrays]
    read(at, len(padded), *others)
    n_lines, n_items, strange = found.tolist()
    return None if strange else (labels[:n_lines], counts[:n_lines], positions[:n_items], values[:n_items])


def _numbers_of_lines(text: bytes) -> Lines | None:
    """Return the same of lines of any numbers; None if a line is not as usual."""
    if not text.strip():
        return None
    letters = np.frombuffer(text, "uint8")
    is_space = letters <= ord(" ")
    begins = ~is_space & np.concatenate(([True], is_space[:-1]))
    tokens: Values = np.cumsum(begins)  # up to and with each letter
    ends = np.append(np.flatnonzero(letters == ord("\n")), len(letters) - 1)
    colons = np.flatnonzero(letters == ord(":"))
    before: Values = np.concatenate(([0], tokens[ends]))
    line: Values = np.searchsorted(ends, colons)
    counts: Values = np.bincount(line, minlength=len(before) - 1)
    nth: Values = np.arange(len(colons)) - (np.cumsum(counts) - counts)[line]
    of_line: Values = np.diff(before)
    there = of_line > 0
    # The first token of a line is the label, and each of the others has one colon.
    if (tokens[colons] - before[line] != nth + 2).any() or (of_line[there] != counts[there] + 1).any():
        return None
    try:
        numbers = np.fromstring(text.replace(b":", b" ").decode("ascii"), sep=" ")
    except (ValueError, DeprecationWarning):
        return None
    counts = counts[there]
    is_label = np.zeros(len(colons) * 2 + len(counts), bool)
    is_label[np.cumsum(2 * counts + 1) - 2 * counts - 1] = True
    if len(numbers) != len(is_label):
        return None
    pairs = numbers[~is_label].reshape(-1, 2)
    positions = pairs[:, 0].astype("int64")
    if (positions != pairs[:, 0]).any():
        return None
    return numbers[is_label].astype("float32"), counts, positions, pairs[:, 1].astype("float32")


def _items_of_lines(text: bytes, path: str, first: int) -> Lines:
    """Return the same of any lines, one by one; a line without a label has 0."""
    labels, counts, positions, values = [], [], [], []
    for number, line in enumerate(text.decode().splitlines(), first):
        label, *items = line.split() or [""]
        if not label:
            continue
        try:
            pairs = [item.split(":") for item in items]
            labels.append(float(label.split(":")[0]) if ":" not in label else 0.0)
            pairs += [label.split(":")] if ":" in label else []
            positions += [int(position) for position, _ in pairs]
            values += [float(value) for _, value in pairs]
        except ValueError:
            raise FileFormatError(
                f"{path!r}, line {number}: expected 'label position:value ...', got {line[:60]!r}."
            ) from None
        counts.append(len(pairs))
    return (
        np.array(labels, "float32"),
        np.array(counts, "int64"),
        np.array(positions, "int64"),
        np.array(values, "float32"),
    )


def _width(shape: int | Sequence[int]) -> int:
    sizes = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    if len(sizes) != 1:
        raise ShapeError(f"A line of LibSVM's format is a vector, so its shape has one number, not {sizes}.")
    return int(sizes[0])


def _read_csv(path: str, shape: tuple[int, ...], kind: type) -> Values:
    lines = read_file(path).decode().splitlines()
    try:
        rows: Values = np.loadtxt(lines, delimiter=",", ndmin=2, dtype=kind)
    except ValueError as error:
        raise FileFormatError(f"{path!r} does not hold lines of comma-separated numbers: {error}.") from None
    if rows.shape[1] != int(np.prod(shape)):
        raise ShapeError(
            f"The lines of {path!r} hold {rows.shape[1]} numbers, but the shape {shape} takes "
            f"{int(np.prod(shape))}."
        )
    return rows.reshape(len(rows), *shape)


def read_idx(path: str, dimensions: int) -> Values:
    """Read a file of unsigned bytes in MNIST's format, compressed or not."""
    stored = read_file(path)
    data: Any = io.BytesIO(stored)
    if stored[:2] == b"\x1f\x8b":
        data = gzip.GzipFile(fileobj=data)
    try:
        head = data.read(4 * (dimensions + 1))
        if len(head) < 4 * (dimensions + 1) or head[:4] != bytes([0, 0, 8, dimensions]):
            raise FileFormatError(
                f"{path!r} is no file of unsigned bytes in {dimensions} dimensions of MNIST's format."
            )
        shape = struct.unpack(f">{dimensions}I", head[4:])
        size = math.prod(shape)
        if size > _MOST_GROWTH * len(stored):
            raise FileFormatError(
                f"{path!r} states the shape {shape}, for which {len(stored)} bytes are too few."
            )
        values = data.read(min(size, _MOST) + 1)  # no more, however much a compressed file may become
    except (EOFError, OSError, zlib.error) as error:
        raise FileFormatError(f"{path!r} is damaged: {error}.") from None
    if len(values) != size:
        held = "more" if len(values) > size else f"{len(values)}"
        raise FileFormatError(f"{path!r} states the shape {shape}, but holds {held} bytes of data.")
    return np.frombuffer(values, "uint8").reshape(shape)
