"""Record files; expected bytes and answers are real MXNet 1.9.1's."""

import multiprocessing
import os
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
import torch

import mxnet as mx
from mxnet import recordio
from mxnet.base import MXNetError
from mxnet.recordio import IRHeader, MXIndexedRecordIO, MXRecordIO

MARK = struct.pack("<I", 0xCED7230A)
PAYLOADS = [
    b"",
    b"abc",
    b"x" * 5,
    MARK,
    MARK + MARK,
    b"abcd" + MARK + b"efgh" + MARK,
    b"ab" + MARK,
    b"abcd" + MARK,
]
STORED = (
    "0a23d7ce000000000a23d7ce03000000616263000a23d7ce0500000078787878780000000a23d7ce000000200a23d7ce00000060"
    "0a23d7ce000000200a23d7ce000000400a23d7ce000000600a23d7ce04000020616263640a23d7ce04000040656667680a23d7ce"
    "000000600a23d7ce0600000061620a23d7ce00000a23d7ce04000020616263640a23d7ce00000060"
)


@pytest.fixture
def path(tmp_path):
    records = MXRecordIO(str(tmp_path / "a.rec"), "w")
    for payload in PAYLOADS:
        records.write(payload)
    records.close()
    return str(tmp_path / "a.rec")


@pytest.fixture
def indexed(tmp_path):
    paths = str(tmp_path / "b.idx"), str(tmp_path / "b.rec")
    records = MXIndexedRecordIO(*paths, "w")
    records.write_idx(3, b"three")
    records.write_idx(1, b"one")
    records.close()
    return paths


def _all(records):
    return list(iter(records.read, None))


def test_records_are_stored_as_mxnet_stores_them(path):
    assert Path(path).read_bytes().hex() == STORED


def test_records_are_read_whole_where_they_held_the_mark(path):
    assert _all(MXRecordIO(path, "r")) == PAYLOADS


def test_a_file_of_no_records_has_none(tmp_path):
    MXRecordIO(str(tmp_path / "none.rec"), "w").close()
    assert MXRecordIO(str(tmp_path / "none.rec"), "r").read() is None


def test_reset_reads_from_the_start(path):
    records = MXRecordIO(path, "r")
    records.read()
    records.read()
    records.reset()
    assert records.read() == b""


def test_reset_empties_what_is_written(tmp_path):
    records = MXRecordIO(str(tmp_path / "a.rec"), "w")
    records.write(b"1")
    records.reset()
    records.close()
    assert os.path.getsize(tmp_path / "a.rec") == 0


def test_an_index_finds_records_by_key(indexed):
    records = MXIndexedRecordIO(*indexed, "r")
    assert records.keys == [3, 1]
    assert records.idx == {3: 0, 1: 16}
    assert [records.read_idx(1), records.read_idx(3)] == [b"one", b"three"]
    assert [records.read(), records.read()] == [b"one", None]


def test_an_index_is_lines_of_key_and_offset(indexed):
    assert Path(indexed[0]).read_text() == "3\t0\n1\t16\n"


def test_keys_may_be_of_any_type(tmp_path):
    paths = str(tmp_path / "b.idx"), str(tmp_path / "b.rec")
    with MXIndexedRecordIO(*paths, "w", key_type=str) as records:
        records.write_idx("dog", b"wau")
    assert MXIndexedRecordIO(*paths, "r", key_type=str).read_idx("dog") == b"wau"


def test_seek_moves_and_tell_says_where_writing_is(tmp_path, indexed):
    records = MXIndexedRecordIO(*indexed, "r")
    records.seek(1)
    assert records.read() == b"one"
    written = MXIndexedRecordIO(str(tmp_path / "c.idx"), str(tmp_path / "c.rec"), "w")
    written.write_idx(0, b"four")
    assert written.tell() == 12


def test_records_with_an_index_are_a_torch_dataset(indexed):
    loader = torch.utils.data.DataLoader(MXIndexedRecordIO(*indexed, "r"), batch_size=None, shuffle=False)
    assert list(loader) == [b"three", b"one"]


