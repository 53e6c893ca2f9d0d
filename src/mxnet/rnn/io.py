"""Sentences as numbers, and an iterator that gathers sentences of like length in batches."""

from __future__ import annotations

import bisect
import random
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet import ndarray as nd
from mxnet.errors import ParameterError
from mxnet.io import DataBatch, DataDesc, DataIter
from mxnet.rnn.base import CellError

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

__all__ = ["BucketSentenceIter", "encode_sentences"]


def encode_sentences(
    sentences: Sequence[Sequence[Hashable]],
    vocab: dict[Any, int] | None = None,
    invalid_label: int = -1,
    invalid_key: Hashable = "\n",
    start_label: int = 0,
    unknown_token: Hashable | None = None,
) -> tuple[list[list[int]], dict[Any, int]]:
    r"""Turn words into numbers.

    Parameters
    ----------
    sentences : list of list of str
    vocab : dict of str to int, optional
        The numbers of known words. By default every new word gets the next number.
    invalid_label : int, default -1
        Given to no word but `invalid_key`.
    invalid_key : str, default '\n'
    start_label : int, default 0
        The first number given.
    unknown_token : str, optional
        The word that words which `vocab` lacks are taken for.

    Returns
    -------
    sentences : list of list of int
    vocab : dict of str to int

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.rnn.encode_sentences([["a", "b", "a"]], invalid_label=0, start_label=1)
    ([[1, 2, 1]], {'\n': 0, 'a': 1, 'b': 2})
    """
    known = vocab is not None
    vocab = {invalid_key: invalid_label} if vocab is None else vocab
    number = start_label
    encoded = []
    for sentence in sentences:
        numbers = []
        for given in sentence:
            word = given
            if word not in vocab:
                if known and unknown_token is None:
                    raise CellError(f"The vocabulary has no word {word!r}, and there is no unknown_token.")
                if number == invalid_label:
                    number += 1
                word = word if unknown_token is None else unknown_token
                vocab[word] = number
                number += 1
            numbers.append(vocab[word])
        encoded.append(numbers)
    return encoded, vocab


class BucketSentenceIter(DataIter):
    """Batches of sentences of like length, for `BucketingModule`; the labels are the next words.

    Parameters
    ----------
    sentences : list of list of int
        As `encode_sentences` gives them.
    batch_size : int
    buckets : list of int, optional
        Lengths that sentences are filled up to. By default those that at least a batch of sentences has.
    invalid_label : int, default -1
        What fills sentences up.
    data_name, label_name : str
    dtype : str, default 'float32'
    layout : {'NT', 'TN'}
        Whether the batch or the time comes first.
    """

    def __init__(
        self,
        sentences: Sequence[Sequence[int]],
        batch_size: int,
        buckets: Sequence[int] | None = None,
        invalid_label: int = -1,
        data_name: str = "data",
        label_name: str = "softmax_label",
        dtype: str = "float32",
        layout: str = "NT",
    ) -> None:
        super().__init__(batch_size)
        if layout not in {"NT", "TN"}:
            raise ParameterError(f"layout has to be NT (batch first) or TN (time first), got {layout!r}.")
        if not buckets:
            counts = np.bincount([len(sentence) for sentence in sentences])
            buckets = [length for length, count in enumerate(counts) if count >= batch_size]
        self.buckets = sorted(buckets)
        if not self.buckets:
            raise ParameterError("No length has a batch of sentences: give the lengths as `buckets`.")
        self.data_name = data_name
        self.label_name = label_name
        self.dtype = dtype
        self.invalid_label = invalid_label
        self.layout = layout
        self.major_axis = layout.find("N")
        self.default_bucket_key = self.buckets[-1]
        self.provide_data = [self._describe(data_name, self.default_bucket_key)]
        self.provide_label = [self._describe(label_name, self.default_bucket_key)]
        self.data = self._fill(sentences)
        self.idx = [
            (bucket, start)
            for bucket, rows in enumerate(self.data)
            for start in range(0, len(rows) - batch_size + 1, batch_size)
        ]
        self.reset()

    def _describe(self, name: str, length: int) -> DataDesc:
        shape = (self.batch_size, length)
        return DataDesc(name, shape if self.major_axis == 0 else shape[::-1], layout=self.layout)

    def _fill(self, sentences: Sequence[Sequence[int]]) -> list[Any]:
        """Return the sentences of each bucket as the rows of an array."""
        rows: list[list[Any]] = [[] for _ in self.buckets]
        discarded = 0
        for sentence in sentences:
            bucket = bisect.bisect_left(self.buckets, len(sentence))
            if bucket == len(self.buckets):
                discarded += 1
                continue
            row = np.full(self.buckets[bucket], self.invalid_label, self.dtype)
            row[: len(sentence)] = sentence
            rows[bucket].append(row)
        print(f"WARNING: discarded {discarded} sentences longer than the largest bucket.")  # noqa: T201 - as in MXNet
        return [
            np.array(some, self.dtype).reshape(-1, length)
            for some, length in zip(rows, self.buckets, strict=True)
        ]

    def reset(self) -> None:
        """Go back to the start, with batches and sentences in a new random order.

        The order comes from Python's `random` and from `numpy.random`, whose seeds scripts set.
        """
        self.curr_idx = 0
        random.shuffle(self.idx)
        self.nddata, self.ndlabel = [], []
        for rows in self.data:
            np.random.shuffle(rows)  # noqa: NPY002 - the generator that np.random.seed seeds
            label = np.full_like(rows, self.invalid_label)
            label[:, :-1] = rows[:, 1:]
            self.nddata.append(nd.array(rows, dtype=self.dtype))
            self.ndlabel.append(nd.array(label, dtype=self.dtype))

    def next(self) -> DataBatch:
        """Return the next batch, with the length of its sentences as `bucket_key`."""
        if self.curr_idx == len(self.idx):
            raise StopIteration
        bucket, start = self.idx[self.curr_idx]
        self.curr_idx += 1
        arrays = [source[bucket][start : start + self.batch_size] for source in (self.nddata, self.ndlabel)]
        data, label = arrays if self.major_axis == 0 else [array.T for array in arrays]
        length = self.buckets[bucket]
        return DataBatch(
            [data],
            [label],
            pad=0,
            bucket_key=length,
            provide_data=[self._describe(self.data_name, length)],
            provide_label=[self._describe(self.label_name, length)],
        )
