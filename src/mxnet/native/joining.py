"""Joins the rows of many steps to one code and its words, all steps of a recipe at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mxnet.native.frame import Words
from mxnet.native.rows import Recipe

__all__ = ["Joined", "joined"]


class Joined(NamedTuple):
    """The rows of many steps.

    Attributes
    ----------
    code : array of int64
        By row, the address of its kernel, and how many bytes its words are from the first.
    words : array of int64
        All words; 0 where an address belongs.
    where, which, offsets : array of int64
        The words that are addresses, of which array each is, and how many bytes further on.
    """

    code: Words
    words: Words
    where: Words
    which: Words
    offsets: Words


def joined(steps: Sequence[tuple[Recipe, Sequence[int]]]) -> Joined:
    """Return the rows of steps, each of which is a recipe and the numbers of its arrays."""
    groups: dict[int, tuple[Recipe, list[int]]] = {}
    for i, (recipe, _) in enumerate(steps):
        groups.setdefault(id(recipe), (recipe, []))[1].append(i)
    sizes, n_rows = np.empty(len(steps) + 1, np.int64), np.empty(len(steps) + 1, np.int64)
    sizes[0] = n_rows[0] = 0
    for recipe, members in groups.values():
        chosen = np.array(members) + 1
        sizes[chosen], n_rows[chosen] = len(recipe.words), len(recipe.kernels)
    first_word, first_row = sizes.cumsum(), n_rows.cumsum()
    words, code = np.empty(first_word[-1], np.int64), np.empty((first_row[-1], 2), np.int64)
    found = []
    for recipe, members in groups.values():
        begin = first_word[members][:, None]
        words[begin + np.arange(len(recipe.words))] = recipe.words
        rows = first_row[members][:, None] + np.arange(len(recipe.kernels))
        code[rows, 0] = recipe.kernels
        code[rows, 1] = 8 * (begin + np.array(recipe.starts, np.int64))
        at, position, offset = np.array(recipe.addresses, np.int64).reshape(-1, 3).T
        arrays = np.array([steps[i][1] for i in members], np.int64).reshape(len(members), -1)
        of_all = np.broadcast_arrays(begin + at, arrays[:, position], offset)
        found.append(np.stack(of_all).reshape(3, -1))
    where, which, offsets = np.concatenate(found, axis=1) if found else np.empty((3, 0), np.int64)
    return Joined(code.reshape(-1), words, where, which, offsets)