def test_pickled_records_start_anew(path, indexed):
    records = MXRecordIO(path, "r")
    records.read()
    records.read()
    assert _all(pickle.loads(pickle.dumps(records))) == PAYLOADS
    assert records.read() == PAYLOADS[2]
    assert pickle.loads(pickle.dumps(MXIndexedRecordIO(*indexed, "r"))).read_idx(1) == b"one"


def test_a_pickle_of_closed_records_is_closed(path):
    records = MXRecordIO(path, "r")
    records.close()
    assert not pickle.loads(pickle.dumps(records)).is_open


def _in_a_fork(function):
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)

    def run():
        try:
            sender.send(function())
        except Exception as error:
            sender.send(repr(error))

    process = context.Process(target=run)
    process.start()
    answer = receiver.recv()
    process.join()
    return answer


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_reads_on_by_itself(path):
    records = MXRecordIO(path, "r")
    records.read()
    assert _in_a_fork(records.read) == PAYLOADS[1]
    assert records.read() == PAYLOADS[1]


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_may_not_write(tmp_path):
    records = MXRecordIO(str(tmp_path / "a.rec"), "w")
    records.write(b"1")
    assert "Forbidden operation in multiple processes" in _in_a_fork(lambda: records.write(b"2"))
    records.close()
    assert _all(MXRecordIO(str(tmp_path / "a.rec"), "r")) == [b"1"]


HEADERS = [
    (IRHeader(5, 3.5, 1, 2), "00000000000060400100000000000000020000000000000078"),
    ((0, [1, 2], 3, 0), "0200000000000000030000000000000000000000000000000000803f0000004078"),
    ((0, np.float32(2), 3, 0), "00000000000000400300000000000000000000000000000078"),
]


@pytest.mark.parametrize(("header", "expected"), HEADERS)
def test_image_records_begin_with_a_header(header, expected):
    assert recordio.pack(header, b"x").hex() == expected


def test_labels_are_unpacked():
    header, rest = recordio.unpack(recordio.pack(IRHeader(0, [1, 2.5], 7, 3), b"x"))
    assert (header.flag, header.label.tolist(), header.id, header.id2, rest) == (2, [1, 2.5], 7, 3, b"x")
    assert recordio.unpack(recordio.pack(IRHeader(0, 1.5, 7, 3), b"x")) == (IRHeader(0, 1.5, 7, 3), b"x")


def test_images_are_packed_blue_first():
    image = np.random.default_rng(0).integers(0, 256, (4, 5, 3)).astype("uint8")
    packed = recordio.pack_img(IRHeader(0, 1, 2, 3), image, quality=3, img_fmt=".png")
    header, unpacked = recordio.unpack_img(packed)
    assert header == IRHeader(0, 1, 2, 3)
    np.testing.assert_array_equal(unpacked, image)
    rgb = mx.nd._internal._cvimdecode(
        mx.nd.array(np.frombuffer(recordio.unpack(packed)[1], "uint8"), dtype="uint8")
    )
    np.testing.assert_array_equal(rgb.asnumpy(), image[..., ::-1])


def test_images_are_packed_as_jpeg():
    packed = recordio.pack_img(IRHeader(0, 1, 2, 3), np.full((8, 8, 3), 77, "uint8"), quality=95)
    _, image = recordio.unpack_img(packed)
    assert np.abs(image.astype(int) - 77).max() <= 2
    assert recordio.unpack_img(packed, iscolor=0)[1].shape == (8, 8)


def _damaged(path, edit):
    stored = bytearray(Path(path).read_bytes())
    edited = edit(stored)
    with open(path, "wb") as file:
        file.write(stored if edited is None else edited)
    return MXRecordIO(path, "r")


def test_a_cut_file_says_where_it_ends(path):
    records = _damaged(path, lambda stored: stored[:30])
    assert [records.read(), records.read()] == PAYLOADS[:2]
    with pytest.raises(MXNetError, match=r"a\.rec' is damaged.* byte 20, a record of 5 bytes, but only 2"):
        records.read()


def test_a_record_that_ends_before_its_last_part_is_refused(path):
    records = _damaged(path, lambda stored: stored[:44])
    for _ in range(3):
        records.read()
    with pytest.raises(MXNetError, match="at byte 44, the file ends here, within a record"):
        records.read()


