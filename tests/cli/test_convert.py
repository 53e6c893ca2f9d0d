import json
import os

import numpy as np
import pytest
import torch

import mxnet as mx
import mxnet.cli.convert
from mxnet.cli.tools.models import find_model


def converted(symnet, model, kind, path, *more, status=0):
    done = symnet("convert", model, "--to", kind, "--output", path, "--json", *more, status=status)
    return json.loads(done.stdout)


def test_onnx_is_proved_in_onnx_runtime(symnet, checkpoint, tmp_path):
    pytest.importorskip("onnxruntime")
    told = converted(symnet, checkpoint, "onnx", tmp_path / "net.onnx")
    assert told["compared"] == "its outputs in ONNX Runtime beside those here"
    assert 0 <= told["differences"]["softmax_output"] < 1e-5
    assert told["inputs"] == {"data": [1, 3, 8, 8]}


def test_onnx_comes_back_and_goes_on(symnet, checkpoint, tmp_path):
    pytest.importorskip("onnxruntime")
    symnet("convert", checkpoint, "-t", "onnx", "-o", tmp_path / "net.onnx", "--dynamic", "--no-verify")
    symnet("convert", tmp_path / "net.onnx", "-t", "mxnet", "-o", tmp_path / "back", "-s", "1,3,8,8")
    assert "softmax_output" in symnet("run", tmp_path / "back").stdout


def test_what_onnx_cannot_say_is_told_with_the_node(symnet, tmp_path):
    pytest.importorskip("onnx")
    path = str(tmp_path / "odd-symbol.json")
    mx.sym.erfinv(mx.sym.Variable("data"), name="odd").save(path)
    told = symnet("convert", path, "-t", "onnx", "-o", tmp_path / "odd.onnx", "-s", "2,3", status=1).stderr
    assert "erfinv ('odd'): ONNX has no such operator" in told
    assert not (tmp_path / "odd.onnx").exists()


def test_a_program_of_torch_runs_without_us(symnet, checkpoint, tmp_path):
    told = converted(symnet, checkpoint, "torch", tmp_path / "net.pt2", "--dynamic")
    assert told["largest_difference"] < 1e-5
    program = torch.export.load(tmp_path / "net.pt2").module()
    assert program(torch.ones(5, 3, 8, 8)).shape == (5, 3)


def test_weights_of_torch_have_their_names(symnet, checkpoint, tmp_path):
    converted(symnet, checkpoint, "torch", tmp_path / "net.pt")
    weights = torch.load(tmp_path / "net.pt", weights_only=True)
    assert weights["conv_weight"].shape == (4, 3, 3, 3)
    assert "norm_moving_mean" in weights


def test_the_source_of_a_module_can_be_read(symnet, checkpoint, tmp_path):
    converted(symnet, checkpoint, "torch", tmp_path / "net.py")
    assert "conv = F.conv2d(data, self.conv_weight, self.conv_bias)" in (tmp_path / "net.py").read_text()


def test_python_builds_the_same_network(symnet, checkpoint, tmp_path):
    assert converted(symnet, checkpoint, "python", tmp_path / "net.py")["differences"] == {"network": 0.0}
    scope = {}
    exec((tmp_path / "net.py").read_text(), scope)
    assert scope["symbol"].tojson() == mx.sym.load(f"{checkpoint}-symbol.json").tojson()


@pytest.mark.parametrize("kind", ["npz", "safetensors"])
def test_arrays_go_to_other_files(symnet, checkpoint, tmp_path, kind):
    pytest.importorskip(kind if kind == "safetensors" else "numpy")
    told = converted(symnet, checkpoint, kind, tmp_path / f"net.{kind}")
    assert told["largest_difference"] == 0
    loaded = mx.nd.load(str(tmp_path / f"net.{kind}"))
    np.testing.assert_array_equal(
        loaded["fc_weight"].asnumpy(), find_model(checkpoint).arguments["fc_weight"].asnumpy()
    )


def test_a_checkpoint_is_written_anew_with_its_losses(symnet, checkpoint, tmp_path):
    told = converted(symnet, f"{checkpoint}-0001.params", "mxnet", tmp_path / "new")
    assert sorted(map(os.path.basename, told["files"])) == ["new-0000.params", "new-symbol.json"]
    assert told["largest_difference"] == 0
    assert mx.sym.load(str(tmp_path / "new-symbol.json")).list_arguments()[-1] == "softmax_label"


def test_a_difference_ends_with_1(symnet, checkpoint, tmp_path, monkeypatch):
    monkeypatch.setattr(mxnet.cli.convert, "largest_difference", lambda own, other: 0.5)
    done = symnet("convert", checkpoint, "-t", "npz", "-o", tmp_path / "net.npz", status=1)
    assert "MORE THAN 1e-04" in done.stdout


def test_what_is_there_is_not_replaced_unless_asked(symnet, checkpoint, tmp_path):
    (tmp_path / "net.npz").write_text("mine")
    arguments = ("convert", checkpoint, "--to", "npz", "-o", tmp_path / "net.npz")
    assert "is there already; --force replaces it" in symnet(*arguments, status=1).stderr
    assert (tmp_path / "net.npz").read_text() == "mine"
    symnet(*arguments, "--force")


def test_a_folder_that_is_not_there_is_told(symnet, checkpoint, tmp_path):
    told = symnet("convert", checkpoint, "-t", "npz", "-o", tmp_path / "no" / "net.npz", status=1).stderr
    assert "there is no folder" in told


def test_a_kind_that_is_misspelt_is_answered_with_the_nearest(symnet, checkpoint):
    assert "Did you mean 'torch'?" in symnet("convert", checkpoint, "--to", "troch", status=1).stderr


def test_a_network_is_converted_as_far_as_a_node(symnet, checkpoint, tmp_path):
    path = tmp_path / "part.py"
    symnet("convert", checkpoint, "-t", "python", "--cut", "relu", "-o", path)
    assert "FullyConnected" not in path.read_text()
