"""A graph as a plain function of arrays, for use from several threads."""

from __future__ import annotations

import functools

from mxnet.analysis.storage import graph_storage
from mxnet.context import Context
from mxnet.errors import BindError, did_you_mean, few
from mxnet.fitting import array_of, value_of
from mxnet.ir.graph import Graph
from mxnet.ndarray import NDArray
from mxnet.plan.program_cache import Programs

__all__ = ["CompiledFunction"]


class CompiledFunction:
    """What ``Symbol.compile`` returns: call it with arrays, get the outputs.

    It holds no arrays between calls, so threads may share it. Shapes, and how arrays are stored, may change
    from call to call; a program is made the first time that a set of them is seen.

    Parameters
    ----------
    graph : Graph
        The graph.
    context : Context
        Where to run.
    """

    def __init__(self, graph: Graph, context: Context) -> None:
        self._programs = Programs(graph, (), context, {})
        self._names = [node.name for node in self._programs.variables]
        self._context = context
        self._storage = functools.cache(self._find_storage)

    def __call__(self, *args: NDArray, **kwargs: NDArray) -> list[NDArray]:
        """Run the graph for inference.

        Parameters
        ----------
        *args, **kwargs : NDArray
            All arguments and auxiliary states, by position (arguments, then auxiliary states) or by name.

        Raises
        ------
        MXNetError
            If one is missing, unknown, or does not fit the others.
        """
        arrays = self._arrange(args, kwargs)
        stypes, stored_as = self._storage(tuple([array.stype for array in arrays]))
        facts = tuple((tuple(array.shape), array._dtype_name) for array in arrays)
        program = self._programs.get(facts, is_train=False, with_gradient=False, stypes=stypes)
        outputs, _ = program.forward(list(map(value_of, arrays)))
        return [
            array_of(value, stype, self._context) for value, stype in zip(outputs, stored_as, strict=True)
        ]

    def _find_storage(self, stypes: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return what a program must know of how its arrays are stored, and how its outputs are."""
        programs = self._programs
        found = graph_storage(programs.graph, dict(zip(programs.variables, stypes, strict=True)))
        return () if found.all_dense else stypes, found.outputs

    def _arrange(self, args: tuple[NDArray, ...], kwargs: dict[str, NDArray]) -> list[NDArray]:
        if len(args) > len(self._names):
            raise BindError(
                f"The compiled function takes {len(self._names)} arrays, not {len(args)}: {few(self._names)}."
            )
        given = dict(zip(self._names, args, strict=False))
        for name, array in kwargs.items():
            if name not in self._names:
                raise BindError(
                    f"The compiled function has no argument {name!r}.{did_you_mean(name, self._names)}"
                )
            if name in given:
                raise BindError(f"The compiled function was given {name!r} by position and by name.")
            given[name] = array
        missing = [name for name in self._names if name not in given]
        if missing:
            raise BindError(f"The compiled function misses {few(map(repr, missing))}.")
        for name, array in given.items():
            if not isinstance(array, NDArray):
                raise BindError(f"The argument {name!r} must be an NDArray, not {type(array).__name__}.")
            if array.context != self._context:
                raise BindError(
                    f"The argument {name!r} is on {array.context}, but the function runs on {self._context}."
                )
        return [given[name] for name in self._names]