def test_a_length_beyond_the_file_is_refused_before_anything_is_allocated(path):
    records = _damaged(path, lambda stored: stored.__setitem__(slice(4, 8), struct.pack("<I", (1 << 29) - 1)))
    with pytest.raises(MXNetError, match="a record of 536870911 bytes, but only 136 are left"):
        records.read()


def test_what_is_no_record_file_is_refused(path):
    records = _damaged(path, lambda stored: stored.__setitem__(0, 7))
    with pytest.raises(MXNetError, match="at byte 0, expected the mark of a record, 0a23d7ce, got 0723d7ce"):
        records.read()


def test_a_part_out_of_order_is_refused(path):
    records = _damaged(path, lambda stored: stored.__setitem__(7, 0x40))
    with pytest.raises(MXNetError, match="a part of kind 2 does not continue the record at 0"):
        records.read()


def test_any_damage_is_an_error_or_an_answer(path):
    random = np.random.default_rng(0)
    whole = Path(path).read_bytes()
    for _ in range(2000):
        stored = bytearray(whole)
        for place in random.integers(0, len(stored), 3):
            stored[place] = random.integers(0, 256)
        with open(path, "wb") as file:
            file.write(stored[: random.integers(1, len(stored) + 1)])
        try:
            records = _all(MXRecordIO(path, "r"))
        except MXNetError:
            continue
        assert sum(map(len, records)) < len(whole)


@pytest.mark.parametrize("text", ["3 0\n", "a\t0\n", "3\tx\n", "3\t1\t2\n"])
def test_a_damaged_index_names_the_line(indexed, text):
    with open(indexed[0], "a") as file:
        file.write(text)
    with pytest.raises(MXNetError, match=r"b\.idx', line 3: expected a key, a tab and an offset"):
        MXIndexedRecordIO(*indexed, "r")


def test_an_offset_beyond_the_file_is_refused(indexed):
    with open(indexed[0], "a") as file:
        file.write("7\t9999\n8\t-4\n")
    records = MXIndexedRecordIO(*indexed, "r")
    for key in (7, 8):
        with pytest.raises(MXNetError, match="the file ends here"):
            records.read_idx(key)


@pytest.mark.parametrize(
    ("kind", "message", "call"),
    [
        (OSError, "Cannot read '/no/a.rec'", lambda _: MXRecordIO("/no/a.rec", "r")),
        (FileNotFoundError, "Cannot write '/no/a.rec'", lambda _: MXRecordIO("/no/a.rec", "w")),
        (FileNotFoundError, r"Cannot read '/no/a.idx'", lambda p: MXIndexedRecordIO("/no/a.idx", p, "r")),
        (ValueError, "Invalid flag 'a'", lambda p: MXRecordIO(p, "a")),
        (AssertionError, "cannot be written to", lambda p: MXRecordIO(p, "r").write(b"")),
        (ValueError, "Labels are numbers", lambda _: recordio.pack((0, "a", 0, 0), b"")),
        (ValueError, "this one has 3 in all", lambda _: recordio.unpack(b"abc")),
        (
            ValueError,
            "states 9 labels, which take 60 bytes, but it has 24",
            lambda _: recordio.unpack(struct.pack("<IfQQ", 9, 0, 0, 0)),
        ),
        (MXNetError, "The record cannot be decoded", lambda _: recordio.unpack_img(bytes(24) + b"no image")),
        (
            MXNetError,
            "cannot be encoded as '.xyz'",
            lambda _: recordio.pack_img((0, 1, 0, 0), np.zeros((2, 2), "uint8"), img_fmt=".xyz"),
        ),
    ],
)
def test_errors_are_mxnets_and_say_what(path, kind, message, call):
    with pytest.raises(MXNetError, match=message) as raised:
        call(path)
    assert isinstance(raised.value, kind)


def test_closed_records_cannot_be_used(indexed):
    records = MXIndexedRecordIO(*indexed, "r")
    records.close()
    with pytest.raises(MXNetError, match="is closed"):
        records.read()
    with pytest.raises(KeyError, match="has no key 9"):
        MXIndexedRecordIO(*indexed, "r").read_idx(9)
