"""Files are replaced as a whole or not at all."""

import os
import signal
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from mxnet import files
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


# ------------------------------------------------------------------------------------- writers that were killed

WRITE = """
import os, sys, time
from mxnet.files import atomic_write
with atomic_write(sys.argv[1]) as file:
    file.write(b"x" * 1000)
    file.flush()
    print("writing", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def writer(tmp_path):
    """Start a process that is in the middle of writing a file; return it and the file's path."""
    started = []

    def start(name):
        process = subprocess.Popen([sys.executable, "-c", WRITE, tmp_path / name], stdout=subprocess.PIPE)
        started.append(process)
        assert process.stdout.readline() == b"writing\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def save(path):
    with atomic_write(path) as file:
        file.write(b"saved")


def test_the_next_writer_of_a_name_removes_what_a_killed_one_left(tmp_path, writer):
    killed = writer("net.params")
    assert len(os.listdir(tmp_path)) == 1
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert len(os.listdir(tmp_path)) == 1
    save(tmp_path / "net.params")
    assert os.listdir(tmp_path) == ["net.params"]


def test_what_a_living_writer_writes_stays(tmp_path, writer):
    writer("net.params")
    save(tmp_path / "net.params")
    assert len(os.listdir(tmp_path)) == 2


def test_files_of_other_names_stay(tmp_path):
    others = [
        "net.params.0123456789ab.tmpx",
        "net.params.short.tmp",
        "other.params.0123456789ab.tmp",
        "net.params.tmp",
    ]
    for name in others:
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "net.params.0123456789ab.tmp").write_bytes(b"of a writer without a lock")
    save(tmp_path / "net.params")
    assert sorted(os.listdir(tmp_path)) == sorted([*others, "net.params"])


def test_writers_of_one_name_do_not_get_into_each_other_s_way(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(save, [tmp_path / "net.params"] * 200))
    assert os.listdir(tmp_path) == ["net.params"]
    assert read_file(tmp_path / "net.params") == b"saved"


def test_a_file_that_was_taken_for_abandoned_is_made_again(tmp_path, monkeypatch):
    taken = []

    def steal(file, *, wait):
        if wait and not taken:
            (path,) = tmp_path.iterdir()
            path.unlink()
            taken.append(path)

    monkeypatch.setattr(files, "_lock", steal)
    save(tmp_path / "net.params")
    assert len(taken) == 1
    assert read_file(tmp_path / "net.params") == b"saved"


def test_a_file_system_without_locks_is_written_to(tmp_path, monkeypatch):
    def refuse(file, *, wait):
        raise OSError("no locks")

    monkeypatch.setattr(files, "_lock", refuse)
    (tmp_path / "net.params.0123456789ab.tmp").write_bytes(b"")
    save(tmp_path / "net.params")
    assert sorted(os.listdir(tmp_path)) == ["net.params", "net.params.0123456789ab.tmp"]
