"""``ImageRecordIter`` and its kin, which yield batches of pictures from record files."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from mxnet import ndarray as nd
from mxnet.io.batches import iterates
from mxnet.io.io import DataDesc, DataError
from mxnet.io.records.changes import Changes
from mxnet.io.records.files import EncodedPicture, PictureFiles
from mxnet.io.records.making import MadeBatches, Part
from mxnet.io.records.numbers import Numbers
from mxnet.io.records.options import made_of, shape_of, warn_of_unknown

__all__ = [
    "ImageRecordInt8Iter",
    "ImageRecordIter",
    "ImageRecordIter_v1",
    "ImageRecordUInt8Iter",
    "ImageRecordUInt8Iter_v1",
]


class _Maker:
    """Makes batches of pictures and labels: decodes, changes and normalises."""

    def __init__(
        self,
        files: PictureFiles,
        shape: tuple[int, int, int],
        label_width: int,
        size: int,
        dtype: Any,
        changes: Changes,
        numbers: Numbers,
    ) -> None:
        self._files = files
        self._shape = shape
        self._label_width = label_width
        self._size = size
        self._dtype = dtype
        self._changes = changes
        self._numbers = numbers
        self._mean = self._mean_picture(numbers.mean_img) if numbers.mean_img else None

    def __call__(self, part: Part) -> tuple[Any, Any]:
        draws = np.random.default_rng(part.seed)
        data = np.empty((self._size, *self._shape), self._dtype)
        label = np.zeros((self._size, self._label_width), "float32")
        for i, row in enumerate(part.rows):
            stored = self._files[row]
            self._write(stored, data[i], draws)
            label[i] = self._label_of(stored)
        data[len(part.rows) :] = 0
        return data, label[:, 0] if self._label_width == 1 else label

    def _write(self, stored: EncodedPicture, out: Any, draws: Any, mean: bool = True) -> None:
        channels, height, width = self._shape
        picture = self._changes(stored.decode(channels), height, width, draws)
        self._numbers.write(picture, out, self._mean if mean else None, draws)

    def _label_of(self, stored: EncodedPicture) -> Any:
        if len(stored.labels) != self._label_width:
            raise DataError(
                f"{stored.source} has {len(stored.labels)} labels, but label_width={self._label_width}."
            )
        return stored.labels

    def _mean_picture(self, path: str) -> Any:
        """Return the mean picture of a file, which is made of all pictures if there is none."""
        if os.path.exists(path):
            named = nd.load(path)
            mean = next(iter(named.values()) if isinstance(named, dict) else iter(named), None)
            if mean is None or mean.shape != self._shape:
                raise DataError(
                    f"The mean picture in {path!r} has the shape {None if mean is None else mean.shape}, but "
                    f"data_shape is {self._shape}."
                )
            return mean.asnumpy()
        total, draws = np.zeros(self._shape, "float64"), np.random.default_rng(0)
        pixels = np.empty(self._shape, "uint8")
        for row in range(len(self._files)):
            picture = self._changes(self._files[row].decode(self._shape[0]), *self._shape[1:], draws)
            Numbers().write(picture, pixels, None, draws)
            total += pixels
        made = (total / len(self._files)).astype("float32")
        nd.save(path, {"mean_img": nd.array(made)})
        return made


@iterates
class ImageRecordIter(MadeBatches):
    """Yields batches of pictures from record files, scaled, cut, changed at random and normalised.

    Parameters
    ----------
    path_imgrec : str
        A record file as im2rec makes them, several with semicolons between, or a folder of them.
    data_shape : tuple of int
        ``(channels, height, width)``; 1, 3 or 4 channels.
    batch_size : int
    path_imglist : str
        A list of pictures, with labels that take the place of those in the records.
    path_imgidx : str
        The index of the record file; files are opened faster with it.
    label_width : int, default 1
        How many numbers a label has.
    shuffle : bool
        Whether each epoch goes through the pictures in another order.
    seed : int, default 0
        Of the order and of random changes.
    seed_aug : int, optional
        Of the random changes, which are then the same in each epoch.
    num_parts, part_index : int
        Take one of several equal parts.
    round_batch : bool, default True
        Whether the last batch is filled up with the first pictures of the next epoch, which leaves them out.
        Otherwise, as in MXNet, it is filled up with zeros, and its `pad` is 0.
    preprocess_threads : int, default 4
        How many threads make batches.
    prefetch_buffer : int, default 4
        How many batches may wait to be used.
    data_name, label_name : str
    dtype : {'float32', 'float16', 'float64', 'uint8', 'int8'}
        Of the data. Of uint8 pixels stay as they are, of int8 only the mean is subtracted.
    **kwargs
        How pictures are changed, `resize`, `rand_crop` and so on, see
        :class:`~mxnet.io.records.changes.Changes`; and how they are normalised, `mean_r`, `std_r`, `scale`,
        `rand_mirror` and so on, see :class:`~mxnet.io.records.numbers.Numbers`.
    """

    def __init__(
        self,
        path_imgrec: str = "",
        data_shape: Any = (),
        batch_size: int = 0,
        path_imglist: str = "",
        path_imgidx: str = "",
        label_width: int = 1,
        shuffle: bool = False,
        seed: int = 0,
        seed_aug: int | None = None,
        num_parts: int = 1,
        part_index: int = 0,
        round_batch: bool = True,
        preprocess_threads: int = 4,
        prefetch_buffer: int = 4,
        data_name: str = "data",
        label_name: str = "softmax_label",
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        shape, size, width = shape_of(data_shape), int(batch_size), int(label_width)
        if size < 1:
            raise DataError(f"A batch holds at least one picture, got batch_size={batch_size}.")
        kind = np.dtype(dtype or "float32")
        if kind not in (np.dtype("uint8"), np.dtype("int8")) and kind.kind != "f":
            raise DataError(f"Pictures may be of floats, uint8 or int8, got dtype={dtype!r}.")
        changes, numbers = made_of(Changes, kwargs), made_of(Numbers, kwargs)
        warn_of_unknown("ImageRecordIter", kwargs, Changes, Numbers)
        files = PictureFiles(path_imgrec, path_imgidx, path_imglist, int(num_parts), int(part_index))
        super().__init__(
            _Maker(files, shape, width, size, kind, changes, numbers),
            len(files),
            DataDesc(data_name, (size, *shape), kind.type),
            DataDesc(label_name, (size, width) if width > 1 else (size,)),
            round_batch=bool(round_batch),
            shuffle=bool(shuffle),
            seed=int(seed),
            seed_aug=None if seed_aug is None else int(seed_aug),
            threads=int(preprocess_threads),
            ahead=int(prefetch_buffer),
        )


def ImageRecordUInt8Iter(*args: Any, **kwargs: Any) -> Any:
    """Yield batches of pictures as they are, of uint8; parameters as of `ImageRecordIter`."""
    return ImageRecordIter(*args, **{**kwargs, "dtype": "uint8"})


def ImageRecordInt8Iter(*args: Any, **kwargs: Any) -> Any:
    """Yield batches of pictures of int8, less the mean; parameters as of `ImageRecordIter`."""
    return ImageRecordIter(*args, **{**kwargs, "dtype": "int8"})


ImageRecordIter_v1 = ImageRecordIter
ImageRecordUInt8Iter_v1 = ImageRecordUInt8Iter
