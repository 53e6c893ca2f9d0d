"""inspect, diff and rec: files of arrays and of records."""

import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest

import mxnet as mx
from mxnet.cli.tools.records import items


def save(path, **arrays):
    mx.nd.save(str(path), {name: mx.nd.array(each) for name, each in arrays.items()})
    return path


def test_arrays_are_described(symnet, tmp_path):
    path = save(tmp_path / "x.params", w=[[0.0, 1.0], [2.0, 5.0]])
    told = json.loads(symnet("inspect", path, "--json").stdout)["arrays"]
    (row,) = told
    assert (row["name"], row["shape"], row["dtype"]) == ("w", [2, 2], "float32")
    assert (row["min"], row["max"], row["mean"], row["zeros"]) == (0, 5, 2, 0.25)
    assert symnet("inspect", path).stdout.splitlines()[-1] == "1 arrays, 4 numbers, 16 B"


def test_numbers_that_are_none_end_with_1(symnet, tmp_path):
    path = save(tmp_path / "x.params", good=[1.0], bad=[np.nan, np.inf, 2.0])
    output = symnet("inspect", path, status=1).stdout
    assert "1 NaN, 1 inf" in output
    assert output.endswith("2 of them are NaN or infinite\n")


def test_arrays_are_chosen_by_their_name(symnet, tmp_path):
    path = save(tmp_path / "x.params", conv_weight=[1.0], fc_weight=[2.0])
    assert "conv_weight" not in symnet("inspect", path, "--only", "fc").stdout
    assert "no array with 'lstm'" in symnet("inspect", path, "--only", "lstm", status=1).stderr


def test_files_of_others_are_described(symnet, tmp_path):
    np.savez(tmp_path / "x.npz", w=np.ones((2, 3), "float32"))
    np.save(tmp_path / "x.npy", np.ones((4, 5), "int64"))
    assert "2x3" in symnet("inspect", tmp_path / "x.npz").stdout
    assert "int64" in symnet("inspect", tmp_path / "x.npy").stdout


def test_states_of_an_optimizer_are_described(symnet, tmp_path):
    updater = mx.optimizer.get_updater(mx.optimizer.Adam())
    updater.states[0] = (mx.nd.ones((3,)), mx.nd.zeros((3,)))
    (tmp_path / "x.states").write_bytes(updater.get_states(dump_optimizer=True))
    output = symnet("inspect", tmp_path / "x.states").stdout
    assert "states of Adam" in output
    assert [line.split()[0] for line in output.splitlines()[3:5]] == ["0.0", "0.1"]


@pytest.mark.parametrize("ending", ["states", "params"])
def test_a_pickle_runs_nothing(symnet, tmp_path, ending):
    class Evil:
        def __reduce__(self):
            return open, (str(tmp_path / "made"), "w")

    path = tmp_path / f"x.{ending}"
    path.write_bytes(pickle.dumps(Evil()))
    assert "pickle" in symnet("inspect", path, status=1).stderr
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("cut", [0, 5, 30, 60])
def test_a_truncated_file_is_told_in_a_line(symnet, tmp_path, cut):
    path = save(tmp_path / "x.params", w=np.ones((3, 3)))
    path.write_bytes(path.read_bytes()[:cut])
    told = symnet("inspect", path, status=1).stderr
    assert "x.params" in told
    assert told.count("\n") == 1


# ------------------------------------------------------------------------------------------------------- diff


def test_what_is_equal_ends_with_0(symnet, checkpoint):
    for ending in ("", "-0001.params"):
        a, b = checkpoint + ending, checkpoint + ending.replace("1", "3")
        assert symnet("diff", a, b).stdout.endswith("They are equal.\n")


def test_networks_are_compared_by_node(symnet, checkpoint, tmp_path):
    path = tmp_path / "other-symbol.json"
    text = Path(f"{checkpoint}-symbol.json").read_text(encoding="utf-8")
    path.write_text(
        text.replace('"num_hidden": "3"', '"num_hidden": "7"').replace('"relu"', '"rectified"', 1)
    )
    told = json.loads(symnet("diff", f"{checkpoint}-symbol.json", path, "--json", status=1).stdout)
    found = {(each["node"], each["what"]): (each["a"], each["b"]) for each in told["structure"]}
    assert found["fc", "num_hidden"] == ("3", "7")
    assert not told["equal"]


