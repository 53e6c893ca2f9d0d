"""Texts for language models: WikiText."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any, ClassVar

import numpy as np

from mxnet import ndarray as nd
from mxnet.base import data_dir
from mxnet.contrib.text.vocab import Vocabulary
from mxnet.gluon.data.downloads import DownloadedDataset, Published, files_of_archive
from mxnet.gluon.errors import CheckError

__all__ = ["WikiText2", "WikiText103"]

_END = "<eos>"
_NAMES = {"train": "wiki.train.tokens", "validation": "wiki.valid.tokens", "test": "wiki.test.tokens"}


class _WikiText(DownloadedDataset):
    """What both of them are; a subclass says where its files are."""

    _namespace: ClassVar[str]
    _archive: ClassVar[Published]

    def __init__(
        self, root: str | None = None, segment: str = "train", vocab: Any = None, seq_len: int = 35
    ) -> None:
        if segment not in _NAMES:
            raise CheckError(f"segment is one of {', '.join(_NAMES)}, got {segment!r}.")
        self._segment = segment
        self._seq_len = seq_len
        self._vocab = vocab
        self._counter: Counter[str] | None = None
        super().__init__(
            os.path.join(data_dir(), "datasets", self._namespace) if root is None else root, None
        )

    @property
    def vocabulary(self) -> Any:
        """The numbers of the words."""
        return self._vocab

    @property
    def frequencies(self) -> Counter[str] | None:
        """How often each word is in the text; None with a vocabulary of one's own."""
        return self._counter

    def _get_data(self) -> None:
        (stored,) = files_of_archive(self._root, self._namespace, self._archive, [_NAMES[self._segment]])
        words: list[str] = []
        for line in stored.decode("utf-8", "replace").splitlines():
            if line.split():
                words += [*line.split(), _END]
        if self._vocab is None:
            self._counter = Counter(word for word in words if word != _END)
            self._vocab = Vocabulary(self._counter, reserved_tokens=[_END])
        numbers = np.array(self._vocab.to_indices(words[:]), "int32")
        count = max(len(numbers) - 1, 0) // self._seq_len * self._seq_len
        self._data, self._label = (
            nd.array(each[:count].reshape(-1, self._seq_len), dtype="int32")
            for each in (numbers[:-1], numbers[1:])
        )


class WikiText2(_WikiText):
    """WikiText-2: sequences of two million words, and of the next words as labels; Merity et al., 2016.

    Parameters
    ----------
    root : str
        The folder of the files ``wiki.train.tokens`` and so on, or of their archive.
    segment : {'train', 'validation', 'test'}
    vocab : Vocabulary, optional
        The numbers of the words; made of the text otherwise.
    seq_len : int, default 35
        How long sequences are.
    """

    _namespace = "wikitext-2"
    _archive = Published("wikitext-2-v1.zip", "3c914d17d80b1459be871a5039ac23e752a53cbe")


class WikiText103(_WikiText):
    """WikiText-103: a hundred million words; parameters as of `WikiText2`."""

    _namespace = "wikitext-103"
    _archive = Published("wikitext-103-v1.zip", "0aec09a7537b58d4bb65362fee27650eeaba625a")
