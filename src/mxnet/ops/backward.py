"""The ``_backward_X`` operators: kernels that turn output gradients of X into input gradients."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from mxnet.ir.constraints import settle_dtypes, settle_shapes
from mxnet.ir.memory import EITHER, Into, Memory
from mxnet.ir.op import DERIVED, Op, Run, Slots, find_operator, is_hidden, reads_of
from mxnet.ir.param import REQUIRED, Param
from mxnet.ir.storage import GradientCall, Stored
from mxnet.ir.types import CHANNELS_LAST, Type
from mxnet.lazy import torch
from mxnet.ops.tools.device import torch_device

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.native.rows import Rows

__all__ = ["Backward", "Read", "backward_of"]

PREFIX = "_backward_"


class Read(NamedTuple):
    """What a backward kernel reads: an input, aux state, output, gradient of an output, or the residual."""

    kind: str
    position: int
    shape_only: bool


class Backward(Op):
    """The gradient of an operator, as an operator: ``wants`` names the inputs whose gradients it computes."""

    of: ClassVar[type[Op]]
    wants_key: ClassVar[str]
    """The parameter that holds `wants`; a second derivative has two of them."""

    forward_op: Op

    def validate(self) -> None:
        self.__dict__["pure"] = not self.mutates

    @property
    def wants(self) -> tuple[str, ...]:
        """The inputs of the forward operator whose gradients are computed."""
        return self.__dict__[self.wants_key]  # type: ignore[no-any-return]

    def _identity(self, given: Mapping[str, str]) -> tuple[Any, ...]:
        if "forward_op" not in self.__dict__:
            of_forward = {k: v for k, v in given.items() if k != self.wants_key and not is_hidden(k)}
            self.__dict__["forward_op"] = self.of.bind(of_forward)
        return self.forward_op, self.wants

    @property
    def learned(self) -> tuple[str, ...]:  # type: ignore[override]
        """The parameters that it reads."""
        return self.forward_op.learned

    @functools.cached_property
    def reads(self) -> tuple[Read, ...]:
        """What the kernel reads, in the order of this operator's inputs and then aux states."""
        reads = [read for _, group in self._arguments for read in group]
        unique = list(dict.fromkeys(reads))
        return tuple([r for r in unique if r.kind != "aux"] + [r for r in unique if r.kind == "aux"])

    @functools.cached_property
    def _arguments(self) -> list[tuple[str, tuple[Read, ...]]]:
        """The keyword arguments of the forward class's ``backward`` and the reads each is made of."""
        forward = self.forward_op
        sizes = dict(zip(("in", "aux", "out"), forward.arity, strict=True))
        likes = forward.backward_likes()
        names = forward.slots
        wanted = forward.backward_reads() if self.of.backward else ("grads", "ins", "aux")
        arguments = []
        group: tuple[Read, ...]
        for name in wanted:
            like = name in likes
            if name == "grad":
                group = (Read("grad", 0, like),)
            elif name == "grads":
                group = tuple(Read("grad", i, like) for i in range(sizes["out"]))
            elif name in ("ins", "aux", "outs"):
                kind = name.rstrip("s")
                skip = forward.opaque if kind == "in" else ()
                group = tuple(Read(kind, i, like) for i in range(sizes[kind]) if i not in skip)
            elif name == forward.residual:
                group = (Read("residual", 0, shape_only=False),)
            elif name in names:
                position = names.index(name)
                kind, start = _part(position, forward.arity)
                group = (Read(kind, position - start, like),)
            else:
                continue  # an input that these parameters leave out: the kernel's default stands for it
            arguments.append((name, group))
        return arguments

    def input_names(self) -> tuple[str, ...]:
        return tuple(self._slot_name(read) for read in self.reads if read.kind != "aux")

    def aux_names(self) -> tuple[str, ...]:
        return tuple(self._slot_name(read) for read in self.reads if read.kind == "aux")

    def output_names(self) -> tuple[str, ...]:
        return tuple(f"{name}_grad" for name in self.wants)

    def _slot_name(self, read: Read) -> str:
        name = (*self.forward_op.slots, self.forward_op.residual)[self._place(read)]
        return f"head_grad_{name}" if read.kind == "grad" else name

    def _place(self, read: Read) -> int:
        """Return where what is read stands among the slots of the forward operator and its residual."""
        n_in, n_aux, n_out = self.forward_op.arity
        starts = {"in": 0, "aux": n_in, "out": n_in + n_aux, "grad": n_in + n_aux}
        return starts.get(read.kind, n_in + n_aux + n_out) + read.position

    @functools.cached_property
    def shape_only(self) -> frozenset[int]:
        return frozenset(i for i, read in enumerate(self.reads) if read.shape_only)

    @functools.cached_property
    def opaque(self) -> frozenset[int]:
        return frozenset(i for i, read in enumerate(self.reads) if read.kind == "residual")

    def _through_forward(self, s: Slots, settle: Callable[..., tuple[Any, ...]]) -> Mapping[str, Any]:
        """Say of this node's slots what the forward operator says of the same arrays."""
        known: list[Any] = [None] * (sum(self.forward_op.arity) + 1)
        for read, value in zip(self.reads, s.ins + s.aux, strict=True):
            slot = self._place(read)
            known[slot] = value if known[slot] is None else known[slot]
        positions = [self.forward_op.slots.index(name) for name in self.wants]
        for position, value in zip(positions, s.outs, strict=True):
            known[position] = value if known[position] is None else known[position]
        settled = (*settle(self.forward_op, tuple(known[:-1])), known[-1])
        reads = tuple(settled[self._place(read)] for read in self.reads)
        return {
            "ins": reads[: len(s.ins)],
            "aux": reads[len(s.ins) :],
            "outs": tuple(settled[p] for p in positions),
        }

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return self._through_forward(s, settle_shapes)

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return self._through_forward(t, settle_dtypes)

    @functools.cached_property
    def _images(self) -> tuple[tuple[int, ...], frozenset[int]]:
        """The positions of the inputs, and those of the outputs, that have the layout of the images."""
        inputs = self.forward_op.image_inputs()
        names = self.forward_op.input_names()
        reads = tuple(
            i
            for i, (kind, position, shape_only) in enumerate(self.reads)
            if not shape_only
            and (position in inputs if kind == "in" else kind in ("grad", "out") and position == 0)
        )
        return reads if inputs else (), frozenset(
            i for i, name in enumerate(self.wants) if names.index(name) in inputs
        )

    def image_inputs(self) -> tuple[int, ...]:
        return self._images[0]

    def layouts(self, ins: Sequence[str]) -> tuple[str, ...]:
        reads, makes = self._images
        follows = CHANNELS_LAST in ins and any(ins[i] == CHANNELS_LAST for i in reads)
        return tuple(CHANNELS_LAST if follows and i in makes else "" for i in range(len(self.wants)))

    @property
    def memory(self) -> Memory:  # type: ignore[override]
        """Where the gradients lie."""
        return self.forward_op.backward_memory if self.of.backward else EITHER

    @functools.cached_property
    def overwrites(self) -> tuple[int, ...]:
        if len(self.wants) > 1:
            return ()
        groups = dict(self._arguments)
        return tuple(self.reads.index(groups[name][0]) for name in self.memory.over if name in groups)

    def writes_into(self, output: int) -> Literal["", "write", "add"]:
        if not self.memory.into:
            return ""
        return "add" if self.wants[output] in self.memory.adds else "write"

    def stored_gradients(self, arrays: Sequence[Stored]) -> tuple[Stored, ...] | None:
        """Compute the gradients from what is stored, if the forward operator declares how.

        Parameters
        ----------
        arrays : sequence of Stored
            What this operator reads.

        Returns
        -------
        tuple of Stored or None
            The gradients of `wants`; None where only the kernel for dense values can do it.
        """
        compute = self.forward_op.sparse.gradient_kernel
        if compute is None:
            return None
        names, given = self.forward_op.input_names(), dict(zip(self.reads, arrays, strict=True))
        read = {names[which.position]: array for which, array in given.items() if which.kind == "in"}
        head = next(array for which, array in given.items() if which.kind == "grad")
        return compute(GradientCall(self.forward_op, self.wants, head, read))

    @property
    def as_rows(self) -> Callable[[Rows], None] | None:  # type: ignore[override]
        """What the forward operator says of its gradients in rows."""
        rule = self.of.backward_as_rows
        return None if rule is None else functools.partial(rule, self.forward_op)

    def read_names(self) -> Iterator[str]:
        """Yield what the kernel reads by the names of its parameters: ``grad``, and inputs and outputs."""
        slots = (*self.forward_op.slots, self.forward_op.residual)
        for read in self.reads:
            if read.kind == "grad":
                yield f"grad{read.position}" if read.position else "grad"
            else:
                yield slots[self._place(read)]

    def kernel_into(self, run: Run) -> Callable[..., Any]:
        return self.kernel_for(run)

    def kernel_for(self, run: Run) -> Callable[..., Any]:
        run.wants = frozenset(self.wants)
        if self.of.backward is None:
            return functools.partial(self._differentiate, run)
        compute = functools.partial(self.of.backward, self.forward_op, run)
        slot = {read: i for i, read in enumerate(self.reads)}
        groups = {"grads", "ins", "outs", "aux"}
        layout = [(name, [slot[r] for r in group], name in groups) for name, group in self._arguments]
        names = self.forward_op.input_names()
        picked = [names.index(name) for name in self.wants]

        in_order = [(name, [i], False) for i, name in enumerate(reads_of(self.of))]  # type: ignore[arg-type]
        if layout == in_order[: len(layout)]:
            return self._in_order(compute, run, picked)

        def backward(*tensors: Tensor, **out: dict[str, Into]) -> Any:
            arguments = {
                name: tuple(tensors[i] for i in where) if grouped else tensors[where[0]]
                for name, where, grouped in layout
            }
            results = compute(**arguments, **out)
            if not isinstance(results, tuple | list):
                results = (results,)
            written = out.get("out", ())
            return _unpacked(
                [
                    None if self.wants[k] in written else _or_zeros(results[i], run, k)
                    for k, i in enumerate(picked)
                ]
            )

        return backward

    def _in_order(self, compute: Callable[..., Any], run: Run, picked: list[int]) -> Callable[..., Any]:
        """Return the kernel for tensors that are passed on just as they come, which most are."""
        if picked == [0]:  # the one gradient may come without a tuple around it

            def backward(*tensors: Tensor, **out: dict[str, Into]) -> Tensor | None:
                result = compute(*tensors, **out)
                if isinstance(result, tuple | list):
                    result = result[0]
                return _or_zeros(result, run, 0) if result is None and not out else result

            return backward

        def backward_of_several(*tensors: Tensor, **out: dict[str, Into]) -> Any:
            results = compute(*tensors, **out)
            written = out.get("out", ())
            return _unpacked(
                [
                    results[i]
                    if results[i] is not None or self.wants[k] in written
                    else _or_zeros(None, run, k)
                    for k, i in enumerate(picked)
                ]
            )

        return backward_of_several

    def _differentiate(self, run: Run, *tensors: Tensor) -> Any:
        """Let torch differentiate the forward kernel, which runs again: nothing is kept for that."""
        n_in, _, n_out = self.forward_op.arity
        rest = iter(tensors[n_out:])
        ins: list[Any] = [None if i in self.forward_op.opaque else next(rest) for i in range(n_in)]
        grads, aux = tensors[:n_out], tuple(rest)
        names = self.forward_op.input_names()
        picked = [names.index(name) for name in self.wants]
        smooth = [i for i in picked if ins[i].is_floating_point()]
        outs = tuple(
            Type(tuple(grad.shape), str(grad.dtype).removeprefix("torch."), run.context) for grad in grads
        )
        again = Run(
            run.context,
            is_train=run.is_train,
            outs=outs,
            state=run.state,
            name=run.name,
            replayed=True,
        )
        forward = self.forward_op.kernel_for(again)
        floating: list[int] = []

        def of_smooth(*varied: Tensor) -> tuple[Tensor, ...]:
            arguments = list(ins)
            for i, tensor in zip(smooth, varied, strict=True):
                arguments[i] = tensor
            results = forward(*arguments, *(a.clone() for a in aux))
            results = results if isinstance(results, tuple | list) else (results,)
            floating[:] = [i for i, r in enumerate(results) if r.is_floating_point()]
            return tuple(results[i] for i in floating)

        by_input: dict[int, Tensor] = {}
        if smooth:
            pull = torch.func.vjp(of_smooth, *(ins[i] for i in smooth))[1]
            by_input = dict(zip(smooth, pull(tuple(grads[i] for i in floating)), strict=True))
        return _unpacked([by_input[i] if i in by_input else torch.zeros_like(ins[i]) for i in picked])


