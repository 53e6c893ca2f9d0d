"""Published networks are those of real MXNet, name by name and node by node; their files are looked for."""

from __future__ import annotations

import hashlib
import zipfile

import answering
import numpy as np
import pytest
from recorded import answers

import mxnet as mx
from mxnet.gluon.model_zoo import model_store, vision

RECORDED = answers("gluon_networks")


@pytest.mark.parametrize("name", RECORDED)
def test_network_has_the_parameters_and_the_graph_of_mxnet(name):
    assert answering.answer_network(name) == RECORDED[name]


def test_every_network_is_a_function_too():
    for name in ("resnet18_v1", "vgg11_bn", "densenet121", "alexnet"):
        assert getattr(vision, name).__name__ == name
    assert isinstance(vision.mobilenet_v2_0_25(classes=3), vision.MobileNetV2)


def test_unknown_network_is_refused_with_all_names():
    with pytest.raises(ValueError, match=r"(?s)resnet19_v1 is not supported.*resnet18_v1") as caught:
        vision.get_model("ResNet19_v1")
    assert isinstance(caught.value, mx.MXNetError)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: vision.get_resnet(1, 17), "18, 34, 50, 101, 152 layers, got 17"),
        (lambda: vision.get_resnet(3, 18), "versions 1 and 2, got 3"),
        (lambda: vision.get_vgg(12), "11, 13, 16, 19 layers, got 12"),
        (lambda: vision.SqueezeNet("1.2"), "1.0 and 1.1, got '1.2'"),
        (lambda: vision.VGG([1], [8, 8]), "filters for each of 1 groups, got 2"),
        (lambda: vision.ResNetV1(vision.BasicBlockV1, [1, 1], [8, 8]), "each of 2 stages, got 2"),
    ],
)
def test_network_that_does_not_exist_is_refused(wrong, says):
    with pytest.raises(AssertionError, match=says):
        wrong()


def test_missing_file_is_named_with_its_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("MXNET_HOME", str(tmp_path / "home"))
    with pytest.raises(FileNotFoundError) as caught:
        vision.resnet18_v1(pretrained=True, root=tmp_path / "root")
    for place in (tmp_path / "root", tmp_path / "home" / "models"):
        assert str(place / "resnet18_v1-a0666292.params") in str(caught.value)


def test_name_without_published_parameters_is_refused():
    with pytest.raises(ValueError, match="Pretrained model for my_net is not available"):
        model_store.get_model_file("my_net")


def test_file_with_other_contents_is_not_loaded(tmp_path):
    (tmp_path / "alexnet-44335d1f.params").write_bytes(b"something else")
    with pytest.raises(ValueError, match="is not the published file"):
        model_store.get_model_file("alexnet", root=tmp_path)


@pytest.fixture
def published(tmp_path, monkeypatch):
    """Publish a small network of random parameters as mobilenet0.25, in MXNET_HOME."""
    monkeypatch.setenv("MXNET_HOME", str(tmp_path))
    network = vision.mobilenet0_25(classes=3)
    network.initialize()
    network(mx.nd.zeros((1, 3, 32, 32)))
    network.save_parameters(tmp_path / "saved")
    content = (tmp_path / "saved").read_bytes()
    digest = hashlib.sha1(content).hexdigest()
    monkeypatch.setitem(model_store._model_sha1, "mobilenet0.25", digest)
    (tmp_path / "models").mkdir()
    return network, tmp_path / "models", f"mobilenet0.25-{digest[:8]}", content


@pytest.mark.parametrize("packed", [False, True])
def test_published_parameters_are_found_and_unpacked_in_mxnet_home(published, packed):
    network, folder, name, content = published
    if packed:
        with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
            archive.writestr(f"{name}.params", content)
    else:
        (folder / f"{name}.params").write_bytes(content)
    loaded = vision.get_model("mobilenet0.25", pretrained=True, classes=3)
    x = mx.nd.ones((1, 3, 32, 32))
    np.testing.assert_array_equal(loaded(x).asnumpy(), network(x).asnumpy())


def test_purge_removes_files_of_parameters(tmp_path):
    (tmp_path / "a.params").touch()
    (tmp_path / "b.txt").touch()
    model_store.purge(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["b.txt"]
