"""Machine code in the user's cache folder: written as a whole, and read only if nobody else can write it."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import stat
import sys
from pathlib import Path

from mxnet.config import knob
from mxnet.files import FileAccessError, atomic_write

__all__ = ["Objects", "folder", "keep", "kept"]

Objects = dict[str, tuple[str, bytes]]
"""By the name of a kernel, its symbol and its object code."""

_MOST = 8  # versions of a file: of other releases, or of one that is being worked on


def folder() -> Path:
    """Return the folder of compiled kernels."""
    chosen = knob("MXNET_KERNEL_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        base = "~/Library/Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "symnet" / "kernels"


def kept(name: str) -> Objects | None:
    """Return what was kept under a name; None if nothing was, or it is not whole, or others may write it."""
    path = folder() / f"{name}.objects"
    try:
        if not _is_private(path.parent):
            return None
        with path.open("rb") as file:
            if not _is_mine(os.fstat(file.fileno())):
                return None
            digest, _, body = file.read().partition(b"\n")
        if hashlib.sha256(body).hexdigest().encode() != digest:
            return None
        return {
            kernel: (symbol, base64.b64decode(code)) for kernel, (symbol, code) in json.loads(body).items()
        }
    except (OSError, ValueError):
        return None


def keep(name: str, objects: Objects) -> bool:
    """Keep objects under a name; return whether that could be done."""
    path = folder() / f"{name}.objects"
    body = json.dumps(
        {kernel: (symbol, base64.b64encode(code).decode()) for kernel, (symbol, code) in objects.items()}
    ).encode()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_private(path.parent):
            return False
        with atomic_write(path) as file:
            file.write(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
        path.chmod(0o600)
    except (OSError, FileAccessError):
        return False
    _forget_old(path.parent, name.partition("-")[0])
    return True


def _is_private(path: Path) -> bool:
    found = path.stat()
    return stat.S_ISDIR(found.st_mode) and _is_mine(found)


def _is_mine(found: os.stat_result) -> bool:
    """Whether it belongs to this user, or to root, and nobody else may write to it."""
    if sys.platform == "win32":  # the folder is in the user's profile, which others cannot write to
        return True
    return found.st_uid in (os.getuid(), 0) and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _forget_old(path: Path, stem: str) -> None:
    with contextlib.suppress(OSError):  # another process may do the same
        found = sorted(path.glob(f"{stem}-*.objects"), key=lambda each: each.stat().st_mtime)
        for each in found[:-_MOST]:
            each.unlink()
