"""`ImageIter`, which reads pictures from record files or lists of files, and applies augmenters."""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from mxnet import ndarray as nd
from mxnet import recordio
from mxnet.errors import add_note
from mxnet.files import read_file
from mxnet.image.augmenters import Augmenter, CreateAugmenter
from mxnet.image.errors import ImageUseError, ImageValueError
from mxnet.image.functions import imdecode
from mxnet.io.io import DataBatch, DataDesc, DataIter
from mxnet.ndarray import NDArray

__all__ = ["ImageIter"]

_LABEL_DTYPES = ("int32", "float32", "int64", "float64")

Sample = tuple[NDArray, NDArray]
"""An image (channels, height, width) and its label."""


class ImageIter(DataIter):
    """Yields batches of pictures from a record file, a list of files or a folder, changed by augmenters.

    A subclass may override how samples are found (`next_sample`, `read_image`), decoded (`imdecode`), changed
    (`augmentation_transform`) and laid out (`postprocess_data`).

    Parameters
    ----------
    batch_size : int
    data_shape : tuple of int
        ``(3, height, width)``, of what the augmenters return.
    label_width : int, default 1
        How many numbers a label has.
    path_imgrec : str, optional
        A record file; with one of `path_imglist` and `imglist`, labels are those of the list.
    path_imglist : str, optional
        A file of lines with tabs between: key, labels, path.
    path_root : str, optional
        The folder of the list's paths.
    path_imgidx : str, optional
        The index of the record file, which shuffling and parts need.
    shuffle : bool
        Whether each epoch goes through the samples in another order, by Python's `random`.
    part_index, num_parts : int
        Take one of several equal parts of the samples.
    aug_list : list of Augmenter, optional
        What changes the pictures; `CreateAugmenter` makes it of `kwargs` otherwise.
    imglist : list, optional
        Lists of labels and a path: ``[[0, "a.png"], [1, 2, "b.png"]]``.
    data_name, label_name : str
    dtype : str, default 'float32'
        Of the labels. As in MXNet, batches are of float32 all the same.
    last_batch_handle : {'pad', 'discard', 'roll_over'}
        What becomes of samples that do not fill a batch: filled up from the start, left out, or kept for the
        next epoch.
    **kwargs
        Parameters of `CreateAugmenter`.
    """

    def __init__(
        self,
        batch_size: int,
        data_shape: Sequence[int],
        label_width: int = 1,
        path_imgrec: str | None = None,
        path_imglist: str | None = None,
        path_root: str | None = None,
        path_imgidx: str | None = None,
        shuffle: bool = False,
        part_index: int = 0,
        num_parts: int = 1,
        aug_list: Sequence[Augmenter] | None = None,
        imglist: Sequence[Sequence[Any]] | None = None,
        data_name: str = "data",
        label_name: str = "softmax_label",
        dtype: str = "float32",
        last_batch_handle: str = "pad",
        **kwargs: Any,
    ) -> None:
        super().__init__(batch_size)
        if not (path_imgrec or path_imglist or isinstance(imglist, list)):
            raise ImageUseError("ImageIter needs one of path_imgrec, path_imglist and imglist.")
        if dtype not in _LABEL_DTYPES:
            raise ImageUseError(
                f"{dtype} label not supported: the dtype of labels is one of {_LABEL_DTYPES}."
            )
        if last_batch_handle not in {"pad", "discard", "roll_over"}:
            raise ImageValueError(
                f"last_batch_handle is 'pad', 'discard' or 'roll_over', got {last_batch_handle!r}."
            )
        self.check_data_shape(data_shape)
        self.path_root = path_root
        self.shuffle = shuffle
        self.data_shape = tuple(data_shape)
        self.label_width = label_width
        self.last_batch_handle = last_batch_handle
        self.imglist: dict[Any, tuple[NDArray, str]] | None = None
        self.imgrec: Any = None
        self.imgidx: list[Any] | None = None
        self.seq: list[Any] | None = self._open(path_imgrec, path_imgidx, path_imglist, imglist)
        if self.seq is None and (shuffle or num_parts > 1):
            raise ImageUseError("A record file is shuffled or read in parts by its index: give path_imgidx.")
        if self.seq is not None and num_parts > 1:
            if not 0 <= part_index < num_parts:
                raise ImageUseError(f"part_index is 0 to num_parts - 1, got {part_index} of {num_parts}.")
            count = len(self.seq) // num_parts
            self.seq = self.seq[part_index * count : (part_index + 1) * count]
        self.num_image = None if self.seq is None else len(self.seq)
        self.auglist: Sequence[Any] = CreateAugmenter(data_shape, **kwargs) if aug_list is None else aug_list
        self.provide_data = [DataDesc(data_name, (batch_size, *self.data_shape))]
        label_shape = (batch_size, label_width) if label_width > 1 else (batch_size,)
        self.provide_label = [DataDesc(label_name, label_shape)]
        self.cur = 0
        self._left_over: list[Any] = []
        self._ended = False
        self.reset()

    def _open(
        self,
        path_imgrec: str | None,
        path_imgidx: str | None,
        path_imglist: str | None,
        imglist: Sequence[Sequence[Any]] | None,
    ) -> list[Any] | None:
        """Open what holds the samples; return their keys, in order, if these are known."""
        if path_imglist:
            listed = recordio.read_image_list(path_imglist)
            self.imglist = {key: (nd.array(label), name) for key, (label, name) in listed.items()}
        elif isinstance(imglist, list):
            self.imglist = {
                str(i): (nd.array(np.ravel(entry[:-1])), entry[-1]) for i, entry in enumerate(imglist, 1)
            }
        if path_imgrec and path_imgidx:
            self.imgrec = recordio.MXIndexedRecordIO(path_imgidx, path_imgrec, "r")
            self.imgidx = list(self.imgrec.keys)
            return self.imgidx
        if path_imgrec:
            self.imgrec = recordio.MXRecordIO(path_imgrec, "r")
            return None
        assert self.imglist is not None
        return list(self.imglist)

    def reset(self) -> None:
        """Start a new epoch."""
        if self.seq is not None and self.shuffle:
            random.shuffle(self.seq)
        self._rewind()
        self._ended = False

    def hard_reset(self) -> None:
        """Start a new epoch, without the samples that ``roll_over`` has kept."""
        self._left_over = []
        self.reset()

    def _rewind(self) -> None:
        if self.imgrec is not None:
            self.imgrec.reset()
        self.cur = 0

    def next_sample(self) -> tuple[Any, Any]:
        """Return the label and the file of the next sample; raise `StopIteration` at the end."""
        if self.seq is None:
            record = self.imgrec.read()
            if record is None:
                raise StopIteration
            header, encoded = recordio.unpack(record)
            return (header.label if self.imglist is None else self._listed(header.id)[0]), encoded
        if self.cur >= len(self.seq):
            raise StopIteration
        key = self.seq[self.cur]
        self.cur += 1
        if self.imgrec is None:
            label, name = self._listed(key)
            return label, self.read_image(name)
        header, encoded = recordio.unpack(self.imgrec.read_idx(key))
        return (header.label if self.imglist is None else self._listed(key)[0]), encoded

    def _listed(self, key: Any) -> tuple[NDArray, str]:
        assert self.imglist is not None
        if key not in self.imglist:
            raise ImageValueError(f"The record {key!r} is not in the list of images.")
        return self.imglist[key]

    def _next_changed(self) -> Any:
        """Return the next sample as it goes into a batch."""
        while True:
            label, encoded = self.next_sample()
            image = self.imdecode(encoded)
            try:
                self.check_valid_image([image])
            except RuntimeError as error:
                logging.getLogger().debug("Invalid image, skipping: %s", error)
                continue
            return self.postprocess_data(self.augmentation_transform(image)), label

    def next(self) -> DataBatch:
        """Return the next batch."""
        if self._ended:
            raise StopIteration
        samples, self._left_over = self._left_over, []
        kept = len(samples)
        pad = self.batch_size - kept if kept else 0  # MXNet takes what follows the kept samples for filling
        if self._fill(samples):
            if not samples:
                raise StopIteration
            self._ended = True
            pad = self.batch_size - len(samples)
            if self.last_batch_handle == "discard":
                raise StopIteration
            if self.last_batch_handle == "roll_over":
                self._left_over = samples
                raise StopIteration
            while self._fill(samples):
                self._rewind()
        return self._batch(samples, pad)

    def _fill(self, samples: list[Any]) -> bool:
        """Add samples until there are enough for a batch; return whether they came to an end before."""
        try:
            while len(samples) < self.batch_size:
                samples.append(self._next_changed())
        except StopIteration:
            return True
        return False

    def _batch(self, samples: Sequence[Any], pad: int) -> DataBatch:
        data = nd.zeros(self.provide_data[0].shape)
        label = nd.zeros(self.provide_label[0].shape)
        for i, (image, given) in enumerate(samples):
            self._expect_shape(image)
            data[i] = image
            label[i] = given
        return DataBatch([data], [label], pad=pad)

    def _expect_shape(self, image: NDArray) -> None:
        if image.shape != self.data_shape:
            raise ImageValueError(
                f"The augmenters made an image of shape {image.shape}, but data_shape is {self.data_shape}."
            )

    def check_data_shape(self, data_shape: Sequence[int]) -> None:
        """Raise if a shape is not (3, height, width)."""
        if len(data_shape) != 3:
            raise ImageValueError(f"data_shape must be (channels, height, width), got {tuple(data_shape)}.")
        if data_shape[0] != 3:
            raise ImageValueError(f"Images have 3 channels here, but data_shape is {tuple(data_shape)}.")

    def check_valid_image(self, data: Sequence[NDArray]) -> None:
        """Raise a `RuntimeError` if there is no image; the sample is then left out."""
        if len(data[0].shape) == 0:
            raise ImageValueError("Data shape is wrong")

    def imdecode(self, s: Any) -> NDArray:
        """Return the image that a file's bytes hold."""
        try:
            return imdecode(s)
        except Exception as error:
            add_note(error, f"It is the image {self._where()}.")
            raise

    def _where(self) -> str:
        if self.seq is None:
            return "of the record that was read last"
        key = self.seq[self.cur - 1]
        return f"{self._listed(key)[1]!r}" if self.imgrec is None else f"of the record {key!r}"

    def read_image(self, fname: str) -> bytes:
        """Return the bytes of a file of the list."""
        return read_file(os.path.join(self.path_root or "", fname))

    def augmentation_transform(self, data: NDArray) -> NDArray:
        """Return an image changed by all augmenters."""
        for augmenter in self.auglist:
            data = augmenter(data)
        return data

    def postprocess_data(self, datum: NDArray) -> NDArray:
        """Return an image with channels first."""
        moved: NDArray = nd.transpose(datum, axes=(2, 0, 1))
        return moved
