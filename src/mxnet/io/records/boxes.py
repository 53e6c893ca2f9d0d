"""``ImageDetRecordIter``, which yields batches of pictures with boxes of their objects."""

from __future__ import annotations

from typing import Any

import numpy as np

from mxnet.io.batches import iterates
from mxnet.io.io import DataDesc, DataError
from mxnet.io.records.box_changes import BoxChanges
from mxnet.io.records.files import PictureFiles
from mxnet.io.records.making import MadeBatches, Part
from mxnet.io.records.numbers import Numbers
from mxnet.io.records.options import made_of, shape_of, warn_of_unknown

__all__ = ["ImageDetRecordIter"]

_HEAD = 4
"""How a batch's label begins: channels, height and width of the picture, how many numbers follow."""


class _Maker:
    """Makes batches of pictures and of their flat labels."""

    def __init__(
        self,
        files: PictureFiles,
        shape: tuple[int, int, int],
        size: int,
        label_width: int,
        padding: float,
        changes: BoxChanges,
        numbers: Numbers,
    ) -> None:
        self._files = files
        self._shape = shape
        self._size = size
        self._label_width = label_width
        self._padding = padding
        self._changes = changes
        self._numbers = numbers

    def __call__(self, part: Part) -> tuple[Any, Any]:
        draws = np.random.default_rng(part.seed)
        channels, height, width = self._shape
        data = np.zeros((self._size, *self._shape), "float32")
        labels = np.full((self._size, _HEAD + self._label_width), self._padding, "float32")
        for i, row in enumerate(part.rows):
            stored = self._files[row]
            head, boxes = _parsed(stored)
            picture, boxes = self._changes(stored.decode(channels), boxes, height, width, draws)
            tall, wide = picture.shape[:2]
            self._numbers.write(picture, data[i, :, :tall, :wide], None, draws)
            flat = [*head, *boxes.ravel()]
            labels[i, : _HEAD + len(flat)] = [channels, tall, wide, len(flat), *flat]
        return data, labels


def _parsed(stored: Any) -> tuple[Any, Any]:
    """Return the head of a label, and its objects."""
    flat = stored.labels
    head, width = (int(flat[0]), int(flat[1])) if len(flat) > 1 else (0, 0)
    if head < 2 or width < 5 or head > len(flat) or (len(flat) - head) % width:
        raise DataError(
            f"{stored.source} has the label {flat.tolist()}. One for detection begins with how many "
            "numbers its head has (2 at least) and how many an object has (5 at least)."
        )
    return flat[:head], flat[head:].reshape(-1, width)


@iterates
class ImageDetRecordIter(MadeBatches):
    """Yields batches of pictures with boxes of their objects, from record files.

    The label of a picture is ``[channels, height, width, n, ...]``: the size of what is to be seen of it, how
    many numbers follow, and these: those of the record, with the boxes moved. The rest is `label_pad_value`.

    Parameters
    ----------
    path_imgrec, data_shape, batch_size, path_imglist, shuffle, seed, num_parts, part_index
        As of ``ImageRecordIter``.
    label_width : int, default -1
        How many numbers each label has in the records; -1 if they differ.
    label_pad_width : int, default 0
        How many numbers a label has room for; 0 for as many as the longest has.
    label_pad_value : float, default -1
    round_batch, preprocess_threads, prefetch_buffer, data_name, label_name
        As of ``ImageRecordIter``.
    **kwargs
        How pictures are changed, see :class:`~mxnet.io.records.box_changes.BoxChanges`; and `mean_r`,
        `std_r`, `scale` and so on, see :class:`~mxnet.io.records.numbers.Numbers`.
    """

    def __init__(
        self,
        path_imgrec: str = "",
        data_shape: Any = (),
        batch_size: int = 0,
        path_imglist: str = "",
        path_imgidx: str = "",
        label_width: int = -1,
        label_pad_width: int = 0,
        label_pad_value: float = -1.0,
        shuffle: bool = False,
        seed: int = 0,
        num_parts: int = 1,
        part_index: int = 0,
        round_batch: bool = True,
        preprocess_threads: int = 4,
        prefetch_buffer: int = 4,
        data_name: str = "data",
        label_name: str = "softmax_label",
        **kwargs: Any,
    ) -> None:
        shape, size = shape_of(data_shape), int(batch_size)
        if size < 1:
            raise DataError(f"A batch holds at least one picture, got batch_size={batch_size}.")
        changes, numbers = made_of(BoxChanges, kwargs), made_of(Numbers, kwargs)
        warn_of_unknown("ImageDetRecordIter", kwargs, BoxChanges, Numbers)
        files = PictureFiles(path_imgrec, path_imgidx, path_imglist, int(num_parts), int(part_index))
        longest = 0
        for row in range(len(files)):
            width = files.count_labels(row)
            if label_width > 0 and width != label_width:
                raise DataError(
                    f"{files.source(row)} has a label of {width} numbers, but label_width={label_width}."
                )
            longest = max(longest, width)
        if 0 < label_pad_width < longest:
            raise DataError(f"label_pad_width={label_pad_width}, but a label has {longest} numbers.")
        room = label_pad_width if label_pad_width > 0 else longest
        super().__init__(
            _Maker(files, shape, size, room, label_pad_value, changes, numbers),
            len(files),
            DataDesc(data_name, (size, *shape)),
            DataDesc(label_name, (size, _HEAD + room)),
            round_batch=bool(round_batch),
            shuffle=bool(shuffle),
            seed=int(seed),
            seed_aug=None,
            threads=int(preprocess_threads),
            ahead=int(prefetch_buffer),
        )
