"""Data sets and samplers of Gluon; orders and contents are real MXNet 1.9.1's."""

import gzip
import io
import struct
import tarfile
import zipfile

import cv2
import numpy as np
import pytest

import mxnet as mx
from mxnet import gluon, recordio
from mxnet.base import MXNetError
from mxnet.gluon import data
from mxnet.gluon.contrib.data import IntervalSampler, WikiText2
from mxnet.gluon.data import vision

TEN = data.SimpleDataset(list(range(10)))


def samples(dataset):
    return [dataset[i] for i in range(len(dataset))]


# ---------------------------------------------------------------------------------------------------- samplers


@pytest.mark.parametrize(
    ("last_batch", "length", "epochs"),
    [
        ("keep", 4, [[[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]] * 2),
        ("discard", 3, [[[0, 1, 2], [3, 4, 5], [6, 7, 8]]] * 2),
        (
            "rollover",
            3,
            [
                [[0, 1, 2], [3, 4, 5], [6, 7, 8]],
                [[9, 0, 1], [2, 3, 4], [5, 6, 7]],
                [[8, 9, 0], [1, 2, 3], [4, 5, 6], [7, 8, 9]],
            ],
        ),
    ],
)
def test_the_last_batch_is_kept_discarded_or_rolled_over(last_batch, length, epochs):
    batches = data.BatchSampler(data.SequentialSampler(10), 3, last_batch)
    assert len(batches) == length
    assert [list(batches) for _ in epochs] == epochs


def test_random_positions_are_numpys():
    np.random.seed(3)
    first = list(data.RandomSampler(10))
    np.random.seed(3)
    order = np.arange(10)
    np.random.shuffle(order)
    assert first == order.tolist()


def test_positions_are_filtered_and_strided():
    assert list(data.FilterSampler(lambda value: value % 2, TEN)) == [1, 3, 5, 7, 9]
    assert list(data.SequentialSampler(3, start=2)) == [2, 3, 4]
    assert list(IntervalSampler(10, 3)) == [0, 3, 6, 9, 1, 4, 7, 2, 5, 8]
    assert len(IntervalSampler(10, 3, rollover=False)) == 4


# --------------------------------------------------------------------------------------------------- data sets


def test_samples_of_several_arrays_are_tuples():
    array = mx.nd.array([[1, 2], [3, 4]])
    first, second = data.ArrayDataset(array, mx.nd.array([5, 6]))[1]
    assert first.asnumpy().tolist() == [3, 4]
    assert type(second) is np.float32
    assert data.ArrayDataset([1, 2])[1] == 2


def test_transforms_get_the_parts_of_tuples():
    pairs = data.ArrayDataset([1, 2, 3], [10, 20, 30])
    assert samples(pairs.transform(lambda first, second: first + second)) == [11, 22, 33]
    assert samples(pairs.transform_first(lambda first: -first)) == [(-1, 10), (-2, 20), (-3, 30)]
    assert samples(data.ArrayDataset([1, 2]).transform_first(lambda first: -first)) == [-1, -2]


def test_a_transform_that_is_not_lazy_is_applied_once():
    calls = []
    changed = TEN.transform(lambda value: calls.append(value) or value, lazy=False)
    assert (samples(changed), samples(changed), len(calls)) == ([*range(10)], [*range(10)], 10)


def test_data_sets_are_cut_up():
    assert samples(TEN.take(3)) == [0, 1, 2]
    assert len(TEN.take(None)) == len(TEN.take(99)) == 10
    assert [samples(TEN.shard(4, i)) for i in range(4)] == [[0, 1, 2], [3, 4, 5], [6, 7], [8, 9]]
    assert samples(TEN.filter(lambda value: value > 6)) == [7, 8, 9]
    assert samples(TEN.sample(data.SequentialSampler(2, 5))) == [5, 6]


@pytest.mark.parametrize(
    ("kind", "message", "call"),
    [
        (AssertionError, "same length: array 0 has 2, array 1 1", lambda: data.ArrayDataset([1, 2], [1])),
        (AssertionError, "at least one array", data.ArrayDataset),
        (AssertionError, "0 to 2, got 3", lambda: TEN.shard(3, 3)),
        (TypeError, "takes a Sampler, got list", lambda: TEN.sample([1])),
        (NotImplementedError, "does not say what its samples are", lambda: data.Dataset()[0]),
        (ValueError, "'keep', 'discard' or 'rollover', got 'x'", lambda: data.BatchSampler(TEN, 3, "x")),
        (AssertionError, "smaller than or equal to length 3", lambda: IntervalSampler(3, 4)),
    ],
)
def test_bad_input_is_refused(kind, message, call):
    with pytest.raises(kind, match=message):
        call()


# --------------------------------------------------------------------------------------------- files of records


@pytest.fixture
def records(tmp_path):
    with recordio.MXIndexedRecordIO(tmp_path / "a.idx", tmp_path / "a.rec", "w") as writer:
        for i in range(3):
            image = np.full((4, 5, 3), 40 * i, "uint8")
            writer.write_idx(7 - i, recordio.pack_img((0, i, i, 0), image, 3, ".png"))
    return str(tmp_path / "a.rec")


def test_records_are_samples_in_the_order_of_the_index(records):
    dataset = data.RecordFileDataset(records)
    assert [recordio.unpack(each)[0].label for each in samples(dataset)] == [0, 1, 2]


def test_pictures_of_records_come_with_their_labels(records):
    image, label = vision.ImageRecordDataset(records)[2]
    assert (label, image.shape, image.dtype) == (2.0, (4, 5, 3), np.uint8)
    assert image.asnumpy().max() == 80
    assert vision.ImageRecordDataset(records, flag=0, transform=lambda x, y: (x.shape, y))[1] == (
        (4, 5, 1),
        1.0,
    )


def test_folders_are_labels(tmp_path):
    for i, name in enumerate(["cat/1.png", "cat/2.PNG", "dog/1.jpg"]):
        (tmp_path / "root" / name).parent.mkdir(exist_ok=True, parents=True)
        cv2.imwrite(str(tmp_path / "root" / name), np.full((3, 4, 3), 60 * i, "uint8"))
    (tmp_path / "root" / "cat" / "note.txt").write_text("x")
    (tmp_path / "root" / "readme").write_text("x")
    with (
        pytest.warns(UserWarning, match="readme, which is not a directory"),
        pytest.warns(UserWarning, match=r"note\.txt\. Only \.jpg, \.jpeg, \.png"),
    ):
        dataset = vision.ImageFolderDataset(str(tmp_path / "root"))
    assert dataset.synsets == ["cat", "dog"]
    assert [label for _, label in dataset.items] == [0, 0, 1]
    assert dataset[1][0].asnumpy().max() == 60
    assert dataset[2][0].shape == (3, 4, 3)


def test_a_missing_folder_is_named():
    with pytest.raises(FileNotFoundError, match="Cannot read the folder '/there/is/none'"):
        vision.ImageFolderDataset("/there/is/none")


# ------------------------------------------------------------------------------------------------ published files


@pytest.fixture(autouse=True)
def no_server(tmp_path, monkeypatch):
    (tmp_path / "server").mkdir()
    monkeypatch.setenv("MXNET_GLUON_REPO", (tmp_path / "server").as_uri())
    return tmp_path / "server" / "gluon" / "dataset"


def write_digits(folder, part, count, compress):
    folder.mkdir(exist_ok=True, parents=True)
    images = np.arange(count * 12, dtype="uint8").reshape(count, 3, 4)
    files = {
        f"{part}-images-idx3-ubyte": struct.pack(">iiii", 2051, count, 3, 4) + images.tobytes(),
        f"{part}-labels-idx1-ubyte": struct.pack(">ii", 2049, count) + bytes(range(count)),
    }
    for name, stored in files.items():
        if compress:
            (folder / f"{name}.gz").write_bytes(gzip.compress(stored))
        else:
            (folder / name).write_bytes(stored)
    return images


@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize(("train", "part"), [(True, "train"), (False, "t10k")])
def test_mnist_is_read_from_local_files(tmp_path, train, part, compress):
    images = write_digits(tmp_path, part, 5, compress)
    dataset = vision.MNIST(root=str(tmp_path), train=train)
    image, label = dataset[3]
    assert (len(dataset), label, type(label)) == (5, 3, np.int32)
    np.testing.assert_array_equal(image.asnumpy(), images[3][..., None])
    assert vision.FashionMNIST(str(tmp_path), train, lambda x, y: (x.shape, y))[2] == ((3, 4, 1), 2)


def test_what_is_missing_is_said_with_where_to_put_it(tmp_path, capsys):
    with pytest.raises(MXNetError, match=r"mnist is not in '.*'.*Put train-images-idx3-ubyte\.gz there"):
        vision.MNIST(root=str(tmp_path / "mnist"))
    with pytest.raises(
        OSError, match=r"Put cifar-10-binary\.tar\.gz there, or what it holds: data_batch_1\.bin"
    ):
        vision.CIFAR10(root=str(tmp_path / "cifar"))


def test_what_is_missing_is_fetched_if_it_is_what_was_published(tmp_path, no_server):
    write_digits(no_server / "mnist", "train", 5, compress=True)
    with pytest.raises(MXNetError, match="hash does not match"):
        vision.MNIST(root=str(tmp_path / "mnist"))


def cifar_file(count, labels, seed):
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (count, labels + 3072)).astype("uint8")


