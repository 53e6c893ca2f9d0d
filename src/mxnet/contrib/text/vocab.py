"""A vocabulary: tokens and their numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import Any

from mxnet.contrib.checks import CheckError
from mxnet.contrib.text._constants import UNKNOWN_IDX

__all__ = ["Vocabulary"]


class TokenIndexError(CheckError, IndexError):
    """There is no token of that index."""


class Vocabulary:
    """Numbers tokens: the unknown token is 0, then come reserved ones, then the counted, frequent ones first.

    Parameters
    ----------
    counter : collections.Counter, optional
        How often each token occurs. Without it only the unknown and reserved tokens are numbered.
    most_freq_count : int, optional
        How many of the counted tokens are kept at most; those that are equally frequent are taken in order.
    min_freq : int, default 1
        How often a token has to occur.
    unknown_token : hashable, default '<unk>'
        What stands for every token that has no number.
    reserved_tokens : list of hashable, optional
        Tokens that are numbered whether they occur or not, such as ``"<pad>"``.

    Examples
    --------
    >>> import mxnet as mx
    >>> from collections import Counter
    >>> words = mx.contrib.text.vocab.Vocabulary(Counter("abracadabra"), most_freq_count=2)
    >>> words.idx_to_token
    ['<unk>', 'a', 'b']
    >>> words.to_indices(["b", "z"])
    [2, 0]
    """

    def __init__(
        self,
        counter: Counter[Any] | None = None,
        most_freq_count: int | None = None,
        min_freq: int = 1,
        unknown_token: Hashable = "<unk>",  # noqa: S107 - no password
        reserved_tokens: Sequence[Any] | None = None,
    ) -> None:
        if min_freq < 1:
            raise CheckError(f"min_freq must be positive, but is {min_freq}.")
        reserved = list(reserved_tokens or ())
        if unknown_token in reserved:
            raise CheckError(f"The unknown token {unknown_token!r} must not be among reserved_tokens.")
        twice = [token for token, count in Counter(reserved).items() if count > 1]
        if twice:
            raise CheckError(f"reserved_tokens has {twice[0]!r} more than once.")
        self._unknown_token = unknown_token
        self._reserved_tokens = reserved_tokens
        self._idx_to_token: list[Any] = [unknown_token, *reserved]
        if counter is not None:
            if not isinstance(counter, Counter):
                raise CheckError(f"counter must be a collections.Counter, but is {counter!r}.")
            self._idx_to_token += _most_frequent(counter, {*self._idx_to_token}, most_freq_count, min_freq)
        self._token_to_idx: dict[Any, int] = {token: i for i, token in enumerate(self._idx_to_token)}

    def __len__(self) -> int:
        return len(self._idx_to_token)

    @property
    def token_to_idx(self) -> dict[Any, int]:
        """The number of each token."""
        return self._token_to_idx

    @property
    def idx_to_token(self) -> list[Any]:
        """The tokens in order of their numbers."""
        return self._idx_to_token

    @property
    def unknown_token(self) -> Any:
        """What stands for every token that has no number."""
        return self._unknown_token

    @property
    def reserved_tokens(self) -> Sequence[Any] | None:
        """The tokens numbered in any case; None if there are none."""
        return self._reserved_tokens

    def to_indices(self, tokens: Any) -> Any:
        """Return the number of a token, or those of a list of tokens; 0 for unknown ones."""
        if isinstance(tokens, list):
            return [self._token_to_idx.get(token, UNKNOWN_IDX) for token in tokens]
        return self._token_to_idx.get(tokens, UNKNOWN_IDX)

    def to_tokens(self, indices: Any) -> Any:
        """Return the token of a number, or those of a list of numbers.

        Raises
        ------
        ValueError
            If there is no such number.
        """
        if isinstance(indices, list):
            return [self._token(index) for index in indices]
        return self._token(indices)

    def _token(self, index: int) -> Any:
        try:
            return self._idx_to_token[index]
        except IndexError:
            raise TokenIndexError(
                f"There is no token {index}: the vocabulary has {len(self)}, counted from 0."
            ) from None


def _most_frequent(counter: Counter[Any], known: set[Any], most: int | None, least: int) -> list[Any]:
    """Return the tokens worth a number that have none yet."""
    ordered = sorted(sorted(counter.items()), key=lambda item: item[1], reverse=True)
    tokens = [token for token, count in ordered if count >= least and token not in known]
    return tokens if most is None or most < 0 else tokens[:most]
