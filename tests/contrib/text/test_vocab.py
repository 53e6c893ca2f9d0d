"""Counting and numbering tokens; the expected values are what MXNet 1.2.1 and 1.9.1 answer."""

from collections import Counter

import pytest

import mxnet as mx
from mxnet.contrib.text.utils import count_tokens_from_str
from mxnet.contrib.text.vocab import Vocabulary

COUNTS = Counter({"a": 1, "b": 4, "c": 4, "dd": 2, "e": 1})


def test_tokens_are_counted_across_sequences():
    assert count_tokens_from_str(" Life is great ! \n life is good . \n", to_lower=True) == Counter(
        {"life": 2, "is": 2, "great": 1, "!": 1, "good": 1, ".": 1}
    )


def test_delimiters_are_regular_expressions():
    assert count_tokens_from_str("x(td)y(td)x", token_delim="(td)") == Counter(
        {"x(": 1, "td": 2, ")y(": 1, ")x": 1}
    )


def test_a_counter_is_added_to():
    counter = Counter({"is": 5})
    assert count_tokens_from_str("it is", counter_to_update=counter) is counter
    assert counter == Counter({"is": 6, "it": 1})


@pytest.mark.parametrize(
    ("options", "tokens"),
    [
        ({}, ["<unk>", "b", "c", "dd", "a", "e"]),
        ({"most_freq_count": 3}, ["<unk>", "b", "c", "dd"]),
        ({"most_freq_count": 0}, ["<unk>"]),
        ({"most_freq_count": -1}, ["<unk>", "b", "c", "dd", "a", "e"]),
        ({"min_freq": 2}, ["<unk>", "b", "c", "dd"]),
        (
            {"unknown_token": "<u>", "reserved_tokens": ["<pad>", "<bos>"], "most_freq_count": 1},
            ["<u>", "<pad>", "<bos>", "b"],
        ),
        ({"unknown_token": None, "most_freq_count": 1}, [None, "b"]),
        ({"reserved_tokens": ["b"], "most_freq_count": 1}, ["<unk>", "b", "c"]),
        ({"unknown_token": "b", "most_freq_count": 1}, ["b", "c"]),
    ],
)
def test_frequent_tokens_come_first_and_equally_frequent_ones_in_order(options, tokens):
    vocabulary = Vocabulary(COUNTS, **options)
    assert vocabulary.idx_to_token == tokens
    assert vocabulary.token_to_idx == {token: i for i, token in enumerate(tokens)}
    assert len(vocabulary) == len(tokens)


def test_without_a_counter_only_special_tokens_are_numbered():
    vocabulary = Vocabulary(reserved_tokens=["<pad>"])
    assert (vocabulary.idx_to_token, vocabulary.reserved_tokens) == (["<unk>", "<pad>"], ["<pad>"])


def test_unknown_tokens_have_the_number_0():
    assert Vocabulary(COUNTS).to_indices(["b", "nowhere"]) == [1, 0]
    assert Vocabulary(COUNTS).to_indices("nowhere") == 0


def test_numbers_become_tokens():
    assert Vocabulary(COUNTS).to_tokens([0, 2]) == ["<unk>", "c"]
    assert Vocabulary(COUNTS).to_tokens(1) == "b"


def test_a_number_beyond_the_last_is_refused():
    with pytest.raises(ValueError, match="no token 99: the vocabulary has 6") as error:
        Vocabulary(COUNTS).to_tokens(99)
    assert isinstance(error.value, mx.MXNetError)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"counter": ["a"]}, "counter must be a collections.Counter"),
        ({"min_freq": 0}, "min_freq must be positive"),
        ({"unknown_token": "u", "reserved_tokens": ["u"]}, "'u' must not be among reserved_tokens"),
        ({"reserved_tokens": ["p", "p"]}, "'p' more than once"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(AssertionError, match=message) as error:
        Vocabulary(**arguments)
    assert isinstance(error.value, mx.MXNetError)
