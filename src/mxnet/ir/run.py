"""What an operator is told: of the slots around it, and of the run that its kernel is part of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxnet.ir.types import Type, is_complete

if TYPE_CHECKING:
    from mxnet.context import Context

__all__ = ["Like", "Run", "Slots"]


class Slots:
    """What is known about the shapes (or dtypes) around a node, by name: ``s.data``, ``s.output``.

    ``s.ins``, ``s.aux`` and ``s.outs`` hold the same by position.
    """

    __slots__ = ("__dict__", "aux", "ins", "outs")

    def __init__(
        self, names: tuple[str, ...], ins: tuple[Any, ...], aux: tuple[Any, ...], outs: tuple[Any, ...]
    ) -> None:
        self.ins, self.aux, self.outs = ins, aux, outs
        self.__dict__.update(zip(names, ins + aux + outs, strict=True))

    if TYPE_CHECKING:  # the names of slots are known when a program runs

        def __getattr__(self, name: str) -> Any: ...


class Like:
    """Stands in for a tensor of which only the shape and dtype are read; it is not kept alive for that.

    A kernel says so by annotating the parameter with this class.
    """

    __slots__ = ("dtype", "shape")

    def __init__(self, shape: tuple[int, ...], dtype: Any) -> None:
        self.shape = shape
        self.dtype = dtype

    def __repr__(self) -> str:
        return f"Like({self.shape}, {self.dtype})"


class Run:
    """What a kernel may know about the run it is part of, fixed when the program is made.

    Attributes
    ----------
    is_train : bool
        Whether this is a training run.
    context : Context
        Where the node runs.
    wants : frozenset of str
        In a ``backward``: the inputs whose gradients are asked for. In a ``forward`` with a residual: those
        whose gradients will be; if there are none, nobody reads the residual.
    ins, outs : tuple of Type
        The types of inputs with auxiliary states, and of outputs; empty where they are not known.
    state : dict
        This node's own storage, kept between runs of one executor.
    name : str
        The node's name, for messages.
    replayed : bool
        Whether torch repeats an earlier run to differentiate it; states have then moved already, and a
        ``backward`` has no residual.
    """

    __slots__ = ("context", "ins", "is_train", "name", "outs", "replayed", "state", "wants")

    def __init__(
        self,
        context: Context,
        *,
        is_train: bool = False,
        wants: frozenset[str] = frozenset(),
        ins: tuple[Type, ...] = (),
        outs: tuple[Type, ...] = (),
        state: dict[str, Any] | None = None,
        name: str = "",
        replayed: bool = False,
    ) -> None:
        self.context = context
        self.is_train = is_train
        self.wants = wants
        self.ins = ins
        self.outs = outs
        self.state = {} if state is None else state
        self.name = name
        self.replayed = replayed

    @property
    def in_shapes(self) -> tuple[tuple[int, ...], ...] | None:
        """The shapes of inputs and auxiliary states; None where they are not known."""
        return _shapes(self.ins)

    @property
    def out_shapes(self) -> tuple[tuple[int, ...], ...] | None:
        """The shapes of the outputs, for operators whose parameters leave extents open (``zeros``)."""
        return _shapes(self.outs)

    @property
    def out_dtypes(self) -> tuple[str, ...] | None:
        """The dtypes of the outputs; None where they are not known."""
        dtypes = [each.dtype for each in self.outs]
        return tuple(dtypes) if dtypes and None not in dtypes else None  # type: ignore[arg-type]


def _shapes(types: tuple[Type, ...]) -> tuple[tuple[int, ...], ...] | None:
    shapes = [each.shape for each in types]
    return tuple(shapes) if shapes and all(map(is_complete, shapes)) else None  # type: ignore[arg-type]
