"""Where tensors live: from MXNet's contexts to torch's devices, and their random generators."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from mxnet.context import Context
from mxnet.errors import MXNetError
from mxnet.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["drawing_again", "generator_of", "generator_states", "seed_generators", "torch_device"]


class ContextError(MXNetError, TypeError):
    """Something that is no context stands where one belongs."""


@functools.cache
def torch_device(context: Context) -> torch.device:
    """Return torch's device of a context.

    Raises
    ------
    MXNetError
        If that GPU is not there.
    """
    if not isinstance(context, Context):
        raise ContextError(
            f"A context such as mx.cpu() was expected, but got {context!r}, of type {type(context).__name__}."
        )
    if context.device_type != "gpu":
        return torch.device("cpu")
    if torch.cuda.is_available():
        if context.device_id < torch.cuda.device_count():
            return torch.device("cuda", context.device_id)
        raise MXNetError(
            f"{context} does not exist: this machine has {torch.cuda.device_count()} GPUs, numbered from 0."
        )
    if torch.backends.mps.is_available() and context.device_id == 0:
        return torch.device("mps")
    raise MXNetError(
        f"{context} cannot be used: torch finds no GPU on this machine (or was installed without GPU "
        "support). "
        "Use mx.cpu(), or check torch.cuda.is_available()."
    )


_generators: dict[Context, torch.Generator] = {}
_DEFAULT_SEED = 0


def generator_of(context: Context) -> torch.Generator:
    """Return the random generator of a context; each context has its own."""
    generator = _generators.get(context)
    if generator is None:
        generator = torch.Generator(torch_device(context))
        generator.manual_seed(_seed_for(_DEFAULT_SEED, context))
        _generators[context] = generator
    return generator


def seed_generators(seed: int, context: Context | None = None) -> None:
    """Start the generator of one context, or of all, anew.

    Parameters
    ----------
    seed : int
        The seed. Different contexts draw different numbers from it.
    context : Context, optional
        Which one; all by default, also those that are used later.
    """
    global _DEFAULT_SEED  # noqa: PLW0603 - generators are made when a context is first used
    if context is not None:
        generator_of(context).manual_seed(_seed_for(seed, context))
        return
    _DEFAULT_SEED = seed
    for each, generator in _generators.items():
        generator.manual_seed(_seed_for(seed, each))


def generator_states(contexts: Iterable[Context]) -> dict[Context, Tensor]:
    """Return the states of the generators of some contexts, for :func:`drawing_again`."""
    return {context: generator_of(context).get_state() for context in contexts}


@contextlib.contextmanager
def drawing_again(states: Mapping[Context, Tensor]) -> Iterator[None]:
    """Let generators draw what they drew after those states, and then go on from where they are now."""
    before = generator_states(states)
    for context, state in states.items():
        generator_of(context).set_state(state)
    try:
        yield
    finally:
        for context, state in before.items():
            generator_of(context).set_state(state)


def _seed_for(seed: int, context: Context) -> int:
    return (seed * 1_000_003 + context.device_typeid * 65_537 + context.device_id) % (1 << 63)
