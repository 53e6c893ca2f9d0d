"""Data sets: what lies where MXNet put it is used, and nothing swallows a script's own logging."""

from __future__ import annotations

import bz2
import gzip
import logging
import os
import pickle
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import mxnet as mx
from mxnet.test_utils import datasets

T = mx.test_utils
FILES = datasets._MNIST_FILES


def _digits(folder, *, packed):
    """Write the four files of MNIST, with 6 and 4 digits of 2 x 2 pixels."""
    folder.mkdir(exist_ok=True)
    for part, count in (("train", 6), ("t10k", 4)):
        contents = {
            "images-idx3": struct.pack(">iiii", 2051, count, 2, 2) + bytes(range(4 * count)),
            "labels-idx1": struct.pack(">ii", 2049, count) + bytes(range(count)),
        }
        for kind, content in contents.items():
            path = folder / f"{part}-{kind}-ubyte{'.gz' if packed else ''}"
            path.write_bytes(gzip.compress(content) if packed else content)


@pytest.fixture(autouse=True)
def offline(tmp_path, monkeypatch):
    """Work in a folder of its own, from which nothing can be fetched."""
    monkeypatch.chdir(tmp_path)
    nothing = (tmp_path / "nothing").as_uri()
    monkeypatch.setattr(datasets, "MNIST_URL", f"{nothing}/")
    monkeypatch.setattr(datasets, "CIFAR10_URL", f"{nothing}/cifar10.zip")
    monkeypatch.setattr(datasets, "MODELS_URL", f"{nothing}/")


def _check_digits():
    digits = T.get_mnist()
    assert digits["train_data"].shape == (6, 1, 2, 2)
    assert digits["train_data"].dtype == np.float32
    assert digits["test_data"][0, 0, 1, 1] == np.float32(3 / 255)
    assert digits["test_label"].tolist() == [0, 1, 2, 3]
    assert digits["test_label"].dtype == np.int8


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("folder", [".", "data"])
def test_digits_are_read_from_files_packed_or_not(folder, packed):
    _digits(Path(folder), packed=packed)
    _check_digits()


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("folder", [".", "data"])
def test_digits_are_unpacked_where_scripts_open_them(folder, packed):
    _digits(Path(folder), packed=packed)
    assert T.get_mnist_ubyte() is None
    shapes = [datasets.read_idx(f"data/{name}", 3 if "images" in name else 1).shape for name in FILES]
    assert shapes == [(6, 2, 2), (6,), (4, 2, 2), (4,)]


def test_digits_are_unpacked_from_mxnet_s_archive():
    _digits(Path("made"), packed=False)
    Path("data").mkdir()
    with zipfile.ZipFile("data/mnist.zip", "w") as archive:
        for name in FILES:
            archive.write(f"made/{name}", name)
    T.get_mnist_ubyte()
    _check_digits()


def test_digits_are_fetched_to_where_mxnet_puts_them(tmp_path, monkeypatch):
    _digits(tmp_path / "server", packed=True)
    monkeypatch.setattr(datasets, "MNIST_URL", f"{(tmp_path / 'server').as_uri()}/")
    _check_digits()
    assert all((tmp_path / f"{name}.gz").exists() for name in FILES)


@pytest.mark.parametrize(("shape", "expected"), [((4,), (2, 4)), ((1, 2, 2), (2, 1, 2, 2)), ((2, 2), (2, 4))])
def test_digits_come_in_batches(shape, expected):
    _digits(Path("data"), packed=False)
    train, test = T.get_mnist_iterator(2, shape)
    assert train.provide_data == [("data", expected)]
    assert train.provide_label == [("softmax_label", (2,))]
    assert [batch.label[0].asnumpy().tolist() for batch in test] == [[0, 1], [2, 3]]


def test_digits_come_as_a_pickle():
    _digits(Path("data"), packed=False)
    T.get_mnist_pkl()
    with gzip.open("data/mnist.pkl.gz") as file:
        train, valid, test = pickle.load(file)
    assert [part[0].shape for part in (train, valid, test)] == [(5, 4), (1, 4), (4, 4)]
    assert [part[1].tolist() for part in (train, valid, test)] == [[0, 1, 2, 3, 4], [5], [0, 1, 2, 3]]
    assert train[0].dtype == np.float32
    written = Path("data/mnist.pkl.gz").read_bytes()
    T.get_mnist_pkl()
    assert Path("data/mnist.pkl.gz").read_bytes() == written


