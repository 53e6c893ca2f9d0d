"""Counting the tokens of a text."""

from __future__ import annotations

import re
from collections import Counter

__all__ = ["count_tokens_from_str"]


def count_tokens_from_str(
    source_str: str,
    token_delim: str = " ",  # noqa: S107 - no password
    seq_delim: str = "\n",
    to_lower: bool = False,
    counter_to_update: Counter[str] | None = None,
) -> Counter[str]:
    r"""Count the tokens of a text; empty ones do not count.

    Parameters
    ----------
    source_str : str
        The text.
    token_delim, seq_delim : str
        What stands between tokens, and between sequences of them. As in MXNet both are regular expressions:
        write ``r"\."`` for a dot.
    to_lower : bool, default False
        Whether the text is converted to lower case first.
    counter_to_update : collections.Counter, optional
        A counter to add to; a new one by default.

    Returns
    -------
    collections.Counter
        How often each token occurs.

    Examples
    --------
    >>> import mxnet as mx
    >>> count = mx.contrib.text.utils.count_tokens_from_str("to be or\nnot to be")
    >>> count["to"], count["or"]
    (2, 1)
    """
    text = source_str.lower() if to_lower else source_str
    counter: Counter[str] = Counter() if counter_to_update is None else counter_to_update
    counter.update(token for token in re.split(f"{token_delim}|{seq_delim}", text) if token)
    return counter
