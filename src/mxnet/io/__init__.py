"""Data iterators: batches of data and labels from arrays and files."""

from __future__ import annotations

from mxnet.historic import lend
from mxnet.io.files import CSVIter, LibSVMIter, MNISTIter, MXDataIter
from mxnet.io.io import DataBatch, DataDesc, DataIter, NDArrayIter, PrefetchingIter, ResizeIter

__all__ = [
    "CSVIter",
    "DataBatch",
    "DataDesc",
    "DataIter",
    "LibSVMIter",
    "MNISTIter",
    "MXDataIter",
    "NDArrayIter",
    "PrefetchingIter",
    "ResizeIter",
]


lend(__name__)
