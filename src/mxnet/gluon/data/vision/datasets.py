"""Data sets of pictures: MNIST, CIFAR, folders and record files."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from mxnet import image, recordio
from mxnet import ndarray as nd
from mxnet.base import data_dir
from mxnet.caller import warn
from mxnet.errors import FileFormatError
from mxnet.files import access_error
from mxnet.gluon.data.dataset import Dataset, RecordFileDataset
from mxnet.gluon.data.downloads import DownloadedDataset, Published, file_of, files_of_archive
from mxnet.io.files import read_idx

__all__ = ["CIFAR10", "CIFAR100", "MNIST", "FashionMNIST", "ImageFolderDataset", "ImageRecordDataset"]

Transform = Callable[..., Any]

_ENDINGS = (".jpg", ".jpeg", ".png")


def _folder(name: str) -> str:
    return os.path.join(data_dir(), "datasets", name)


class MNIST(DownloadedDataset):
    """Digits by hand, grey pictures (28, 28, 1) of uint8 with labels of int32; LeCun et al., 1998.

    Parameters
    ----------
    root : str
        The folder of the four files, compressed (``.gz``) or not; ``~/.mxnet/datasets/mnist`` by default.
    train : bool, default True
        Whether these are the 60,000 pictures for training, or the 10,000 for testing.
    transform : callable, optional
        Makes samples out of data and label: ``transform(data, label)``.
    """

    _namespace: ClassVar[str] = "mnist"
    _files: ClassVar[dict[bool, tuple[Published, Published]]] = {
        True: (
            Published("train-images-idx3-ubyte.gz", "6c95f4b05d2bf285e1bfb0e7960c31bd3b3f8a7d"),
            Published("train-labels-idx1-ubyte.gz", "2a80914081dc54586dbdf242f9805a6b8d2a15fc"),
        ),
        False: (
            Published("t10k-images-idx3-ubyte.gz", "c3a25af1f52dad7f726cce8cacb138654b760d48"),
            Published("t10k-labels-idx1-ubyte.gz", "763e7fa3757d93b0cdec073cef058b2004252c17"),
        ),
    }

    def __init__(
        self, root: str | None = None, train: bool = True, transform: Transform | None = None
    ) -> None:
        self._train = train
        super().__init__(_folder(self._namespace) if root is None else root, transform)

    def _get_data(self) -> None:
        images, labels = (file_of(self._root, self._namespace, each) for each in self._files[self._train])
        pixels, self._label = read_idx(images, 3), read_idx(labels, 1).astype("int32")
        if len(pixels) != len(self._label):
            raise FileFormatError(f"{images!r} has {len(pixels)} images, but {len(self._label)} labels.")
        self._data = nd.array(pixels[..., None], dtype="uint8")


class FashionMNIST(MNIST):
    """Articles of clothing, pictures as of `MNIST`; Xiao et al., 2017. Parameters as of `MNIST`."""

    _namespace = "fashion-mnist"
    _files: ClassVar[dict[bool, tuple[Published, Published]]] = {
        True: (
            Published("train-images-idx3-ubyte.gz", "0cf37b0d40ed5169c6b3aba31069a9770ac9043d"),
            Published("train-labels-idx1-ubyte.gz", "236021d52f1e40852b06a4c3008d8de8aef1e40b"),
        ),
        False: (
            Published("t10k-images-idx3-ubyte.gz", "626ed6a7c06dd17c0eec72fa3be1740f146a2863"),
            Published("t10k-labels-idx1-ubyte.gz", "17f9ab60e7257a1620f4ad76bbbaf857c3920701"),
        ),
    }


class CIFAR10(DownloadedDataset):
    """Pictures of ten kinds of things, (32, 32, 3) of uint8 with labels of int32; Krizhevsky, 2009.

    Parameters
    ----------
    root : str
        The folder of the files, or of their archive; ``~/.mxnet/datasets/cifar10`` by default.
    train : bool, default True
        Whether these are the 50,000 pictures for training, or the 10,000 for testing.
    transform : callable, optional
        Makes samples out of data and label: ``transform(data, label)``.
    """

    _namespace: ClassVar[str] = "cifar10"
    _archive: ClassVar[Published] = Published(
        "cifar-10-binary.tar.gz", "fab780a1e191a7eda0f345501ccd62d20f7ed891"
    )
    _names: ClassVar[dict[bool, list[str]]] = {
        True: [f"data_batch_{i}.bin" for i in range(1, 6)],
        False: ["test_batch.bin"],
    }
    _labels: ClassVar[int] = 1
    _label_at: int = 0

    def __init__(
        self, root: str | None = None, train: bool = True, transform: Transform | None = None
    ) -> None:
        self._train = train
        super().__init__(_folder(self._namespace) if root is None else root, transform)

    def _get_data(self) -> None:
        names, size = self._names[self._train], self._labels + 3 * 32 * 32
        rows = []
        for name, stored in zip(
            names, files_of_archive(self._root, self._namespace, self._archive, names), strict=True
        ):
            if not stored or len(stored) % size:
                raise FileFormatError(
                    f"{name} of {self._namespace} has {len(stored)} bytes, no multiple of {size}, which a "
                    "picture and its labels take."
                )
            rows.append(np.frombuffer(stored, "uint8").reshape(-1, size))
        table = np.concatenate(rows)
        pixels = table[:, self._labels :].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        self._data = nd.array(np.ascontiguousarray(pixels), dtype="uint8")
        self._label = table[:, self._label_at].astype("int32")


class CIFAR100(CIFAR10):
    """Pictures of a hundred kinds of things, as of `CIFAR10`.

    Parameters
    ----------
    root : str
        The folder of the files, or of their archive; ``~/.mxnet/datasets/cifar100`` by default.
    fine_label : bool, default False
        Whether labels are the hundred kinds, or twenty groups of them.
    train, transform
        As of `CIFAR10`.
    """

    _namespace = "cifar100"
    _archive = Published("cifar-100-binary.tar.gz", "a0bb982c76b83111308126cc779a992fa506b90b")
    _names: ClassVar[dict[bool, list[str]]] = {True: ["train.bin"], False: ["test.bin"]}
    _labels = 2

    def __init__(
        self,
        root: str | None = None,
        fine_label: bool = False,
        train: bool = True,
        transform: Transform | None = None,
    ) -> None:
        self._label_at = int(fine_label)
        super().__init__(root, train, transform)


class ImageRecordDataset(RecordFileDataset):
    """The pictures of a record file with an index beside it, and their labels.

    Parameters
    ----------
    filename : str
        The record file.
    flag : {1, 0}
        Whether pictures have three colours, or are grey.
    transform : callable, optional
        Makes samples out of data and label: ``transform(data, label)``.
    """

    def __init__(self, filename: str, flag: int = 1, transform: Transform | None = None) -> None:
        super().__init__(filename)
        self._flag = flag
        self._transform = transform

    def __getitem__(self, idx: int) -> Any:
        header, encoded = recordio.unpack(super().__getitem__(idx))
        data = image.imdecode(encoded, self._flag)
        return (data, header.label) if self._transform is None else self._transform(data, header.label)


class ImageFolderDataset(Dataset):
    """The pictures in the folders of a folder, each of which is a label: ``root/cat/1.jpg``.

    Parameters
    ----------
    root : str
        The folder of folders.
    flag : {1, 0}
        Whether pictures have three colours, or are grey.
    transform : callable, optional
        Makes samples out of data and label: ``transform(data, label)``.

    Attributes
    ----------
    synsets : list of str
        The names of the folders, by label.
    items : list of tuple
        The path and the label of each picture.
    """

    def __init__(self, root: str, flag: int = 1, transform: Transform | None = None) -> None:
        self._root = os.path.expanduser(root)
        self._flag = flag
        self._transform = transform
        self._exts = list(_ENDINGS)
        self.synsets: list[str] = []
        self.items: list[tuple[str, int]] = []
        try:
            for name in sorted(os.listdir(self._root)):
                self._add_folder(name)
        except OSError as error:
            raise access_error(error, f"Cannot read the folder {self._root!r}") from None

    def _add_folder(self, name: str) -> None:
        folder = os.path.join(self._root, name)
        if not os.path.isdir(folder):
            warn(f"Ignoring {folder}, which is not a directory.")
            return
        label = len(self.synsets)
        self.synsets.append(name)
        for file in sorted(os.listdir(folder)):
            path = os.path.join(folder, file)
            if os.path.splitext(file)[1].lower() in self._exts:
                self.items.append((path, label))
            else:
                warn(f"Ignoring {path}. Only {', '.join(self._exts)} are supported.")

    def __getitem__(self, idx: int) -> Any:
        path, label = self.items[idx]
        data = image.imread(path, self._flag)
        return (data, label) if self._transform is None else self._transform(data, label)

    def __len__(self) -> int:
        return len(self.items)
