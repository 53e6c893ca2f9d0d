"""Data sets and models for tests and examples: what lies where MXNet put it is used, the rest is fetched."""

from __future__ import annotations

import bz2
import gzip
import logging
import os
import pickle
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
from mxnet.io.files import read_idx

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Values = np.ndarray[Any, Any]

__all__ = [
    "download",
    "download_model",
    "get_bz2_data",
    "get_cifar10",
    "get_im2rec_path",
    "get_mnist",
    "get_mnist_iterator",
    "get_mnist_pkl",
    "get_mnist_ubyte",
    "get_zip_data",
]

_LOG = logging.getLogger("mxnet.test_utils")  # the root logger is the script's, to be set up as it likes

MNIST_URL = "https://ossci-datasets.s3.amazonaws.com/mnist/"
CIFAR10_URL = "http://data.mxnet.io/mxnet/data/cifar10.zip"
MODELS_URL = "http://data.mxnet.io/models/"

_DATA = Path("data")
_MNIST_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
_MODELS = {
    "imagenet1k-inception-bn": ("imagenet/inception-bn/Inception-BN", 126),
    **{
        f"imagenet1k-resnet-{n}": (f"imagenet/resnet/{n}-layers/resnet-{n}", 0)
        for n in (18, 34, 50, 101, 152)
    },
    **{f"imagenet1k-resnext-{n}": (f"imagenet/resnext/{n}-layers/resnext-{n}", 0) for n in (50, 101)},
    "imagenet1k-resnext-101-64x4d": ("imagenet/resnext/101-layers/resnext-101-64x4d", 0),
    "imagenet11k-resnet-152": ("imagenet-11k/resnet-152/resnet-152", 0),
    "imagenet11k-place365ch-resnet-152": ("imagenet-11k-place365-ch/resnet-152", 0),
    "imagenet11k-place365ch-resnet-50": ("imagenet-11k-place365-ch/resnet-50", 0),
}
"""Where a model lies and of which epoch it is, by the names of MXNet's model zoo of symbols."""


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
        _LOG.info("%s is there already, so it is not fetched", target)
        return str(target)
    for left in reversed(range(max(retries, 1))):
        try:
            with urllib.request.urlopen(url) as source, atomic_write(target) as file:  # noqa: S310 - the user's URL
                shutil.copyfileobj(source, file)
        except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
            if not left:
                raise FileAccessError(None, f"Cannot fetch {url!r}: {error}.") from None
            _LOG.info("Cannot fetch %s (%s), trying again", url, error)
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


# ----------------------------------------------------------------------------------------------------- MNIST