def test_arrays_are_compared_by_their_numbers(symnet, tmp_path):
    a = save(tmp_path / "a.params", same=[1.0], apart=[4.0, 2.0], gone=[1.0], grown=[1.0])
    b = save(tmp_path / "b.params", same=[1.0], apart=[4.0, 3.0], grown=[1.0, 2.0])
    told = json.loads(symnet("diff", a, b, "--json", status=1).stdout)["arrays"]
    found = {each["array"]: each for each in told}
    assert found["apart"]["difference"] == 0.25
    assert found["apart"]["changed"] == 0.5
    assert found["gone"]["what"] == "only in A"
    assert found["grown"]["b"] == "2 float32"
    assert "same" not in found


def test_small_differences_are_let_pass(symnet, tmp_path):
    a, b = save(tmp_path / "a.params", w=[1.0]), save(tmp_path / "b.params", w=[1.001])
    symnet("diff", a, b, "--tolerance", "0.01")
    symnet("diff", a, b, status=1)


def test_a_model_is_not_compared_with_arrays(symnet, checkpoint, tmp_path):
    path = save(tmp_path / "a.params", w=[1.0])
    assert "not alike" in symnet("diff", checkpoint, path, status=1).stderr


# -------------------------------------------------------------------------------------------------------- rec


@pytest.fixture
def records(tmp_path):
    """A file of three image records with the keys 4, 5 and 6."""
    base = str(tmp_path / "data")
    with mx.recordio.MXIndexedRecordIO(f"{base}.idx", f"{base}.rec", "w") as file:
        for key in (4, 5, 6):
            content = b"\xff\xd8\xff" + bytes(20 * key)
            file.write_idx(key, mx.recordio.pack((0, [key, 0.5], key, 0), content))
    return f"{base}.rec"


def test_records_are_listed(symnet, records):
    lines = symnet("rec", records).stdout.splitlines()
    assert lines[3].split() == ["4", "0", "115", "B", "jpg", "4", "0.5"]
    assert lines[-1] == "3 records, 405 B"
    assert len(json.loads(symnet("rec", records, "--json").stdout)["records"]) == 3


def test_inspect_lists_records_too(symnet, records):
    assert "3 records" in symnet("inspect", records).stdout


def test_records_are_extracted_as_files(symnet, records, tmp_path):
    symnet("rec", records, "--extract", tmp_path / "out", "--keys", "5,6")
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == ["5.jpg", "6.jpg", "labels.tsv"]
    assert (tmp_path / "out" / "5.jpg").read_bytes() == b"\xff\xd8\xff" + bytes(100)
    assert (tmp_path / "out" / "labels.tsv").read_text() == "5.jpg\t5\t0.5\n6.jpg\t6\t0.5\n"


def test_a_key_leads_nowhere_else(symnet, records, tmp_path):
    index = tmp_path / "data.idx"
    index.write_text(index.read_text().replace("4\t", "../../4\t"))
    symnet("rec", records, "--extract", tmp_path / "out")
    assert not (tmp_path.parent / "4.jpg").exists()
    assert len(list((tmp_path / "out").iterdir())) == 4


def test_a_lost_index_is_made_anew(symnet, records, tmp_path):
    index = tmp_path / "data.idx"
    before = index.read_text()
    index.unlink()
    assert "3 records" in symnet("rec", records, "--repair").stdout
    assert index.read_text() == before


def test_records_keep_the_keys_they_had(symnet, records, tmp_path):
    index = tmp_path / "data.idx"
    first, *_ = index.read_text().splitlines()
    index.write_text(first.replace("4\t", "400\t") + "\ndamaged line\n")
    symnet("rec", records, "--repair")
    assert [item.key for item in items(records)] == ["400", "5", "6"]


def test_damaged_records_are_passed_over(symnet, records, tmp_path):
    contents = bytearray((tmp_path / "data.rec").read_bytes())
    second = contents.index(b"\x0a\x23\xd7\xce", 8)
    contents[second + 3] = 0
    (tmp_path / "data.rec").write_bytes(contents[:-8])
    assert "symnet rec: " in symnet("rec", records, status=1).stderr
    told = json.loads(symnet("rec", records, "--repair", "--json").stdout)
    assert (told["records"], told["kept"]) == (1, 1)
    assert told["lost"] == len(contents) - 8 - second


def test_lists_of_images_are_made_as_by_im2rec(symnet, tmp_path, picture):
    folder = tmp_path / "pictures"
    folder.mkdir()
    shutil.copy(picture, folder / "a.png")
    symnet("im2rec", "--list", tmp_path / "all", folder)
    assert (tmp_path / "all.lst").read_text() == "0\t0.000000\ta.png\n"
