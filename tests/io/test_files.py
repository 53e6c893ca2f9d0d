"""Iterators over files."""

import gzip
import struct

import numpy as np
import pytest

import mxnet as mx
from mxnet.io import files


@pytest.fixture
def table(tmp_path):
    path = str(tmp_path / "data.csv")
    np.savetxt(path, np.arange(14).reshape(7, 2), delimiter=",")
    return path


@pytest.fixture
def digits(tmp_path):
    images = np.arange(7 * 20, dtype="uint8").reshape(7, 4, 5)
    (tmp_path / "images").write_bytes(struct.pack(">iiii", 2051, 7, 4, 5) + images.tobytes())
    (tmp_path / "labels").write_bytes(struct.pack(">ii", 2049, 7) + bytes(range(7)))
    return {"image": str(tmp_path / "images"), "label": str(tmp_path / "labels")}


def firsts(batches):
    return [batch.data[0].asnumpy()[:, 0].tolist() for batch in batches]


def test_what_filled_up_a_batch_is_not_read_again(table):
    batches = mx.io.CSVIter(data_csv=table, data_shape=(2,), batch_size=3)
    assert firsts(batches) == [[0, 2, 4], [6, 8, 10], [12, 0, 2]]
    assert batches.getpad() == 2
    assert batches.getindex().tolist() == [6, 0, 1]
    batches.reset()
    assert firsts(batches) == [[4, 6, 8], [10, 12, 0]]


def test_without_rounding_the_last_batch_keeps_old_rows(table):
    batches = mx.io.CSVIter(data_csv=table, data_shape=(2,), batch_size=3, round_batch=False)
    for _ in range(2):
        assert firsts(batches) == [[0, 2, 4], [6, 8, 10], [12, 8, 10]]
        batches.reset()


def test_integers_stay_integers(table):
    batch = mx.io.CSVIter(data_csv=table, data_shape=(2,), batch_size=3, dtype="float64").next()
    assert batch.data[0].dtype == np.float64
    assert batch.label[0].asnumpy().tolist() == [0, 0, 0]


def test_labels_are_of_the_same_type_as_the_data(tmp_path):
    table = tmp_path / "data.csv"
    table.write_text("1,2\n3,4\n")
    batches = mx.io.CSVIter(data_csv=str(table), data_shape=(2,), batch_size=2, dtype="int32")
    assert [batches.next().label[0].dtype, batches.provide_label[0].dtype] == [np.int32] * 2


def test_a_shape_that_does_not_fit_is_refused(table):
    with pytest.raises(ValueError, match=r"hold 2 numbers, but the shape \(5,\) takes 5"):
        mx.io.CSVIter(data_csv=table, data_shape=(5,), batch_size=3)


def test_words_are_no_numbers(tmp_path):
    path = tmp_path / "words.csv"
    path.write_text("1,2\n3,four\n")
    with pytest.raises(ValueError, match="does not hold lines of comma-separated numbers"):
        mx.io.CSVIter(data_csv=str(path), data_shape=(2,), batch_size=1)


