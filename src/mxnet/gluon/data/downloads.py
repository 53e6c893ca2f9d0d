"""Data sets in files that MXNet fetches from its server: where they are looked for and fetched from."""

from __future__ import annotations

import os
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from mxnet.config import knob
from mxnet.files import FileMissingError, read_file
from mxnet.gluon.data.dataset import Dataset
from mxnet.gluon.utils.files import download

__all__ = ["DownloadedDataset", "Published", "file_of", "files_of_archive"]


_MOST = 1 << 30
"""The most bytes that a file in an archive may have; the largest that were published have half of it."""


class Published(NamedTuple):
    """A file by its name, and its SHA-1 hash as it was published."""

    name: str
    sha1: str


class DownloadedDataset(Dataset):
    """Base of data sets in published files; a subclass reads them in `_get_data`.

    Parameters
    ----------
    root : str
        The folder of the files.
    transform : callable or None
        Makes samples out of data and label.
    """

    def __init__(self, root: str, transform: Callable[..., Any] | None) -> None:
        self._transform = transform
        self._data: Any = None
        self._label: Any = None
        self._root = os.path.expanduser(root)
        os.makedirs(self._root, exist_ok=True)
        self._get_data()

    def __getitem__(self, idx: int) -> Any:
        if self._transform is not None:
            return self._transform(self._data[idx], self._label[idx])
        return self._data[idx], self._label[idx]

    def __len__(self) -> int:
        return len(self._label)

    def _get_data(self) -> None:
        raise NotImplementedError(f"{type(self).__name__} does not say how its files are read.")


def file_of(root: str, namespace: str, published: Published) -> str:
    """Return the path of a file, as it is or without its ``.gz``, which is fetched if it is in neither form.

    Raises
    ------
    FileMissingError
        If it cannot be fetched.
    """
    path = os.path.join(root, published.name)
    for each in (path, path.removesuffix(".gz")):
        if os.path.exists(each):
            return each
    _fetch(root, namespace, published, [published.name])
    return path


def files_of_archive(root: str, namespace: str, archive: Published, names: Sequence[str]) -> list[bytes]:
    """Return what files hold that lie in a folder, anywhere below it, or in an archive, fetched if needed.

    Raises
    ------
    FileMissingError
        If neither is there, and the archive cannot be fetched.
    """
    found = {name: path for path in _below(root) for name in names if os.path.basename(path) == name}
    if len(found) == len(names):
        return [read_file(found[name]) for name in names]
    path = os.path.join(root, archive.name)
    if not os.path.exists(path):
        _fetch(root, namespace, archive, names)
    return _members(path, names)


def _below(root: str) -> list[str]:
    return [os.path.join(folder, name) for folder, _, names in os.walk(root) for name in names]


def _members(path: str, names: Sequence[str]) -> list[bytes]:
    """Return members of an archive by the ends of their paths; nothing is unpacked to the disk."""
    held: dict[str, bytes] = {}
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as zipped:
                for member in zipped.infolist():
                    if os.path.basename(member.filename) in names and member.file_size <= _MOST:
                        held[os.path.basename(member.filename)] = zipped.read(member)
        else:
            with tarfile.open(path) as tar:
                for entry in tar:
                    base = os.path.basename(entry.name)
                    if entry.isfile() and base in names and entry.size <= _MOST:
                        file = tar.extractfile(entry)
                        held[base] = file.read() if file else b""
    except (OSError, tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
        raise FileMissingError(None, f"{path!r} is damaged, or no archive: {error}.") from None
    missing = [name for name in names if name not in held]
    if missing:
        raise FileMissingError(None, f"{path!r} does not hold {', '.join(missing)}.")
    return [held[name] for name in names]


def _fetch(root: str, namespace: str, published: Published, names: Sequence[str]) -> None:
    """Fetch a file; where that is impossible, say which files to put where."""
    url = f"{knob('MXNET_GLUON_REPO').rstrip('/')}/gluon/dataset/{namespace}/{published.name}"
    try:
        download(url, path=os.path.join(root, published.name), sha1_hash=published.sha1, retries=0)
    except OSError as error:
        within = "" if list(names) == [published.name] else f", or what it holds: {', '.join(names)}"
        raise FileMissingError(
            None,
            f"The data set {namespace} is not in {root!r}, and cannot be fetched ({error}). Put "
            f"{published.name} there{within}.",
        ) from None