def test_cifar_is_read_from_files_anywhere_below(tmp_path):
    folder = tmp_path / "cifar-10-batches-bin"
    folder.mkdir()
    parts = [cifar_file(2, 1, i) for i in range(5)]
    for i, rows in enumerate(parts, 1):
        (folder / f"data_batch_{i}.bin").write_bytes(rows.tobytes())
    dataset = vision.CIFAR10(root=str(tmp_path))
    image, label = dataset[3]
    assert (len(dataset), label) == (10, parts[1][1, 0])
    np.testing.assert_array_equal(image.asnumpy(), parts[1][1, 1:].reshape(3, 32, 32).transpose(1, 2, 0))


@pytest.mark.parametrize("fine", [False, True])
def test_cifar_is_read_from_its_archive_without_unpacking_it(tmp_path, fine):
    rows = cifar_file(4, 2, 0)
    with tarfile.open(tmp_path / "cifar-100-binary.tar.gz", "w:gz") as tar:
        entry = tarfile.TarInfo("../../cifar-100-binary/test.bin")
        entry.size = rows.nbytes
        tar.addfile(entry, io.BytesIO(rows.tobytes()))
    dataset = vision.CIFAR100(root=str(tmp_path), fine_label=fine, train=False)
    assert [label for _, label in samples(dataset)] == rows[:, int(fine)].tolist()
    assert [path.name for path in tmp_path.rglob("*.bin")] == []