def test_labels_must_be_as_many_as_samples(table, tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("1\n2\n")
    with pytest.raises(ValueError, match="holds 2 labels, but .* holds 7 samples"):
        mx.io.CSVIter(data_csv=table, data_shape=(2,), label_csv=str(path), batch_size=1)


def test_missing_files_are_named():
    with pytest.raises(mx.MXNetError, match=r"Cannot read 'nothing\.csv'"):
        mx.io.CSVIter(data_csv="nothing.csv", data_shape=(2,), batch_size=1)


def test_sparse_lines_become_sparse_batches(tmp_path):
    path, targets = tmp_path / "d.libsvm", tmp_path / "l.libsvm"
    path.write_text("1 0:0.5 3:2\n\n0\n-1 1:4\n")
    targets.write_text("0 1:1\n0 0:2\n0 0:3\n")
    batches = mx.io.LibSVMIter(data_libsvm=str(path), data_shape=np.int64(4), batch_size=2)
    first, second = batches
    assert first.data[0].stype == "csr"
    assert first.data[0].asnumpy().tolist() == [[0.5, 0, 0, 2], [0, 0, 0, 0]]
    assert first.label[0].asnumpy().tolist() == [1, 0]
    assert (second.label[0].asnumpy().tolist(), second.pad) == ([-1, 1], 1)
    with_targets = mx.io.LibSVMIter(
        data_libsvm=str(path), data_shape=(4,), label_libsvm=str(targets), label_shape=(2,), batch_size=3
    )
    assert with_targets.next().label[0].asnumpy().tolist() == [[0, 1], [2, 0], [3, 0]]
    assert with_targets.provide_label == [("softmax_label", (3, 2))]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 0:1\n1 nonsense\n", "line 2: expected 'label position:value"),
        ("1 9:1\n", "room for 0 to 3"),
        ("1 -1:2\n", "from -1"),
    ],
)
def test_damaged_sparse_lines_are_refused(tmp_path, text, message):
    path = tmp_path / "bad.libsvm"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        mx.io.LibSVMIter(data_libsvm=str(path), data_shape=(4,), batch_size=1)


USUAL = [
    "1 0:1 3:2.5\n0 2:1e-3\n",
    "1 0:1\r\n\r\n-1\r\n0.5 1:nan 2:inf",
    "1\n2\n3",
    "\n\n2 1:3\t2:4 \n",
]
UNUSUAL = ["0:1 2:3\n1 1:2\n", "", " \n\n", "1 0:1\x0b2 1:2\n"]


@pytest.mark.parametrize("text", USUAL + UNUSUAL)
def test_sparse_lines_are_read_as_they_would_be_one_by_one(text):
    found = files._numbers_of_lines(text.encode())
    assert (found is None) == (text in UNUSUAL)
    expected = files._items_of_lines(text.encode(), "path", 1)
    for mine, other in zip(found or expected, expected, strict=True):
        np.testing.assert_array_equal(mine, other)
        assert mine.dtype == other.dtype


PLAIN = ["1 0:1 3:2.5\n-0.5 2:.25\n", "1 0:1\r\n\r\n-1\r2 1:3", "1\n2\n3", "\n\n2 1:3\t2:4. \n", "", "\n"]
STRANGE = [
    *(
        "1 1:1e-3",
        "1 1:nan",
        "1 0:1\x0b1:2",
        "0:1 2:3",
        "1 2",
        "1 2:3:4",
        "1 2: 3",
        "1 -2:3",
        "1 2:",
        "1 :3",
        "- 1:2",
    ),
    *("1 1.0:2", "1 1:12345678901234567890", "1 1:0.1234567890123456", "1 1:2-", "1 1:1.2.3"),
]


@pytest.mark.parametrize("text", PLAIN + STRANGE)
def test_plain_lines_are_read_as_they_would_be_one_by_one(text):
    found = files._plain_lines(text.encode())
    assert (found is None) == (text in STRANGE)
    if found is not None:
        for mine, other in zip(found, files._items_of_lines(text.encode(), "path", 1), strict=True):
            np.testing.assert_array_equal(mine, other)
            assert mine.dtype == other.dtype


def test_sparse_lines_are_read_in_stretches(tmp_path, monkeypatch):
    path = tmp_path / "d.libsvm"
    path.write_text("".join(f"{i} {i % 4}:{i}\n" for i in range(20)) + "1 bad\n")
    monkeypatch.setattr(files, "_BLOCK", 16)
    with pytest.raises(ValueError, match="line 21"):
        mx.io.LibSVMIter(data_libsvm=str(path), data_shape=(4,), batch_size=5)
    path.write_text(path.read_text().replace("1 bad\n", ""))
    batches = list(mx.io.LibSVMIter(data_libsvm=str(path), data_shape=(4,), batch_size=5))
    assert [batch.label[0].asnumpy().tolist() for batch in batches] == np.arange(20.0).reshape(4, 5).tolist()
    np.testing.assert_array_equal(batches[1].data[0].asnumpy()[1], [0, 0, 6, 0])


