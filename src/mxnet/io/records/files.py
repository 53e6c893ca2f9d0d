"""The pictures of record files: where each begins, which part of them is ours, and their labels."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import numpy as np

from mxnet.errors import FileFormatError
from mxnet.files import FileMissingError
from mxnet.io.io import DataError
from mxnet.ops.tools.opencv import decode_as, opencv
from mxnet.recordio import IRHeader, Records, count_labels, read_image_list, read_index, unpack

__all__ = ["EncodedPicture", "PictureFiles"]


class EncodedPicture(NamedTuple):
    """A picture as a record holds it."""

    source: str
    header: IRHeader
    labels: Any
    encoded: bytes

    def decode(self, channels: int) -> Any:
        """Return an array (height, width, channels) of uint8, red first.

        Raises
        ------
        FileFormatError
            If OpenCV cannot read it.
        """
        cv2 = opencv("Decoding images")
        as_held = cv2.IMREAD_IGNORE_ORIENTATION
        flags = {
            1: cv2.IMREAD_GRAYSCALE | as_held,
            3: cv2.IMREAD_COLOR_RGB | as_held,
            4: cv2.IMREAD_UNCHANGED,
        }[channels]
        picture = decode_as(self.encoded, flags, self.source)
        if picture.ndim == 2:
            picture = picture[..., None]
        if picture.shape[2] != channels:
            raise FileFormatError(
                f"{self.source} has {picture.shape[2]} channels, but data_shape asks for {channels}."
            )
        return cv2.cvtColor(picture, cv2.COLOR_BGRA2RGBA) if channels == 4 else picture


class PictureFiles:
    """The pictures of one or more record files, or of one of several parts of them.

    Parameters
    ----------
    path_imgrec : str
        A record file, several with semicolons between, or a folder of them.
    path_imgidx : str
        The index of a single file, if there is one.
    path_imglist : str
        A list with labels that take the place of those in the records.
    num_parts, part_index : int
        Take one of several parts: of equal bytes, or with an index of equal numbers of pictures.
    """

    def __init__(
        self,
        path_imgrec: str,
        path_imgidx: str = "",
        path_imglist: str = "",
        num_parts: int = 1,
        part_index: int = 0,
    ) -> None:
        if not path_imgrec:
            raise DataError("path_imgrec, a record file, must be given.")
        if not 0 <= part_index < num_parts:
            raise DataError(f"part_index is 0 to num_parts - 1, got {part_index} of {num_parts}.")
        self.path = path_imgrec
        self._list = read_image_list(path_imglist) if path_imglist else None
        self._list_path = path_imglist
        self._files = [Records(path) for path in _paths(path_imgrec)]
        self._where = self._places(path_imgidx, num_parts, part_index)
        if not len(self._where):
            part = f"part {part_index} of {num_parts} of " if num_parts > 1 else ""
            raise DataError(f"There are no records in {part}{path_imgrec!r}.")

    def _places(self, path_imgidx: str, parts: int, part: int) -> Any:
        """Return file and offset of each of our records."""
        if path_imgidx:
            offsets = sorted(read_index(path_imgidx).values())
            size = -(-len(offsets) // parts)
            return np.array([(0, offset) for offset in offsets[part * size : (part + 1) * size]]).reshape(
                -1, 2
            )
        starts = np.cumsum([0, *(file.size for file in self._files)])
        size = (-(-int(starts[-1]) // parts) + 3) // 4 * 4
        places = [
            (number, offset)
            for number, file in enumerate(self._files)
            for offset in file.offsets()
            if parts == 1 or part * size <= starts[number] + offset < (part + 1) * size
        ]
        return np.array(places, "int64").reshape(-1, 2)

    def __len__(self) -> int:
        return len(self._where)

    def source(self, row: int) -> str:
        """Return which record a picture is, for errors."""
        number, offset = map(int, self._where[row])
        return f"The record at byte {offset} of {self._files[number].path!r}"

    def count_labels(self, row: int) -> int:
        """Return how many labels a picture has, without reading the picture if they are in its record."""
        if self._list is not None:
            return len(self[row].labels)
        number, offset = map(int, self._where[row])
        return count_labels(self._files[number].begin(offset, 24))

    def __getitem__(self, row: int) -> EncodedPicture:
        number, offset = map(int, self._where[row])
        header, encoded = unpack(self._files[number].read(offset)[0])
        source = self.source(row)
        labels = np.atleast_1d(np.asarray(header.label, "float32"))
        if self._list is not None:
            if header.id not in self._list:
                raise FileFormatError(
                    f"{source} has the number {header.id}, which {self._list_path!r} lacks."
                )
            labels = self._list[header.id][0]
        return EncodedPicture(source, header, labels, encoded)


def _paths(path: str) -> list[str]:
    if os.path.isdir(path):
        return [os.path.join(path, name) for name in sorted(os.listdir(path)) if name.endswith(".rec")]
    paths = [each.strip() for each in path.split(";") if each.strip()]
    for each in paths:
        if not os.path.exists(each):
            raise FileMissingError(2, f"There is no record file {each!r}.")
    return paths
