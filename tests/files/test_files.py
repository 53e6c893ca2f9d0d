"""Files are replaced as a whole or not at all."""

import os
import stat

import pytest

from mxnet.errors import MXNetError
from mxnet.files import FileAccessError, atomic_write, read_file


def test_a_file_appears_with_what_was_written(tmp_path):
    with atomic_write(tmp_path / "new") as file:
        file.write(b"abc")
    assert read_file(tmp_path / "new") == b"abc"


def test_the_old_file_stays_when_writing_fails(tmp_path):
    path = tmp_path / "kept"
    path.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), atomic_write(path) as file:
        file.write(b"half")
        raise ZeroDivisionError
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["kept"]


def test_the_old_file_is_there_until_the_new_one_is_complete(tmp_path):
    path = tmp_path / "kept"
    path.write_bytes(b"old")
    with atomic_write(str(path)) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"


def test_a_link_goes_on_pointing_at_the_replaced_file(tmp_path):
    (tmp_path / "target").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with atomic_write(tmp_path / "link") as file:
        file.write(b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"new"


def test_permissions_stay(tmp_path):
    path = tmp_path / "private"
    path.write_bytes(b"")
    path.chmod(0o600)
    with atomic_write(path):
        pass
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_no_regular_file_is_written_directly():
    with atomic_write(os.devnull) as file:
        file.write(b"gone")
    assert not stat.S_ISREG(os.stat(os.devnull).st_mode)


def test_a_missing_folder_is_named(tmp_path):
    with (
        pytest.raises(FileAccessError, match=r"Cannot write '.*nowhere/x': No such file or directory\."),
        atomic_write(tmp_path / "nowhere" / "x"),
    ):
        pass


def test_a_missing_file_is_an_error_of_ours_and_of_python(tmp_path):
    with pytest.raises(FileAccessError, match="Cannot read") as caught:
        read_file(tmp_path / "nothing")
    assert isinstance(caught.value, MXNetError)
    assert isinstance(caught.value, OSError)
    assert caught.value.errno == 2
