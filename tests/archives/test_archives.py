"""A model's archive opens as it is, and one that is hostile is refused before it does harm."""

import io
import random
import tarfile
import zipfile

import pytest

import mxnet as mx


def files_of_a_model(epochs=(0,), name="model_algo_1"):
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
    files = {f"{name}-symbol.json": net.tojson().encode(), "hyperparams.json": b"{}"}
    for epoch in epochs:
        arrays = {"arg:fc_weight": mx.nd.full((2, 3), epoch), "arg:fc_bias": mx.nd.zeros((2,))}
        files[f"{name}-{epoch:04d}.params"] = saved(arrays)
    return files


def saved(arrays):
    from mxnet.ndarray.serialize import dumps

    return dumps(arrays)


def write_tar(path, files, *, links=(), mode="w:gz"):
    with tarfile.open(path, mode) as archive:
        for name, contents in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(contents)
            archive.addfile(info, io.BytesIO(contents))
        for name, target, kind in links:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            archive.addfile(info)
    return str(path)


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, contents in files.items():
            archive.writestr(name, contents)
    return buffer.getvalue()


def test_a_model_opens_as_a_training_service_leaves_it(tmp_path):
    path = write_tar(tmp_path / "model.tar.gz", files_of_a_model())
    symbol, arguments, states = mx.model.load_checkpoint(path)
    assert symbol.list_outputs() == ["fc_output"]
    assert sorted(arguments) == ["fc_bias", "fc_weight"]
    assert not states


def test_the_last_epoch_is_taken_unless_one_is_asked_for(tmp_path):
    path = write_tar(tmp_path / "model.tar.gz", files_of_a_model(epochs=(1, 12, 3)))
    assert mx.model.load_checkpoint(path)[1]["fc_weight"].asnumpy().max() == 12
    assert mx.model.load_checkpoint(path, 3)[1]["fc_weight"].asnumpy().max() == 3


def test_a_zip_within_the_archive_is_opened_too(tmp_path):
    inner = zipped(files_of_a_model(name="mx-mod"))
    path = write_tar(tmp_path / "model.tar.gz", {"model_algo-1": inner})
    assert mx.model.load_checkpoint(path)[0].list_outputs() == ["fc_output"]


def test_an_archive_without_a_network_says_what_it_holds(tmp_path):
    path = write_tar(tmp_path / "model.tar.gz", {"notes.txt": b"hello"})
    with pytest.raises(mx.MXNetError, match=r"holds no NAME-symbol.json.*only notes\.txt"):
        mx.model.load_checkpoint(path)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(tmp_path, kind):
    path = write_tar(tmp_path / "model.tar", {}, links=[("x-symbol.json", "/etc/passwd", kind)], mode="w")
    with pytest.raises(mx.MXNetError, match="a link or device"):
        mx.model.load_checkpoint(path)


@pytest.mark.parametrize("name", ["../x-symbol.json", "/x-symbol.json", "a/../../x", "C:\\x", "..\\x"])
def test_paths_that_lead_outside_are_refused(tmp_path, name):
    with pytest.raises(mx.MXNetError, match="leads out of the archive"):
        mx.model.load_checkpoint(write_tar(tmp_path / "model.tar.gz", {name: b""}))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr("mxnet.archives._MOST_BYTES", 1 << 20)
    path = write_tar(tmp_path / "model.tar.gz", {"zeros": bytes(8 << 20)})
    with pytest.raises(mx.MXNetError, match="unpacks to too many bytes"):
        mx.model.load_checkpoint(path)


def test_damage_is_an_error_of_mxnet_and_never_another(tmp_path):
    original = (tmp_path / "good.tar.gz", tmp_path / "model.tar.gz")
    write_tar(original[0], files_of_a_model())
    contents = original[0].read_bytes()
    chosen = random.Random(0)
    for _ in range(300):
        changed = bytearray(contents)
        for _ in range(chosen.randint(1, 4)):
            changed[chosen.randrange(len(changed))] = chosen.randrange(256)
        original[1].write_bytes(changed[: chosen.choice([len(changed), chosen.randrange(len(changed))])])
        try:
            mx.model.load_checkpoint(str(original[1]))
        except mx.MXNetError:
            continue
