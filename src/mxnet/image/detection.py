"""`ImageDetIter`, which reads pictures with boxes of objects; and, as in MXNet, the augmenters for these."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from mxnet import ndarray as nd
from mxnet.image.augmenters import Augmenter
from mxnet.image.boxes import (
    CreateDetAugmenter,
    CreateMultiRandCropAugmenter,
    DetAugmenter,
    DetBorrowAug,
    DetHorizontalFlipAug,
    DetRandomCropAug,
    DetRandomPadAug,
    DetRandomSelectAug,
)
from mxnet.image.errors import ImageUseError, ImageValueError
from mxnet.image.iterators import ImageIter
from mxnet.io.io import DataBatch, DataDesc
from mxnet.ndarray import NDArray
from mxnet.ops.tools.opencv import opencv

__all__ = [
    "CreateDetAugmenter",
    "CreateMultiRandCropAugmenter",
    "DetAugmenter",
    "DetBorrowAug",
    "DetHorizontalFlipAug",
    "DetRandomCropAug",
    "DetRandomPadAug",
    "DetRandomSelectAug",
    "ImageDetIter",
]

_EMPTY = -1.0
"""What rows of a label hold where an image has fewer objects than another."""


class ImageDetIter(ImageIter):
    """Yields batches of pictures with the boxes of their objects.

    A label in a file is flat: how many numbers its head has, how many numbers an object has, the rest of the
    head, and then objects (class, left, upper, right, lower edge, ...). Those of a batch have the shape
    (batch, objects, numbers of an object), filled up with -1.

    Parameters
    ----------
    batch_size, data_shape, path_imgrec, path_imglist, path_root, path_imgidx, shuffle, part_index, num_parts
        As of `ImageIter`.
    aug_list : list of DetAugmenter or Augmenter, optional
        What changes the pictures; `CreateDetAugmenter` makes it of `kwargs` otherwise.
    imglist, data_name, label_name, last_batch_handle
        As of `ImageIter`.
    **kwargs
        Parameters of `CreateDetAugmenter`.
    """

    def __init__(
        self,
        batch_size: int,
        data_shape: Sequence[int],
        path_imgrec: str | None = None,
        path_imglist: str | None = None,
        path_root: str | None = None,
        path_imgidx: str | None = None,
        shuffle: bool = False,
        part_index: int = 0,
        num_parts: int = 1,
        aug_list: Sequence[DetAugmenter | Augmenter] | None = None,
        imglist: Sequence[Sequence[Any]] | None = None,
        data_name: str = "data",
        label_name: str = "label",
        last_batch_handle: str = "pad",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            batch_size=batch_size,
            data_shape=data_shape,
            path_imgrec=path_imgrec,
            path_imglist=path_imglist,
            path_root=path_root,
            path_imgidx=path_imgidx,
            shuffle=shuffle,
            part_index=part_index,
            num_parts=num_parts,
            aug_list=[],
            imglist=imglist,
            data_name=data_name,
            label_name=label_name,
            last_batch_handle=last_batch_handle,
        )
        self.auglist = CreateDetAugmenter(data_shape, **kwargs) if aug_list is None else aug_list
        self.label_shape = self._estimate_label_shape()
        self.provide_label = [DataDesc(label_name, (batch_size, *self.label_shape))]

    def _estimate_label_shape(self) -> tuple[int, int]:
        """Return the largest number of objects, and how many numbers each has, by looking at all labels."""
        objects, width = 0, 5
        try:
            while True:
                label = self._parse_label(self.next_sample()[0])
                objects, width = max(objects, label.shape[0]), label.shape[1]
        except StopIteration:
            self.reset()
        return objects, width

    def _parse_label(self, label: Any) -> Any:
        """Return a label of a file as an array (objects, numbers of an object)."""
        flat = np.ravel(label.asnumpy() if isinstance(label, NDArray) else label)
        if flat.size < 7:
            raise ImageValueError(
                "A label for detection has a head of two numbers at least, and five for an object, got "
                f"{flat.tolist()}."
            )
        head, width = int(flat[0]), int(flat[1])
        if head < 2 or width < 5 or (flat.size - head) % width:
            raise ImageValueError(
                f"A label states a head of {head} numbers and objects of {width} (5 at least), but has "
                f"{flat.size} numbers."
            )
        objects = flat[head:].reshape(-1, width)
        kept = objects[(objects[:, 3] > objects[:, 1]) & (objects[:, 4] > objects[:, 2])]
        if not len(kept):
            raise ImageValueError("A label has no object whose edges are in order.")
        return kept

    def _check_valid_label(self, label: Any) -> None:
        if label.ndim != 2 or label.shape[1] < 5:
            raise ImageValueError(f"A label of shape {label.shape} is none of (objects, 5 or more).")
        valid = (label[:, 0] >= 0) & (label[:, 3] > label[:, 1]) & (label[:, 4] > label[:, 2])
        if not valid.any():
            raise ImageValueError("No object is left in a label.")

    def _next_changed(self) -> Any:
        while True:
            given, encoded = self.next_sample()
            image = self.imdecode(encoded)
            try:
                self.check_valid_image([image])
                image, label = self.augmentation_transform(image, self._parse_label(given))
                self._check_valid_label(label)
            except RuntimeError as error:
                logging.getLogger().debug("Invalid image, skipping: %s", error)
                continue
            return self.postprocess_data(image), label

    def _batch(self, samples: Sequence[Any], pad: int) -> DataBatch:
        data = nd.zeros(self.provide_data[0].shape)
        labels = np.full(self.provide_label[0].shape, _EMPTY, "float32")
        for i, (image, label) in enumerate(samples):
            self._expect_shape(image)
            data[i] = image
            labels[i, : len(label)] = label
        return DataBatch([data], [nd.array(labels)], pad=pad)

    def augmentation_transform(self, data: NDArray, label: Any) -> tuple[NDArray, Any]:  # type: ignore[override]
        """Return an image and its label, changed by all augmenters."""
        for augmenter in self.auglist:
            data, label = augmenter(data, label)
        return data, label

    def reshape(
        self, data_shape: Sequence[int] | None = None, label_shape: Sequence[int] | None = None
    ) -> None:
        """Change the shape of images, as the augmenters return them, or of labels, to more objects."""
        if data_shape is not None:
            self.check_data_shape(data_shape)
            self.data_shape = tuple(data_shape)
            name = self.provide_data[0].name
            self.provide_data = [DataDesc(name, (self.batch_size, *self.data_shape))]
        if label_shape is not None:
            self.check_label_shape(label_shape)
            self.label_shape = (label_shape[0], label_shape[1])
            name = self.provide_label[0].name
            self.provide_label = [DataDesc(name, (self.batch_size, *self.label_shape))]

    def check_label_shape(self, label_shape: Sequence[int]) -> None:
        """Raise if labels of this iterator do not fit into a shape."""
        if len(label_shape) != 2:
            raise ImageValueError(
                f"label_shape is (objects, numbers of an object), got {tuple(label_shape)}."
            )
        if label_shape[0] < self.label_shape[0]:
            raise ImageValueError(
                f"There are up to {self.label_shape[0]} objects, which do not fit into label_shape="
                f"{tuple(label_shape)}."
            )
        if label_shape[1] != self.label_shape[1]:
            raise ImageValueError(
                f"An object has {self.label_shape[1]} numbers, which does not fit label_shape="
                f"{tuple(label_shape)}."
            )

    def sync_label_shape(self, it: ImageDetIter, verbose: bool = False) -> ImageDetIter:
        """Give this iterator and another one (of validation, say) the larger of their label shapes.

        Parameters
        ----------
        it : ImageDetIter
        verbose : bool
            Whether changes are logged.

        Returns
        -------
        ImageDetIter
            The other one.
        """
        if not isinstance(it, ImageDetIter):
            raise ImageUseError(f"sync_label_shape takes another ImageDetIter, got {type(it).__name__}.")
        objects = max(self.label_shape[0], it.label_shape[0])
        for each in (self, it):
            if each.label_shape[0] < objects:
                if verbose:
                    logging.getLogger().info(
                        "Resized label_shape from %s to %d objects.", each.label_shape, objects
                    )
                each.reshape(label_shape=(objects, each.label_shape[1]))
        return it

    def draw_next(
        self,
        color: Sequence[int] | None = None,
        thickness: int = 2,
        mean: Any = None,
        std: Any = None,
        clip: bool = True,
        waitKey: int | None = None,  # noqa: N803 - MXNet's name
        window_name: str = "draw_next",
        id2labels: Any = None,
    ) -> Iterator[Any]:
        """Yield the pictures of one epoch as numpy arrays with the boxes drawn on them, red first.

        Parameters
        ----------
        color : tuple of int, optional
            Of the boxes; a random one for each otherwise.
        thickness : int
        mean, std : array or True, optional
            What the augmenters have normalised by; True is for ImageNet's.
        clip : bool
            Whether colours beyond 0 to 255 are cut.
        waitKey : int, optional
            Show each in a window for so many milliseconds (0: until a key is pressed), where OpenCV can.
        window_name : str
        id2labels : dict or list, optional
            Names of the classes, to be written beside the boxes.
        """
        cv2 = opencv("Drawing boxes")
        usual = CreateDetAugmenter((3, 1, 1), mean=mean, std=std)[-1]
        shown = usual.augmenter if isinstance(usual, DetBorrowAug) else None
        factor, offset = getattr(shown, "std", None), getattr(shown, "mean", None)
        for batch in self:
            for i in range(self.batch_size - (batch.pad or 0)):
                image = batch.data[0][i].asnumpy().transpose(1, 2, 0)  # type: ignore[index]
                image = image if factor is None else image * factor.asnumpy()
                image = image if offset is None else image + offset.asnumpy()
                image = np.clip(image, 0, 255) if clip else image
                drawn = np.ascontiguousarray(image.round().astype("uint8"))
                for row in batch.label[0][i].asnumpy():  # type: ignore[index]
                    if row[0] >= 0:
                        self._draw(cv2, drawn, row, color, thickness, id2labels)
                if waitKey is not None:
                    cv2.imshow(window_name, drawn[:, :, ::-1])
                    cv2.waitKey(waitKey)
                yield drawn

    @staticmethod
    def _draw(cv2: Any, image: Any, row: Any, color: Any, thickness: int, names: Any) -> None:
        height, width = image.shape[:2]
        left, upper, right, lower = (row[1:5] * (width, height, width, height)).astype(int).tolist()
        shade = np.random.randint(0, 256, 3).tolist() if color is None else tuple(color)  # noqa: NPY002
        cv2.rectangle(image, (left, upper), (right, lower), shade, thickness)
        if names is not None:
            name = str(names[int(row[0])])
            cv2.putText(image, name, (left + 5, upper + 20), cv2.FONT_HERSHEY_SIMPLEX, 0.5, shade, 1)