def test_a_damaged_archive_and_a_file_of_another_length_are_named(tmp_path):
    (tmp_path / "cifar-100-binary.tar.gz").write_bytes(b"no archive")
    with pytest.raises(MXNetError, match=r"cifar-100-binary\.tar\.gz' is damaged"):
        vision.CIFAR100(root=str(tmp_path))
    (tmp_path / "train.bin").write_bytes(bytes(100))
    with pytest.raises(MXNetError, match=r"train\.bin of cifar100 has 100 bytes, no multiple of 3074"):
        vision.CIFAR100(root=str(tmp_path))


TEXT = " \n = Title = \n \n a b c a b <unk> . \n d e f a . \n"


@pytest.mark.parametrize("archived", [False, True])
def test_texts_are_sequences_and_their_next_words(tmp_path, archived):
    if archived:
        with zipfile.ZipFile(tmp_path / "wikitext-2-v1.zip", "w") as zipped:
            zipped.writestr("wikitext-2/wiki.train.tokens", TEXT)
    else:
        (tmp_path / "wiki.train.tokens").write_text(TEXT)
    dataset = WikiText2(root=str(tmp_path), seq_len=3)
    assert len(dataset) == 5
    assert [each.asnumpy().tolist() for each in dataset[0]] == [[4, 6, 4], [6, 4, 1]]
    assert [each.asnumpy().tolist() for each in dataset[1]] == [[1, 2, 5], [2, 5, 7]]
    assert dataset.vocabulary.idx_to_token == [
        "<unk>",
        "<eos>",
        "a",
        ".",
        "=",
        "b",
        "Title",
        "c",
        "d",
        "e",
        "f",
    ]
    assert dataset.frequencies["a"] == 3
    again = WikiText2(root=str(tmp_path), seq_len=3, vocab=dataset.vocabulary)
    assert again.frequencies is None
    assert again[1][1].asnumpy().tolist() == [2, 5, 7]


def test_an_unknown_segment_is_refused(tmp_path):
    with pytest.raises(MXNetError, match="segment is one of train, validation, test, got 'x'"):
        gluon.contrib.data.text.WikiText103(root=str(tmp_path), segment="x")
