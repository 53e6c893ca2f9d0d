"""Arrays go to the files of other frameworks and come back."""

import random

import numpy as np
import pytest

import mxnet as mx

ARRAYS = {
    "weight": mx.nd.array([[1.5, -2], [0, 3]]),
    "half": mx.nd.array([1, 2], dtype="float16"),
    "whole": mx.nd.array([7], dtype="int64"),
}


@pytest.fixture(params=["npz", "safetensors"])
def save(request):
    if request.param == "safetensors":
        pytest.importorskip("safetensors")
    return {"npz": mx.nd.save_npz, "safetensors": mx.nd.save_safetensors}[request.param]


def test_arrays_come_back_as_they_were(save, tmp_path):
    save(tmp_path / "arrays", ARRAYS)
    loaded = mx.nd.load(tmp_path / "arrays")
    assert sorted(loaded) == sorted(ARRAYS)
    for name, array in ARRAYS.items():
        assert loaded[name].dtype == array.dtype
        np.testing.assert_array_equal(loaded[name].asnumpy(), array.asnumpy())


def test_what_is_no_dictionary_is_refused(save, tmp_path):
    with pytest.raises(ValueError, match="takes a dict of names to NDArrays"):
        save(tmp_path / "arrays", [mx.nd.ones((1,))])


def test_numbers_without_names_are_a_list(tmp_path):
    np.savez(tmp_path / "arrays.npz", np.ones(2), np.zeros(3))
    assert [array.shape for array in mx.nd.load(tmp_path / "arrays.npz")] == [(2,), (3,)]


def test_numpy_reads_what_is_saved(tmp_path):
    mx.nd.save_npz(tmp_path / "arrays.npz", ARRAYS)
    with np.load(tmp_path / "arrays.npz") as loaded:
        np.testing.assert_array_equal(loaded["weight"], ARRAYS["weight"].asnumpy())


def test_safetensors_reads_what_is_saved(tmp_path):
    library = pytest.importorskip("safetensors.numpy")
    mx.nd.save_safetensors(tmp_path / "arrays", ARRAYS, {"made": "here"})
    np.testing.assert_array_equal(library.load_file(tmp_path / "arrays")["half"], ARRAYS["half"].asnumpy())


def test_objects_in_a_file_are_never_made(tmp_path):
    np.savez(tmp_path / "arrays.npz", np.array([{}], dtype=object))
    with pytest.raises(mx.MXNetError, match="Cannot read"):
        mx.nd.load(tmp_path / "arrays.npz")


def test_a_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("mxnet.ndarray.foreign_files._MOST_BYTES", 1 << 20)
    np.savez_compressed(tmp_path / "arrays.npz", np.zeros(1 << 21))
    with pytest.raises(mx.MXNetError, match="unpack to"):
        mx.nd.load(tmp_path / "arrays.npz")


def test_damage_is_an_error_of_mxnet_and_never_another(save, tmp_path):
    save(tmp_path / "good", ARRAYS)
    contents = (tmp_path / "good").read_bytes()
    chosen = random.Random(0)
    for _ in range(500):
        changed = bytearray(contents)
        for _ in range(chosen.randint(1, 4)):
            changed[chosen.randrange(len(changed))] = chosen.randrange(256)
        changed = changed[: chosen.choice([len(changed), chosen.randrange(len(changed))])]
        try:
            mx.nd.load_frombuffer(bytes(changed))
        except mx.MXNetError:
            continue


def test_a_missing_package_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"pip install 'symnet\[safetensors\]'"):
        mx.nd.save_safetensors(tmp_path / "arrays", ARRAYS)
