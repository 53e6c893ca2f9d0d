"""Iterators over record files of pictures: reading, changing, normalising, and making batches ahead."""

from __future__ import annotations

from mxnet.io.records.boxes import ImageDetRecordIter
from mxnet.io.records.pictures import (
    ImageRecordInt8Iter,
    ImageRecordIter,
    ImageRecordIter_v1,
    ImageRecordUInt8Iter,
    ImageRecordUInt8Iter_v1,
)

__all__ = [
    "ImageDetRecordIter",
    "ImageRecordInt8Iter",
    "ImageRecordIter",
    "ImageRecordIter_v1",
    "ImageRecordUInt8Iter",
    "ImageRecordUInt8Iter_v1",
]
