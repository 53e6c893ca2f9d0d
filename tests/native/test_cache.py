"""Machine code is kept where only its user can write, whole or not at all, and made anew where that fails."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from mxnet.native import keeping
from mxnet.native.keeping import keep, kept

OBJECTS = {"relu": ("symbol", b"\x7fELF code")}

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no modes of files")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MXNET_KERNEL_CACHE", str(tmp_path / "kernels"))
    return tmp_path / "kernels"


def test_what_is_kept_is_found_again(folder):
    assert kept("some-key") is None
    assert keep("some-key", OBJECTS)
    assert kept("some-key") == OBJECTS


def test_only_the_user_can_write_what_is_kept(folder):
    keep("some-key", OBJECTS)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "some-key.objects").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("body", [b"", b"\n", b"nonsense", b"0" * 64 + b"\n{}"])
def test_what_is_not_whole_is_not_read(folder, body):
    keep("some-key", OBJECTS)
    (folder / "some-key.objects").write_bytes(body)
    assert kept("some-key") is None


def test_half_a_file_is_not_read(folder):
    keep("some-key", OBJECTS)
    path = folder / "some-key.objects"
    path.write_bytes(path.read_bytes()[:-5])
    assert kept("some-key") is None


def test_a_folder_that_others_can_write_to_is_not_used(folder):
    keep("some-key", OBJECTS)
    folder.chmod(0o777)
    assert kept("some-key") is None
    assert not keep("other-key", OBJECTS)


def test_a_file_that_others_can_write_is_not_read(folder):
    keep("some-key", OBJECTS)
    (folder / "some-key.objects").chmod(0o666)
    assert kept("some-key") is None


def test_what_belongs_to_another_user_is_not_used(folder, monkeypatch):
    keep("some-key", OBJECTS)
    user = os.getuid()
    monkeypatch.setattr(keeping.os, "getuid", lambda: user + 1)
    if user == 0:  # what is root's is trusted, so give it away
        os.chown(folder / "some-key.objects", 12345, 12345)
    assert kept("some-key") is None


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("MXNET_KERNEL_CACHE", str(tmp_path / "file" / "kernels"))
    assert not keep("some-key", OBJECTS)
    assert kept("some-key") is None


def test_a_writer_that_was_killed_leaves_nothing_that_is_read(folder):
    folder.mkdir(mode=0o700)
    script = (
        "import sys, time, mxnet.files as f\n"
        f"with f.atomic_write({str(folder / 'some-key.objects')!r}) as file:\n"
        "    file.write(b'half'); file.flush(); print('ready', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as writer:
        assert writer.stdout.readline().strip() == b"ready"
        writer.kill()
    assert kept("some-key") is None
    assert keep("some-key", OBJECTS)
    assert [path.name for path in folder.iterdir()] == ["some-key.objects"]


def test_versions_that_nobody_needs_any_more_go(folder):
    for number in range(12):
        keep(f"relu-{number}", OBJECTS)
        os.utime(folder / f"relu-{number}.objects", (time.time() - 100 + number,) * 2)
    keep("matrices-1", OBJECTS)
    assert len(list(folder.glob("relu-*"))) <= 9
    assert kept("relu-11") == OBJECTS