def get_mnist_ubyte() -> None:
    """Put the four files of MNIST into the folder ``data``, unpacked, unless they are there.

    They are unpacked from what lies in ``data`` or in the current folder, or fetched.
    """
    archive = _DATA / "mnist.zip"
    if archive.exists() and not all((_DATA / name).exists() for name in _MNIST_FILES):
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(_DATA)
    for name in _MNIST_FILES:
        target = _DATA / name
        if not target.exists():
            found = _mnist_file(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            with (
                gzip.open(found) if found.suffix else found.open("rb") as source,
                atomic_write(target) as file,
            ):
                shutil.copyfileobj(source, file)


def get_mnist() -> dict[str, Values]:
    """Return MNIST as numpy arrays, from files in the current folder or in ``data``, or fetched to the first.

    Returns
    -------
    dict of str to numpy array
        ``train_data`` and ``test_data``, float32 (n, 1, 28, 28) from 0 to 1; ``train_label`` and
        ``test_label``, int8 (n,).
    """
    train_data, train_label, test_data, test_label = (
        read_idx(str(_mnist_file(name)), 3 if "images" in name else 1) for name in _MNIST_FILES
    )
    return {
        "train_data": train_data[:, None].astype("float32") / 255,
        "train_label": train_label.astype("int8"),
        "test_data": test_data[:, None].astype("float32") / 255,
        "test_label": test_label.astype("int8"),
    }


def get_mnist_pkl() -> None:
    """Put ``mnist.pkl.gz`` into the folder ``data``, unless it is there, from the files of :func:`get_mnist`.

    It is a pickle of three pairs of arrays, for training, validation and test: flat float32 images from 0 to
    1, and int64 labels.
    """
    target = _DATA / "mnist.pkl.gz"
    if target.exists():
        return
    mnist = get_mnist()
    images, labels = mnist["train_data"], mnist["train_label"]
    kept = len(images) * 5 // 6  # 50,000 of 60,000
    pairs = [(images[:kept], labels[:kept]), (images[kept:], labels[kept:])]
    pairs.append((mnist["test_data"], mnist["test_label"]))
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(target) as file, gzip.GzipFile(fileobj=file, mode="wb", mtime=0) as packed:
        flat = tuple((x.reshape(len(x), -1), y.astype("int64")) for x, y in pairs)
        pickle.dump(flat, packed, protocol=2)


def get_mnist_iterator(
    batch_size: int, input_shape: Sequence[int], num_parts: int = 1, part_index: int = 0
) -> tuple[MNISTIter, MNISTIter]:
    """Return iterators over MNIST's training and test data, from the files that `get_mnist_ubyte` puts there.

    Parameters
    ----------
    batch_size : int
    input_shape : tuple of int
        Of a sample; samples are flat unless it has three dimensions.
    num_parts, part_index : int
        Take one of several equal parts of the samples.
    """
    get_mnist_ubyte()
    train_image, train_label, test_image, test_label = (str(_DATA / name) for name in _MNIST_FILES)
    shared: dict[str, Any] = {
        "batch_size": batch_size,
        "flat": len(input_shape) != 3,
        "num_parts": num_parts,
        "part_index": part_index,
    }
    return (
        MNISTIter(image=train_image, label=train_label, shuffle=True, **shared),
        MNISTIter(image=test_image, label=test_label, shuffle=False, **shared),
    )


def _mnist_file(name: str) -> Path:
    """Return where one of the files is, packed or not; packed in the current folder if it must be fetched."""
    for folder in (Path(), _DATA):
        for path in (folder / name, folder / f"{name}.gz"):
            if path.exists():
                return path
    return Path(download(f"{MNIST_URL}{name}.gz"))


# --------------------------------------------------------------------------------------- other data, models


def get_cifar10() -> None:
    """Put CIFAR-10 into the folder ``data/cifar`` as ``train.rec`` and ``test.rec``, unless they are there.

    They are unpacked from ``data/cifar10.zip``, which is fetched if need be.
    """
    if not all((_DATA / "cifar" / name).exists() for name in ("train.rec", "test.rec")):
        get_zip_data(str(_DATA), CIFAR10_URL, "cifar10.zip")


def download_model(
    model_name: str, dst_dir: str = "./", meta_info: Mapping[str, Mapping[str, str]] | None = None
) -> tuple[str | None, int]:
    """Fetch the symbol and the parameters of a trained model, unless they are there.

    Parameters
    ----------
    model_name : str
        Such as ``imagenet1k-resnet-50``.
    dst_dir : str
        The folder to put the files in.
    meta_info : dict of str to dict, optional
        The addresses of the ``symbol`` and the ``params`` of other models, by their names.

    Returns
    -------
    prefix : str or None
        For ``mx.model.load_checkpoint``; None if no such model is known.
    epoch : int
    """
    known = {
        name: {
            "symbol": f"{MODELS_URL}{path}-symbol.json",
            "params": f"{MODELS_URL}{path}-{epoch:04d}.params",
        }
        for name, (path, epoch) in _MODELS.items()
    }
    model = (known if meta_info is None else meta_info).get(model_name)
    if model is None:
        return None, 0
    prefix = os.path.join(dst_dir, model_name)
    download(model["symbol"], f"{prefix}-symbol.json")
    download(model["params"], f"{prefix}-0000.params")
    return prefix, 0


def get_im2rec_path(home_env: str = "MXNET_HOME") -> str:
    """Return where the script im2rec.py is: in ``tools`` of MXNet's folder or of this package.

    Parameters
    ----------
    home_env : str
        The environment variable that holds MXNet's folder.
    """
    if home_env in os.environ:
        path = Path(os.environ[home_env]) / "tools" / "im2rec.py"
        if path.is_file():
            return str(path)
    return str(Path(__file__).parent.parent / "tools" / "im2rec.py")
