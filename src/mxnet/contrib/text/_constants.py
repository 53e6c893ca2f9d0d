"""Which pretrained embeddings there are, and by which SHA-1 a whole file is known."""

from importlib.resources import files
from typing import NamedTuple

__all__ = [
    "FAST_TEXT_ARCHIVE_SHA1",
    "FAST_TEXT_FILE_SHA1",
    "GLOVE_PRETRAINED_ARCHIVE_SHA1",
    "GLOVE_PRETRAINED_FILE_SHA1",
    "UNKNOWN_IDX",
    "archives",
]

UNKNOWN_IDX = 0
"""The index of the unknown token."""


class _Pretrained(NamedTuple):
    family: str
    file: str
    file_sha1: str
    archive: str
    archive_sha1: str


def _listed() -> list[_Pretrained]:
    text = (files("mxnet.contrib.text") / "pretrained.txt").read_text()
    return [_Pretrained(*line.split()) for line in text.splitlines() if not line.startswith("#")]


_LISTED = _listed()


def archives(family: str) -> dict[str, str]:
    """Return in which archive each file of a family is."""
    return {each.file: each.archive for each in _LISTED if each.family == family}


def _sha1_of_files(family: str) -> dict[str, str]:
    return {each.file: each.file_sha1 for each in _LISTED if each.family == family}


def _sha1_of_archives(family: str) -> dict[str, str]:
    return {each.archive: each.archive_sha1 for each in _LISTED if each.family == family}


# In MXNet, too, the names of the first two are the wrong way round.
GLOVE_PRETRAINED_ARCHIVE_SHA1 = _sha1_of_files("glove")
GLOVE_PRETRAINED_FILE_SHA1 = _sha1_of_archives("glove")
FAST_TEXT_FILE_SHA1 = _sha1_of_files("fasttext")
FAST_TEXT_ARCHIVE_SHA1 = _sha1_of_archives("fasttext")
