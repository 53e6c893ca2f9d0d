import io
import json
import shutil

import numpy as np
import pytest

import mxnet as mx


@pytest.fixture(scope="module")
def dense(tmp_path_factory):
    """The prefix of a network that hands on two numbers, weighted: 1 and 10 as they are, their sum."""
    prefix = str(tmp_path_factory.mktemp("dense") / "dense")
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3, no_bias=True, name="fc")
    weight = mx.nd.array([[1, 0], [0, 1], [1, 1]])
    mx.model.save_checkpoint(prefix, 0, net, {"fc_weight": weight}, {})
    return prefix


def answers(symnet, *arguments, **more):
    told = json.loads(symnet("run", *arguments, "--json", **more).stdout)
    return [[each["value"] for each in row] for row in told["outputs"][0]["top"]]


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(array, "float32"))
    return buffer.getvalue()


def test_a_table_is_a_batch(symnet, dense, tmp_path):
    (tmp_path / "x.csv").write_text("a,b\n1,10\n2,20\n")
    assert answers(symnet, dense, "--input", tmp_path / "x.csv") == [[11, 10, 1], [22, 20, 2]]


def test_an_array_is_read(symnet, dense, tmp_path):
    (tmp_path / "x.npy").write_bytes(npy([[1, 10]]))
    assert answers(symnet, dense, "--input", f"data={tmp_path / 'x.npy'}") == [[11, 10, 1]]


def test_one_sample_needs_no_batch(symnet, dense, tmp_path):
    (tmp_path / "x.npy").write_bytes(npy([1, 10]))
    assert answers(symnet, dense, "--input", tmp_path / "x.npy") == [[11, 10, 1]]


@pytest.mark.parametrize("contents", [b"1 10\n", npy([[1, 10]])])
def test_the_standard_input_is_read(symnet, dense, contents):
    assert answers(symnet, dense, "--input", "-", input=contents) == [[11, 10, 1]]


def test_several_files_are_a_batch(symnet, dense, tmp_path):
    for i in (1, 2):
        (tmp_path / f"{i}.csv").write_text(f"{i},0\n")
    given = [each for i in (1, 2) for each in ("--input", tmp_path / f"{i}.csv")]
    assert answers(symnet, dense, *given, "--top", 1) == [[1], [2]]


def test_the_likeliest_classes_are_shown_by_name(symnet, dense, tmp_path):
    (tmp_path / "names.txt").write_text("cat\ndog\nowl\n")
    output = symnet(
        "run", dense, "--input", "-", "--classes", tmp_path / "names.txt", "--top", 2, input=b"1 10"
    ).stdout
    assert output.splitlines()[0] == "fc_output: the 2 largest of 3"
    assert [line.split() for line in output.splitlines()[3:]] == [["2", "owl", "11"], ["1", "dog", "10"]]


def test_names_of_classes_beside_a_model_are_found(symnet, dense, tmp_path):
    for ending in ("-symbol.json", "-0000.params"):
        shutil.copy(dense + ending, tmp_path / f"net{ending}")
    (tmp_path / "synset.txt").write_text("n1 cat\nn2 dog\nn3 owl\n")
    assert "n3 owl" in symnet("run", tmp_path / "net", "--input", "-", input=b"1 10").stdout


def test_an_image_becomes_numbers_as_asked(symnet, tmp_path, picture):
    net = mx.sym.Flatten(mx.sym.Variable("data"), name="flat")
    path = str(tmp_path / "flat-symbol.json")
    net.save(path)
    target = tmp_path / "out.npz"
    more = ["--mean", "10,20,30", "--std", "2", "--scale", "0.5", "--fit", "stretch", "--bgr"]
    symnet("run", path, "--shape", "1,3,20,16", "--input", picture, *more, "-o", target)
    pixels = pytest.importorskip("cv2").imread(picture).astype("float32")
    wanted = ((pixels - [10, 20, 30]) / 2 * 0.5).transpose(2, 0, 1).reshape(1, -1)
    np.testing.assert_allclose(np.load(target)["flat_output"], wanted, rtol=1e-6)


@pytest.mark.parametrize("fit", ["crop", "stretch", "pad"])
def test_an_image_gets_the_size_of_the_model(symnet, checkpoint, picture, fit):
    done = symnet("run", checkpoint, "--input", picture, "--fit", fit)
    assert "softmax_output: the 3 largest of 3" in done.stdout


def test_what_is_not_given_is_drawn_and_said(symnet, dense):
    assert "nothing is given for data, so it is drawn at random" in symnet("run", dense).stderr


def test_a_model_without_parameters_says_that_its_numbers_mean_nothing(symnet, dense, tmp_path):
    shutil.copy(f"{dense}-symbol.json", tmp_path)
    assert "the numbers mean nothing" in symnet("run", tmp_path, "--shape", "1,2").stderr


def test_other_outputs_are_told_by_their_numbers(symnet, tmp_path):
    path = str(tmp_path / "net-symbol.json")
    mx.sym.exp(mx.sym.Variable("data"), name="grow").save(path)
    (tmp_path / "x.npy").write_bytes(npy(np.zeros((2, 3, 4))))
    output = symnet("run", path, "--input", tmp_path / "x.npy").stdout
    assert output.splitlines()[0] == "grow_output: 2x3x4 float32"
    assert output.splitlines()[-1].split()[:3] == ["1", "1", "1"]


@pytest.mark.parametrize(
    ("contents", "why"),
    [
        (b"1,2,3\n", "the model takes"),
        (b"1,2\n3\n", "rows of 1, 2 numbers"),
        (b"\xff\xfe", "neither an image nor"),
        (b"\x93NUMPY\x01", "Cannot read the standard input"),
        (b"", "holds no numbers"),
    ],
)
def test_what_does_not_fit_is_told(symnet, dense, contents, why):
    assert why in symnet("run", dense, "--input", "-", input=contents, status=1).stderr


def test_an_input_that_is_not_there_is_answered_with_those_that_are(symnet, dense):
    told = symnet("run", dense, "--input", "dat=x.npy", status=1).stderr
    assert "no input 'dat', only data" in told


def test_parameters_of_another_network_are_told_with_the_likely_cause(symnet, checkpoint, dense):
    told = symnet("run", checkpoint, "--params", f"{dense}-0000.params", status=1).stderr
    assert "Missing: conv_weight" in told


def test_an_error_names_no_line_of_the_program_itself(symnet, checkpoint):
    told = symnet("run", checkpoint, "--shape", "1,3", status=1).stderr
    assert "conv" in told
    assert ".py" not in told


def test_a_network_ends_before_a_loss_that_nobody_knows(symnet, tmp_path):
    names = [("null", "data", []), ("exp", "grow", [[0, 0, 0]]), ("null", "label", [])]
    names.append(("WarpCTC", "ctc", [[1, 0, 0], [2, 0, 0]]))
    nodes = [{"op": op, "name": name, "inputs": inputs} for op, name, inputs in names]
    path = tmp_path / "ctc-symbol.json"
    path.write_text(json.dumps({"nodes": nodes, "arg_nodes": [0, 2], "heads": [[3, 0, 0]]}))
    done = symnet("run", path, "--input", "-", input=b"0 0\n")
    assert "ctc takes labels and is of no use here" in done.stderr
    assert "grow_output" in done.stdout


def test_outputs_are_not_written_over_a_file(symnet, dense, tmp_path):
    (tmp_path / "out.npz").write_text("mine")
    assert "--force replaces it" in symnet("run", dense, "-o", tmp_path / "out.npz", status=1).stderr
    assert (tmp_path / "out.npz").read_text() == "mine"