def test_pictures_are_used_or_unpacked():
    folder = Path("data/cifar")
    folder.mkdir(parents=True)
    with zipfile.ZipFile("data/cifar10.zip", "w") as archive:
        for name in ("train.rec", "test.rec"):
            archive.writestr(f"cifar/{name}", name)
    T.get_cifar10()
    assert (folder / "train.rec").read_text() == "train.rec"
    Path("data/cifar10.zip").unlink()
    T.get_cifar10()


@pytest.mark.parametrize("get", ["get_mnist", "get_mnist_ubyte", "get_mnist_pkl", "get_cifar10"])
def test_what_is_neither_there_nor_to_be_fetched_is_named(get):
    with pytest.raises(OSError, match="Cannot fetch 'file:") as caught:
        getattr(T, get)()
    assert isinstance(caught.value, mx.MXNetError)


def test_models_are_found_by_name(tmp_path):
    server = tmp_path / "server"
    server.mkdir()
    mx.sym.Variable("x").save(str(server / "some-symbol.json"))
    mx.nd.save(str(server / "some-0007.params"), {"arg:x": mx.nd.ones(2)})
    known = {
        "mine": {
            "symbol": (server / "some-symbol.json").as_uri(),
            "params": (server / "some-0007.params").as_uri(),
        }
    }
    prefix, epoch = T.download_model("mine", "models", known)
    assert (prefix, epoch) == ("models/mine", 0)
    assert mx.model.load_checkpoint(prefix, epoch)[1]["x"].asnumpy().tolist() == [1, 1]
    assert T.download_model("unknown") == (None, 0)
    with pytest.raises(mx.MXNetError, match="Cannot fetch .*imagenet/resnet/50-layers/resnet-50-symbol.json"):
        T.download_model("imagenet1k-resnet-50", "models")


def test_tools_are_looked_for_in_mxnet_s_folder_and_in_this_package(tmp_path, monkeypatch):
    monkeypatch.setenv("MXNET_HOME", str(tmp_path))
    assert T.get_im2rec_path() == str(Path(mx.__file__).parent / "tools" / "im2rec.py")
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "im2rec.py").touch()
    assert T.get_im2rec_path() == str(tmp_path / "tools" / "im2rec.py")


def test_a_script_sets_its_logging_up_after_its_data():
    _digits(Path("data"), packed=True)
    script = (
        "import logging, mxnet as mx\n"
        "mx.test_utils.get_mnist_iterator(batch_size=2, input_shape=(4,))\n"
        "logging.basicConfig(level=logging.INFO)\n"
        "logging.info('this line is seen')\n"
    )
    here = {**os.environ, "PYTHONPATH": str(Path(mx.__file__).parent.parent)}
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=here)
    assert "this line is seen" in ran.stderr


def test_what_is_fetched_is_logged_by_a_logger_of_its_own(tmp_path, caplog):
    (tmp_path / "source.txt").write_text("one")
    with caplog.at_level(logging.INFO):
        for _ in range(2):
            T.download((tmp_path / "source.txt").as_uri(), dirname="folder")
    assert [record.name for record in caplog.records] == ["mxnet.test_utils"]
    assert "is there already" in caplog.text


def test_files_are_fetched_once(tmp_path):
    source = tmp_path / "source.txt"
    source.write_text("one")
    folder = str(tmp_path / "folder")
    path = T.download(source.as_uri(), dirname=folder)
    source.write_text("two")
    assert T.download(source.as_uri(), dirname=folder) == path
    assert (tmp_path / "folder" / "source.txt").read_text() == "one"
    T.download(source.as_uri(), dirname=folder, overwrite=True)
    assert (tmp_path / "folder" / "source.txt").read_text() == "two"


def test_a_file_that_cannot_be_fetched_is_named(tmp_path):
    url = (tmp_path / "nothing").as_uri()
    with pytest.raises(mx.MXNetError, match="Cannot fetch 'file:.*nothing'"):
        T.download(url, fname=str(tmp_path / "x"), retries=2)
    assert not (tmp_path / "x").exists()


def test_archives_are_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "source.zip", "w") as archive:
        archive.writestr("inside.txt", "zip")
    (tmp_path / "source.bz2").write_bytes(bz2.compress(b"bz2"))
    folder = tmp_path / "folder"
    T.get_zip_data(str(folder), (tmp_path / "source.zip").as_uri(), "data.zip")
    assert (folder / "inside.txt").read_text() == "zip"
    for _ in range(2):
        T.get_bz2_data(str(folder), "data.txt", (tmp_path / "source.bz2").as_uri(), "data.bz2")
    assert (folder / "data.txt").read_text() == "bz2"
