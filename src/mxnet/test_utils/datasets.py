"""Fetching files and the MNIST data set for tests and examples."""

from __future__ import annotations

import bz2
import logging
import shutil
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet.files import FileAccessError, atomic_write
from mxnet.io import MNISTIter

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["download", "get_bz2_data", "get_mnist", "get_mnist_iterator", "get_mnist_ubyte", "get_zip_data"]

MNIST_URL = "https://ossci-datasets.s3.amazonaws.com/mnist/"
_MNIST_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def download(
    url: str, fname: str | None = None, dirname: str | None = None, overwrite: bool = False, retries: int = 5
) -> str:
    """Fetch a file.

    Parameters
    ----------
    url : str
    fname : str, optional
        Where to put it; by default the last part of `url`.
    dirname : str, optional
        The folder to put it in, made if there is none.
    overwrite : bool
        Whether to fetch a file that is there already.
    retries : int
        How often to try.

    Returns
    -------
    str
        Where the file is.
    """
    target = Path(fname or Path(urllib.parse.urlparse(url).path).name)
    if dirname is not None:
        target = Path(dirname) / target.name
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists() and not overwrite:
        logging.info("%s is there already, so it is not fetched", target)  # noqa: LOG015 - as MXNet
        return str(target)
    for left in reversed(range(max(retries, 1))):
        try:
            with urllib.request.urlopen(url) as source, atomic_write(target) as file:  # noqa: S310 - the user's URL
                shutil.copyfileobj(source, file)
        except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
            if not left:
                raise FileAccessError(None, f"Cannot fetch {url!r}: {error}.") from None
            logging.info("Cannot fetch %s (%s), trying again", url, error)  # noqa: LOG015 - as MXNet
        else:
            break
    return str(target)


def get_zip_data(data_dir: str, url: str, data_origin_name: str) -> None:
    """Fetch a zip file into a folder, and unpack it there."""
    path = download(url, data_origin_name, data_dir)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(data_dir)


def get_bz2_data(data_dir: str, data_name: str, url: str, data_origin_name: str) -> None:
    """Fetch a bz2 file into a folder, and unpack it there as `data_name`."""
    target = Path(data_dir) / data_name
    if target.exists():
        return
    path = download(url, data_origin_name, data_dir)
    with bz2.open(path) as source, atomic_write(target) as file:
        shutil.copyfileobj(source, file)
    Path(path).unlink()


def get_mnist_ubyte(path: str = "data") -> list[str]:
    """Fetch the four files of MNIST into a folder and return where they are."""
    return [download(f"{MNIST_URL}{name}.gz", f"{name}.gz", path) for name in _MNIST_FILES]


def get_mnist(path: str = "data") -> dict[str, np.ndarray[Any, Any]]:
    """Fetch MNIST as numpy arrays.

    Returns
    -------
    dict of str to numpy array
        ``train_data``, ``train_label``, ``test_data`` and ``test_label``; pixels are from 0 to 1.
    """
    from mxnet.io.files import read_idx

    train_data, train_label, test_data, test_label = (
        read_idx(name, dimensions)
        for name, dimensions in zip(get_mnist_ubyte(path), (3, 1, 3, 1), strict=True)
    )
    return {
        "train_data": train_data[:, None].astype("float32") / 255,
        "train_label": train_label.astype("int32"),
        "test_data": test_data[:, None].astype("float32") / 255,
        "test_label": test_label.astype("int32"),
    }


def get_mnist_iterator(
    batch_size: int, input_shape: Sequence[int], num_parts: int = 1, part_index: int = 0
) -> tuple[MNISTIter, MNISTIter]:
    """Return iterators over MNIST's training and test data.

    Parameters
    ----------
    batch_size : int
    input_shape : tuple of int
        Of a sample; a shape of one dimension makes flat samples.
    num_parts, part_index : int
        Take one of several equal parts of the samples.
    """
    train_image, train_label, test_image, test_label = get_mnist_ubyte()
    flat = len(input_shape) != 3
    shared: dict[str, Any] = {
        "batch_size": batch_size,
        "flat": flat,
        "num_parts": num_parts,
        "part_index": part_index,
    }
    return (
        MNISTIter(image=train_image, label=train_label, shuffle=True, **shared),
        MNISTIter(image=test_image, label=test_label, shuffle=False, **shared),
    )
