import os
import shutil
import tarfile

import pytest

import mxnet as mx
from mxnet.cli.tools.models import find_model


def test_a_prefix_is_a_network_with_the_parameters_of_the_last_epoch(checkpoint):
    model = find_model(checkpoint)
    assert [os.path.basename(each) for each in model.sources] == ["net-symbol.json", "net-0003.params"]
    assert sorted(model.states) == ["norm_moving_mean", "norm_moving_var"]


def test_an_epoch_is_chosen(checkpoint):
    assert find_model(checkpoint, epoch=1).sources[1].endswith("net-0001.params")
    with pytest.raises(mx.MXNetError, match=r"no .*net-0002\.params, only of 1, 3"):
        find_model(checkpoint, epoch=2)


@pytest.mark.parametrize("ending", ["-symbol.json", "-0001.params"])
def test_either_file_means_the_model(checkpoint, ending):
    assert len(find_model(checkpoint + ending).arguments) == 6


def test_the_file_of_parameters_that_is_named_is_taken(checkpoint):
    assert find_model(f"{checkpoint}-0001.params").sources[1].endswith("net-0001.params")


def test_a_folder_means_its_only_network(checkpoint, tmp_path):
    assert find_model(os.path.dirname(checkpoint)).name == os.path.basename(os.path.dirname(checkpoint))
    for name in ("a", "b"):
        shutil.copy(f"{checkpoint}-symbol.json", tmp_path / f"{name}-symbol.json")
    with pytest.raises(mx.MXNetError, match=r"several networks: a-symbol\.json, b-symbol\.json"):
        find_model(str(tmp_path))


def test_an_archive_is_a_model(checkpoint, tmp_path):
    path = tmp_path / "model.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for ending in ("-symbol.json", "-0001.params"):
            archive.add(checkpoint + ending, f"model_algo_1{ending}")
    assert len(find_model(str(path)).arguments) == 6


def test_a_network_alone_has_no_parameters(checkpoint, tmp_path):
    shutil.copy(f"{checkpoint}-symbol.json", tmp_path)
    assert not find_model(str(tmp_path)).has_parameters


def test_a_name_that_is_nearly_right_is_answered_with_the_right_one(checkpoint):
    with pytest.raises(mx.MXNetError, match=r"Did you mean 'net-symbol.json'\?"):
        find_model(f"{os.path.dirname(checkpoint)}/net-symbl.json")


def test_parameters_without_a_network_are_told(tmp_path):
    path = tmp_path / "lone-0000.params"
    mx.nd.save(str(path), {"arg:w": mx.nd.ones((1,))})
    with pytest.raises(mx.MXNetError, match="parameters alone"):
        find_model(str(path))


def test_a_network_is_cut_at_a_node(checkpoint):
    assert find_model(checkpoint, cut="relu").symbol.list_outputs() == ["relu_output"]
    with pytest.raises(mx.MXNetError, match=r"no node 'rellu'. Did you mean 'relu'\?"):
        find_model(checkpoint, cut="rellu")
