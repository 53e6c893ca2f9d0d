"""``python -m mxnet.tools.im2rec``; lists and their order are real MXNet 1.9.1's."""

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

import mxnet as mx
from mxnet import recordio
from mxnet.tools.im2rec import main


def picture(seed, height=20, width=30):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype("uint8")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    names = ["a/1.png", "a/2.jpg", "b/3.jpg", "b/c/4.jpeg"]
    for i, name in enumerate(names):
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), picture(i))
    (tmp_path / "images" / "b" / "notes.txt").write_text("no image")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lists(folder):
    return {path.name: path.read_text() for path in sorted(folder.glob("*.lst"))}


A1, A2, B3, C4 = (
    "0\t0.000000\ta/1.png\n",
    "1\t0.000000\ta/2.jpg\n",
    "2\t1.000000\tb/3.jpg\n",
    "3\t2.000000\tb/c/4.jpeg\n",
)
LISTS = [
    ("--recursive", {"x.lst": A1 + B3 + C4 + A2}),
    ("--recursive --no-shuffle", {"x.lst": A1 + A2 + B3 + C4}),
    ("--recursive --train-ratio 0.5", {"x_train.lst": A1 + B3, "x_val.lst": C4 + A2}),
    ("--recursive --train-ratio 0.5 --test-ratio 0.5", {"x_test.lst": A1 + B3, "x_train.lst": C4 + A2}),
    (
        "--recursive --chunks 2 --train-ratio 0.5 --test-ratio 0.25",
        {
            "x_0_test.lst": "",
            "x_0_train.lst": A1,
            "x_0_val.lst": B3,
            "x_1_test.lst": "",
            "x_1_train.lst": C4,
            "x_1_val.lst": A2,
        },
    ),
    ("--recursive --exts .png", {"x.lst": A1}),
]


@pytest.mark.parametrize(("options", "expected"), LISTS)
def test_lists_are_those_of_mxnet(folder, options, expected):
    assert main(["--list", "x", "images", *options.split()]) == 0
    assert lists(folder) == expected


def test_without_recursion_all_labels_are_0(folder):
    assert main(["--list", "x", "images/a"]) == 0
    assert lists(folder) == {"x.lst": "1\t0.000000\t2.jpg\n0\t0.000000\t1.png\n"}


@pytest.fixture
def listed(folder):
    (folder / "x.lst").write_text("0\t1.5\t2\ta/1.png\n5\t2\t4\tb/3.jpg\n")
    return folder


def stored(folder, name="x"):
    records = recordio.MXIndexedRecordIO(str(folder / f"{name}.idx"), str(folder / f"{name}.rec"), "r")
    return {key: recordio.unpack(records.read_idx(key)) for key in records.keys}


def images(folder):
    return {key: cv2.imdecode(np.frombuffer(each, "uint8"), -1) for key, (_, each) in stored(folder).items()}


def test_records_have_the_numbers_and_the_first_labels_of_the_list(listed):
    assert main(["x", "images"]) == 0
    assert {key: (header.label, header.id) for key, (header, _) in stored(listed).items()} == {
        0: (1.5, 0),
        5: (2.0, 5),
    }


def test_all_labels_are_packed_if_asked(listed):
    assert main(["--pack-label", "x", "images"]) == 0
    assert [header.label.tolist() for header, _ in stored(listed).values()] == [[1.5, 2], [2, 4]]


def test_files_pass_through_as_they_are(listed):
    assert main(["--pass-through", "x", "images"]) == 0
    assert stored(listed)[0][1] == (listed / "images/a/1.png").read_bytes()


def test_pictures_are_encoded_anew(listed):
    assert main(["--encoding", ".png", "--quality", "3", "x", "images"]) == 0
    np.testing.assert_array_equal(images(listed)[0], picture(0))


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        ("--resize 10", (10, 15, 3)),
        ("--center-crop", (20, 20, 3)),
        ("--center-crop --resize 10", (10, 10, 3)),
        ("--color 0", (20, 30)),
    ],
)
def test_pictures_are_made_smaller_and_grey(listed, options, shape):
    assert main([*options.split(), "x", "images"]) == 0
    assert images(listed)[5].shape == shape


def test_threads_keep_the_order(listed):
    (listed / "x.lst").write_text("".join(f"{i}\t{i}\ta/1.png\n" for i in range(50)))
    assert main(["--num-thread", "4", "x", "images"]) == 0
    assert list(stored(listed)) == list(range(50))


def test_all_lists_of_a_prefix_are_made_into_records(listed):
    (listed / "x_2.lst").write_text("7\t1\ta/2.jpg\n")
    assert main(["x", "images"]) == 0
    assert list(stored(listed, "x_2")) == [7]


def test_what_cannot_be_read_is_said_and_left_out(listed, capsys):
    (listed / "x.lst").write_text("0\t1\ta/1.png\n3\t1\tnone.png\n4\tb\nx\t1\ta/1.png\n5\t2\tb/notes.txt\n")
    assert main(["x", "images"]) == 0
    assert list(stored(listed)) == [0]
    output = capsys.readouterr()
    assert "1 of 3 images in" in output.out
    for said in (
        "none.png is left out: Cannot read",
        "line 3 is left out",
        "line 4 is left out",
        "notes.txt is left out",
    ):
        assert said in output.err


def test_a_missing_folder_is_one_line(folder, capsys):
    assert main(["--list", "x", "none"]) == 1
    assert capsys.readouterr().err == "im2rec: Cannot read the folder 'none': No such file or directory.\n"


def test_the_iterator_reads_what_the_program_writes(folder):
    environment = {**os.environ, "PYTHONPATH": str(Path(mx.__file__).parents[1])}
    for arguments in (["--list", "--recursive", "x", "images"], ["x", "images"]):
        command = [sys.executable, "-m", "mxnet.tools.im2rec", *arguments]
        subprocess.run(command, check=True, capture_output=True, env=environment)
    batch = next(mx.io.ImageRecordIter("x.rec", (3, 20, 30), 4))
    assert batch.label[0].asnumpy().tolist() == [0, 1, 2, 0]