def test_digits_come_in_whole_batches(digits):
    batches = mx.io.MNISTIter(**digits, batch_size=3, shuffle=False)
    for _ in range(2):
        assert [batch.label[0].asnumpy().tolist() for batch in batches] == [[0, 1, 2], [3, 4, 5]]
        batches.reset()
    batches.next()
    assert batches.getdata().shape == (3, 1, 4, 5)
    assert batches.getdata().asnumpy().ravel()[:3].tolist() == [0, 1 / 256, 2 / 256]


def test_digits_come_in_parts_and_in_another_order(digits):
    part = mx.io.MNISTIter(**digits, batch_size=2, shuffle=False, num_parts=2, part_index=1)
    assert [batch.label[0].asnumpy().tolist() for batch in part] == [[3, 4], [5, 6]]
    orders = []
    for seed in (1, 1, 2):
        batch = mx.io.MNISTIter(**digits, batch_size=7, seed=seed, flat=True).next()
        assert (batch.data[0].asnumpy()[:, 0] * 256 == batch.label[0].asnumpy() * 20).all()
        orders.append(batch.label[0].asnumpy().tolist())
    assert orders[0] == orders[1] != orders[2]


def test_compressed_digits_are_read(digits, tmp_path):
    path = tmp_path / "labels.gz"
    path.write_bytes(gzip.compress((tmp_path / "labels").read_bytes()))
    batch = mx.io.MNISTIter(image=digits["image"], label=str(path), batch_size=7, shuffle=False).next()
    assert batch.label[0].asnumpy().tolist() == list(range(7))


@pytest.mark.parametrize(
    ("cut", "message"), [(4, "is no file of unsigned bytes in 3 dimensions"), (20, "states the shape")]
)
def test_cut_off_digits_are_refused(digits, tmp_path, cut, message):
    path = tmp_path / "cut"
    path.write_bytes((tmp_path / "images").read_bytes()[:cut])
    with pytest.raises(ValueError, match=message):
        mx.io.MNISTIter(image=str(path), label=digits["label"], batch_size=1)


def test_the_parts_of_a_batch_are_arrays(table, digits, tmp_path):
    (tmp_path / "rows.svm").write_text("1 0:1 2:2\n0 1:3\n1 0:4\n")
    for batches, shape, stype in (
        (mx.io.CSVIter(data_csv=table, data_shape=(2,), batch_size=2), (2, 2), "default"),
        (
            mx.io.LibSVMIter(data_libsvm=str(tmp_path / "rows.svm"), data_shape=(3,), batch_size=2),
            (2, 3),
            "csr",
        ),
        (mx.io.MNISTIter(**digits, batch_size=2, flat=True), (2, 20), "default"),
    ):
        before = batches.getdata().asnumpy()
        assert batches.iter_next()
        data, label = batches.getdata(), batches.getlabel()
        assert (data.shape, data.stype, label.shape) == (shape, stype, (2,))
        assert (data.asnumpy() == before).all()
        assert (batches.getpad(), batches.getindex().dtype) == (0, np.dtype("uint64"))
        batches.reset()
        resized = mx.io.ResizeIter(batches, 1)
        assert resized.iter_next()
        assert resized.getdata()[0].shape == shape
        batches.reset()
        fetched = mx.io.PrefetchingIter(batches).next()
        assert (fetched.data[0].shape, fetched.label[0].shape) == (shape, (2,))


def test_the_first_batch_may_be_had_for_ever(table):
    batches = mx.io.CSVIter(data_csv=table, data_shape=(2,), batch_size=3)
    batches.debug_skip_load()
    assert [batches.next().data[0].asnumpy()[0, 0] for _ in range(9)] == [0] * 9
