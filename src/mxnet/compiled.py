"""A graph as a plain function of arrays, for use from several threads."""

from __future__ import annotations

from mxnet.context import Context
from mxnet.errors import BindError, did_you_mean, few
from mxnet.ir.graph import Graph
from mxnet.ndarray import NDArray
from mxnet.plan.program_cache import Programs

__all__ = ["CompiledFunction"]


class CompiledFunction:
    """What ``Symbol.compile`` returns: call it with arrays, get the outputs.

    It holds no arrays between calls, so threads may share it. Shapes may change from call to call; a program
    is made the first time a set of shapes is seen.

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
        tensors = [array._tensor for array in arrays]
        facts = tuple((tuple(array.shape), array._dtype_name) for array in arrays)
        program = self._programs.get(facts, is_train=False, with_gradient=False)
        outputs, _ = program.forward(tensors)
        return [NDArray._from_tensor(tensor, self._context) for tensor in outputs]

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
