"""Files from elsewhere, and whether they are what they should be."""

from __future__ import annotations

import hashlib
import os
import shutil
import ssl
import urllib.error
import urllib.request

from mxnet.caller import warn
from mxnet.config import knob
from mxnet.files import FileAccessError, atomic_write
from mxnet.gluon.errors import CheckError

__all__ = ["check_sha1", "download", "replace_file", "repo_file_url", "repo_url"]

_TIMEOUT = 60


def check_sha1(filename: str | os.PathLike[str], sha1_hash: str) -> bool:
    """Whether a file has a SHA-1 hash.

    Parameters
    ----------
    filename : str
        The file.
    sha1_hash : str
        In hexadecimal digits; the first ones will do.
    """
    with open(filename, "rb") as file:
        found = hashlib.file_digest(file, "sha1") if hasattr(hashlib, "file_digest") else None
        digest = found.hexdigest() if found else hashlib.sha1(file.read()).hexdigest()  # noqa: S324 - as published
    return bool(sha1_hash) and digest.startswith(sha1_hash.lower())


def repo_url() -> str:
    """Return where published files are, with a slash at the end; ``MXNET_GLUON_REPO`` says another place."""
    return f"{knob('MXNET_GLUON_REPO').rstrip('/')}/"


def repo_file_url(namespace: str, filename: str) -> str:
    """Return where a published file is.

    Parameters
    ----------
    namespace : str
        Its folder, such as ``gluon/models``.
    filename : str
        Its name.
    """
    return f"{repo_url()}{namespace}/{filename}"


def replace_file(src: str | os.PathLike[str], dst: str | os.PathLike[str]) -> None:
    """Let a file take the place of another, at once."""
    os.replace(src, dst)


def download(
    url: str,
    path: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    sha1_hash: str | None = None,
    retries: int = 5,
    verify_ssl: bool = True,
) -> str:
    """Fetch a file, unless it is there already.

    Parameters
    ----------
    url : str
        Where it is.
    path : str, optional
        Where it goes: a file or a folder; the current folder by default.
    overwrite : bool
        Whether to fetch it although it is there.
    sha1_hash : str, optional
        The SHA-1 hash it has to have; a file with another one is fetched again.
    retries : int
        How often to try again.
    verify_ssl : bool
        Whether to check certificates.

    Returns
    -------
    str
        The name of the file.

    Raises
    ------
    OSError
        If it cannot be fetched. The message says where to put the file by hand.
    """
    name = _file_for(url, path)
    if retries < 0:
        raise CheckError(f"Number of retries should be at least 0, currently it's {retries}.")
    if not verify_ssl:
        warn(
            "Unverified HTTPS request is being made (verify_ssl=False). Adding certificate verification is "
            "strongly advised."
        )
    if os.path.exists(name) and not overwrite and (not sha1_hash or check_sha1(name, sha1_hash)):
        return name
    os.makedirs(os.path.dirname(os.path.abspath(os.path.expanduser(name))), exist_ok=True)
    for left in range(retries, -1, -1):
        try:
            print(f"Downloading {name} from {url}...")  # noqa: T201 - as in MXNet
            _fetch(url, name, verify_ssl)
            if sha1_hash and not check_sha1(name, sha1_hash):
                raise FileAccessError(
                    None,
                    f"File {name} is downloaded but the content hash does not match: expected {sha1_hash}.",
                )
        except OSError as error:
            if not left:
                raise FileAccessError(
                    None,
                    f"Cannot download {url}: {error}. Where there is no way there, put the file at "
                    f"{os.path.abspath(name)} by other means.",
                ) from error
            print(f"download failed due to {error!r}, retrying, {left} attempt{'s' * (left > 1)} left")  # noqa: T201
        else:
            break
    return name


def _file_for(url: str, path: str | os.PathLike[str] | None) -> str:
    last = url.rsplit("/", maxsplit=1)[-1]
    if path is None:
        name = last
    else:
        name = os.path.expanduser(path)
        if os.path.isdir(name):
            name = os.path.join(name, last)
    if not os.path.basename(name):
        raise CheckError(
            "Can't construct file-name from this URL. Please set the `path` option manually: "
            f"{url!r} ends in a slash."
        )
    return name


def _fetch(url: str, name: str, verify_ssl: bool) -> None:
    """Write what is at a URL to a file, which is replaced as a whole or not at all."""
    context = None if verify_ssl else ssl._create_unverified_context()  # noqa: S323 - as asked for
    try:
        source = urllib.request.urlopen(url, timeout=_TIMEOUT, context=context)  # noqa: S310 - what was asked for
        with source, atomic_write(name) as file:
            shutil.copyfileobj(source, file)
    except ValueError as error:  # of a URL that is none
        raise FileAccessError(None, str(error)) from error
