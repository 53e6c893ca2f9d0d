"""Sentences in buckets, as under MXNet 1.9.1."""

import random

import numpy as np
import pytest

import mxnet as mx


def test_known_words_only_or_the_unknown_token():
    with pytest.raises(AssertionError, match="no word 'b'"):
        mx.rnn.encode_sentences([["a", "b"]], vocab={"a": 1})
    encoded, vocab = mx.rnn.encode_sentences([["a", "b"], ["c"]], vocab={"a": 1}, unknown_token="u")
    assert (encoded, vocab) == ([[1, 0], [1]], {"a": 1, "u": 1})  # a quirk: each unknown word renumbers it


def test_the_number_of_the_filler_is_given_to_no_word():
    encoded, _ = mx.rnn.encode_sentences([["a", "b"], ["c"]], invalid_label=1)
    assert encoded == [[0, 2], [3]]


def test_seeded_batches_come_in_the_order_of_mxnet():
    random.seed(3)
    np.random.seed(3)
    sentences = [[i, i] for i in range(10)] + [[i, i, i] for i in range(7)]
    batches = mx.rnn.BucketSentenceIter(sentences, 2)
    firsts = [(b.bucket_key, b.data[0].asnumpy()[:, 0].tolist()) for b in batches]
    assert sorted(firsts) == sorted(
        [
            (2, [5, 4]),
            (3, [6, 1]),
            (3, [0, 5]),
            (2, [9, 6]),
            (2, [1, 2]),
            (3, [3, 4]),
            (2, [3, 8]),
            (2, [7, 0]),
        ]
    )


def test_labels_are_the_next_words_and_time_may_come_first():
    batch = next(mx.rnn.BucketSentenceIter([[1, 2, 3]], 1, buckets=[4], layout="TN"))
    assert batch.data[0].asnumpy().T.tolist() == [[1, 2, 3, -1]]
    assert batch.label[0].asnumpy().T.tolist() == [[2, 3, -1, -1]]
    assert batch.provide_data[0].shape == (4, 1)


def test_the_number_of_sentences_left_out_is_printed_as_mxnet_does(capsys):
    mx.rnn.BucketSentenceIter([[1, 2], [1, 2, 3, 4, 5]], 1, buckets=[4], invalid_label=0)
    assert capsys.readouterr().out == "WARNING: discarded 1 sentences longer than the largest bucket.\n"