def _part(position: int, arity: tuple[int, int, int]) -> tuple[str, int]:
    n_in, n_aux, _ = arity
    if position < n_in:
        return "in", 0
    return ("aux", n_in) if position < n_in + n_aux else ("out", n_in + n_aux)


def _unpacked(results: list[Any]) -> Any:
    """Return results as a kernel does: a single one by itself."""
    return results[0] if len(results) == 1 else tuple(results)


def _or_zeros(gradient: Tensor | None, run: Run, output: int) -> Tensor:
    if gradient is not None:
        return gradient
    assert run.out_shapes is not None
    dtype = getattr(torch, run.out_dtypes[output]) if run.out_dtypes else None
    return torch.zeros(run.out_shapes[output], dtype=dtype, device=torch_device(run.context))


@functools.cache
def backward_of(forward: type[Op]) -> type[Backward]:
    """Return the class of ``_backward_X`` for the operator class X; its parameters are X's and ``wants``."""
    cls: type[Backward] = type(
        PREFIX + forward.name, (Backward,), {"of": forward, "__doc__": f"The gradient of {forward.name}."}
    )
    cls.name = PREFIX + forward.name
    cls.wants_key = forward.wants_key + "_again" if issubclass(forward, Backward) else "wants"
    wants = Param(cls.wants_key, "tuple[str, ...]", REQUIRED, "The inputs whose gradients are computed.")
    cls.params = {wants.name: wants, **forward.params}
    cls.interned = forward.interned
    cls.accepts_any_parameter = forward.accepts_any_parameter or not forward.params
    reads = reads_of(forward) if forward.backward else ()  # type: ignore[arg-type]
    cls.mutates = tuple(
        name for name in reads if name in forward.aux and forward.mutates and name in forward.mutates
    )
    return cls


def _derive(name: str) -> type[Op] | None:
    return backward_of(find_operator(name.removeprefix(PREFIX))) if name.startswith(PREFIX) else None  # type: ignore[arg-type]


DERIVED.append(_derive)
