"""What training programs need besides blocks."""

import numpy as np
import pytest

import mxnet as mx
from mxnet.gluon import utils


def test_uneven_batch_is_split_only_if_that_is_allowed():
    batch = mx.nd.zeros((5, 2))
    with pytest.raises(ValueError, match="even_split=False"):
        utils.split_data(batch, 2)
    assert [part.shape for part in utils.split_data(batch, 3, even_split=False)] == [(2, 2), (2, 2), (1, 2)]
    assert [part.shape for part in utils.split_data(batch, 2, batch_axis=1)] == [(5, 1), (5, 1)]


def test_parts_are_loaded_to_their_contexts():
    parts = utils.split_and_load(np.arange(4), [mx.cpu(0), mx.cpu(1)])
    assert [(part.context, part.asnumpy().tolist()) for part in parts] == [
        (mx.cpu(0), [0, 1]),
        (mx.cpu(1), [2, 3]),
    ]


def test_norm_that_is_small_enough_is_left_alone():
    arrays = [mx.nd.array([3.0]), mx.nd.array([4.0])]
    assert utils.clip_global_norm(arrays, 10.0) == 5.0
    assert [array.asscalar() for array in arrays] == [3, 4]
    norm = utils.clip_global_norm(arrays, 1.0, check_isfinite=False)
    assert norm.asnumpy().tolist() == [5.0]
    np.testing.assert_allclose([array.asscalar() for array in arrays], [0.6, 0.8], rtol=1e-6)


def test_norm_that_is_not_finite_is_warned_of():
    with pytest.warns(UserWarning, match="nan or inf"):
        utils.clip_global_norm([mx.nd.array([np.inf])], 1.0)
    with pytest.raises(AssertionError):
        utils.clip_global_norm([], 1.0)


HELLO = "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"


@pytest.fixture
def source(tmp_path):
    file = tmp_path / "hello.txt"
    file.write_text("hello")
    return file


def test_download_fetches_checks_and_keeps(source, tmp_path):
    folder = tmp_path / "there"
    folder.mkdir()
    name = utils.download(source.as_uri(), path=folder, sha1_hash=HELLO)
    assert utils.check_sha1(name, HELLO)
    source.unlink()
    assert utils.download(source.as_uri(), path=name, sha1_hash=HELLO) == name


def test_download_that_fails_says_where_to_put_the_file(tmp_path, capsys):
    target = tmp_path / "data.zip"
    with pytest.raises(OSError, match=f"put the file at {target}"):
        utils.download("file:///nowhere/data.zip", path=str(target), retries=1)
    assert "retrying, 1 attempt left" in capsys.readouterr().out
    assert not target.exists()


def test_download_of_something_else_is_refused(source, tmp_path):
    with pytest.raises(OSError, match="content hash does not match"):
        utils.download(source.as_uri(), path=str(tmp_path / "copy"), sha1_hash="0" * 40, retries=0)


def test_url_without_a_file_name_needs_a_path():
    with pytest.raises(AssertionError, match="path"):
        utils.download("file:///nowhere/")


def test_place_of_published_files_is_that_of_the_environment(monkeypatch):
    monkeypatch.setenv("MXNET_GLUON_REPO", "file:///mirror")
    assert utils._get_repo_url() == "file:///mirror/"
    assert utils._get_repo_file_url("gluon/models", "a.params") == "file:///mirror/gluon/models/a.params"
