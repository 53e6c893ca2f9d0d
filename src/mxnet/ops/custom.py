"""``Custom``: the operator that a user wrote in Python, with :mod:`mxnet.operator`."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from mxnet.dtype import dtype_name, numpy_type
from mxnet.errors import (
    GradientError,
    InferenceError,
    ParameterError,
    UnknownOperatorError,
    did_you_mean,
    user_code,
)
from mxnet.ir.op import Like, Op, Run, Slots, is_hidden, param
from mxnet.ir.storage import CSR, DENSE, ROWS, Sparse, StorageError

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["KEPT", "REGISTERED", "Custom", "DeclaredStorageError", "Properties", "Registration", "Storage"]

UNKNOWN = "undefined"
KEPT = "kept"
"""Where a node's state has the bytes that the user's object keeps, by the shapes and dtypes of the inputs."""
STYPES = {DENSE, UNKNOWN, ROWS, CSR}


class DeclaredStorageError(StorageError, AssertionError):
    """Arrays are stored in another way than an operator declares that it takes them."""


class Storage(NamedTuple):
    """How the arrays of a custom operator are stored, as its own methods see them."""

    ins: tuple[str, ...]
    outs: tuple[str, ...]
    aux: tuple[str, ...]


class Properties(Protocol):
    """What a user declares of an operator: see ``mxnet.operator.CustomOpProp``."""

    def list_arguments(self) -> Sequence[str]: ...

    def list_outputs(self) -> Sequence[str]: ...

    def list_auxiliary_states(self) -> Sequence[str]: ...

    def infer_shape(self, in_shape: Any) -> Sequence[Any]: ...

    def infer_type(self, in_type: Any) -> Sequence[Any]: ...

    def infer_storage_type(self, in_stype: list[str]) -> Sequence[Any]: ...

    def infer_storage_type_backward(
        self,
        ograd_stype: list[str],
        in_stype: list[str],
        out_stype: list[str],
        igrad_stype: list[str],
        aux_stype: list[str],
    ) -> Sequence[Any]: ...

    def declare_backward_dependency(
        self, out_grad: list[int], in_data: list[int], out_data: list[int]
    ) -> Sequence[int]: ...

    def create_operator(self, ctx: Any, in_shapes: Any, in_dtypes: Any) -> Any: ...


class Registration(NamedTuple):
    """What stands under an ``op_type``: how its properties are made, and how it is run on tensors.

    Running needs arrays, which stand above this module; so whoever registers says how.
    """

    make: Callable[..., Properties]
    forward: Callable[[Custom, Run, Sequence[Tensor]], Tensor | tuple[Tensor, ...]]
    backward: Callable[..., list[Tensor]]
    declares_storage: Callable[[Properties], bool] = lambda _: False


REGISTERED: dict[str, Registration] = {}
"""The operators that users have registered, by their ``op_type``."""


_IF_SPARSE = Sparse(lambda op, stypes: op.storage(stypes).outs)
_STORED_AS_DECLARED = Sparse(
    lambda op, stypes: op.storage(stypes).outs,
    lambda op, stypes, head: op.gradients_stored_as(stypes, head),
    always=True,
)


class Custom(Op, name="Custom"):
    """Runs an operator that was registered with ``mx.operator.register``.

    Its inputs, outputs, auxiliary states, inference and kernels are those of the registered properties, which
    get all parameters but `op_type` as strings.
    """

    inputs = {"data": "Inputs of the operator, by position, or by keyword under its own names for them."}
    variadic = "inputs"
    accepts_any_parameter = True
    pure = False
    effects = ("forward", "backward")
    interned = False  # properties may keep what they are told of one node
    residual = "made_by"  # users keep values in the object of their operator, from forward to backward
    op_type: str = param(doc="The name under which the operator is registered.")

    registration: Registration
    properties: Properties
    names: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
    """Of inputs, auxiliary states and outputs."""

    def _identity(self, given: Mapping[str, str]) -> tuple[Any, ...]:
        return (REGISTERED.get(self.op_type), *sorted(given.items()))

    def validate(self) -> None:
        """Make the properties."""
        registration = REGISTERED.get(self.op_type)
        if registration is None:
            raise UnknownOperatorError(
                f"No custom operator {self.op_type!r} is registered.{did_you_mean(self.op_type, REGISTERED)} "
                f"Run the code with @mx.operator.register({self.op_type!r}) before it is used or loaded."
            )
        others = {key: value for key, value in self.given.items() if key != "op_type" and not is_hidden(key)}
        try:
            inspect.signature(registration.make).bind(**others)
        except TypeError as error:
            raise ParameterError(
                f"The custom operator {self.op_type!r} does not take the parameters {others}: {error}."
            ) from None
        with self._user_code("__init__"):
            properties = registration.make(**others)
            names = (
                properties.list_arguments(),
                properties.list_auxiliary_states(),
                properties.list_outputs(),
            )
        self.__dict__.update(
            registration=registration,
            properties=properties,
            names=tuple(tuple(each or ()) for each in names),
            mutates=tuple(names[1] or ()),
            sparse=_STORED_AS_DECLARED if registration.declares_storage(properties) else _IF_SPARSE,
        )

    def _user_code(self, method: str) -> contextlib.AbstractContextManager[None]:
        return user_code(f"in {method}() of the custom operator {self.op_type!r}")

    def input_names(self) -> tuple[str, ...]:
        """Return what the properties list."""
        return self.names[0]

    def aux_names(self) -> tuple[str, ...]:
        """Return what the properties list."""
        return self.names[1]

    def output_names(self) -> tuple[str, ...]:
        """Return what the properties list."""
        return self.names[2]

    # -------------------------------------------------------------------------------- inference

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        """Ask the properties, in MXNet's way: an unknown rank is ``[]``, an unknown extent 0."""
        known = [[extent or 0 for extent in shape] if shape else [] for shape in s.ins]
        complete = all(shape is not None and None not in shape for shape in s.ins)
        return self._ask("infer_shape", known, _read_shape, any(known) or complete, complete)

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        """Ask the properties, with numpy's types; None for an unknown one."""
        known = [dtype and numpy_type(dtype) for dtype in t.ins]
        complete = None not in t.ins
        return self._ask("infer_type", known, _read_dtype, any(known) or complete, complete)

    def _ask(
        self, method: str, known: list[Any], read: Callable[[Any], Any], worthwhile: bool, complete: bool
    ) -> Mapping[str, Any]:
        if not worthwhile:
            return {}
        try:
            with self._user_code(method):
                answer = getattr(self.properties, method)(known)
        except Exception:
            if complete:
                raise
            return {}  # most are written for known inputs only; it is asked again when more is known
        parts = list(answer) if isinstance(answer, list | tuple) else []
        if len(parts) not in (2, 3):
            raise InferenceError(
                f"{method} of the custom operator {self.op_type!r} must return 2 or 3 lists (for inputs, "
                f"outputs and auxiliary states), but returned {answer!r}."
            )
        parts = [*parts, ()][:3]
        expected = (self.names[0], self.names[2], self.names[1])
        for part, names, what in zip(parts, expected, ("inputs", "outputs", "auxiliary states"), strict=True):
            if len(part) != len(names):
                raise InferenceError(
                    f"{method} of the custom operator {self.op_type!r} must return one entry for each of its "
                    f"{what} ({', '.join(names) or 'none'}), but returned {list(part)!r}."
                )
        ins, outs, aux = (tuple(map(read, part)) for part in parts)
        return {"ins": ins, "outs": outs, "aux": aux}

    # -------------------------------------------------------------------------------- storage

    def _groups(self) -> tuple[tuple[str, ...], ...]:
        """Return the names of inputs, outputs and auxiliary states: the order of inference."""
        return self.names[0], self.names[2], self.names[1]

    def storage(self, stypes: Sequence[str]) -> Storage:
        """Return how arrays are stored for the user's code, from how inputs are.

        Raises
        ------
        DeclaredStorageError
            If the inputs are stored in another way than the operator declares.
        """
        if not self.sparse.always and all(each == DENSE for each in stypes):
            return Storage(*((DENSE,) * len(each) for each in self._groups()))
        given = tuple(stypes[: len(self.names[0])])
        with self._user_code("infer_storage_type"):
            answer = self.properties.infer_storage_type(list(given))
        ins, outs, aux = self._read_stypes("infer_storage_type", answer, self._groups())
        for name, wanted, found in zip(self.names[0], ins, given, strict=True):
            if wanted != found:
                raise DeclaredStorageError(
                    f"the custom operator {self.op_type!r} declares that it takes {name!r} stored as "
                    f"{wanted}, but it is stored as {found}."
                )
        return Storage(ins, outs, aux)

    def gradients_stored_as(self, stypes: Sequence[str], head: str) -> tuple[str, ...]:
        """Return how gradients of inputs are stored; dense ones where a backward would be refused."""
        storage = self.storage(stypes)
        try:
            return self.backward_storage(storage, (head, *storage.outs[1:]))[3]
        except DeclaredStorageError:
            return (DENSE,) * len(self.names[0])

    def backward_storage(self, storage: Storage, heads: Sequence[str]) -> tuple[tuple[str, ...], ...]:
        """Return how the backward sees heads, inputs, outputs, gradients of inputs and states."""
        ins, outs, aux = storage
        with self._user_code("infer_storage_type_backward"):
            answer = self.properties.infer_storage_type_backward(
                list(heads), list(ins), list(outs), [UNKNOWN] * len(ins), list(aux)
            )
        names = (self.names[2], self.names[0], self.names[2], self.names[0], self.names[1])
        return self._read_stypes("infer_storage_type_backward", answer, names)

    def _read_stypes(
        self, method: str, answer: Any, names: Sequence[Sequence[str]]
    ) -> tuple[tuple[str, ...], ...]:
        parts = [*answer] if isinstance(answer, list | tuple) else []
        if len(parts) == len(names) - 1:  # states may be left out
            parts.append([DENSE] * len(names[-1]))
        lengths = [len(part) for part in parts if isinstance(part, list | tuple)]
        if lengths != [len(part) for part in names] or not {s for part in parts for s in part} <= STYPES:
            expected = ", ".join(str(list(part)) for part in names)
            raise InferenceError(
                f"{method} of the custom operator {self.op_type!r} must return lists of storage types "
                f"(default, row_sparse or csr), one for each of {expected}, but returned {answer!r}."
            )
        return tuple(tuple(DENSE if stype == UNKNOWN else stype for stype in part) for part in parts)

    # -------------------------------------------------------------------------------- running

    @functools.cached_property
    def needs(self) -> frozenset[str]:
        """What the user's backward reads, of ``grads``, ``ins`` and ``outs``."""
        n_in, _, n_out = self.arity
        numbers = iter(range(2 * n_out + n_in))
        out_grad, in_data, out_data = ([next(numbers) for _ in range(n)] for n in (n_out, n_in, n_out))
        with self._user_code("declare_backward_dependency"):
            wanted = self.properties.declare_backward_dependency(out_grad, in_data, out_data)
        groups = {"grads": out_grad, "ins": in_data, "outs": out_data}
        if not isinstance(wanted, Iterable) or not {*wanted} <= {*out_grad, *in_data, *out_data}:
            raise GradientError(
                f"declare_backward_dependency of the custom operator {self.op_type!r} must return some of "
                f"the numbers it is given ({out_grad}, {in_data}, {out_data}), but returned {wanted!r}."
            )
        return frozenset(name for name, group in groups.items() if {*wanted}.intersection(group))

    def backward_reads(self) -> tuple[str, ...]:
        """Return the groups that are needed; of inputs at least the shapes are."""
        return (*(name for name in ("grads", "outs") if name in self.needs), "ins", "aux", "made_by")

    def backward_likes(self) -> frozenset[str]:
        """Return ``ins`` if only their shapes are needed, which are those of the gradients."""
        return frozenset({"ins"} - self.needs)

    def forward(self, run: Run, *tensors: Tensor) -> Tensor | tuple[Tensor, ...]:
        """Run the user's forward."""
        return self.registration.forward(self, run, tensors)

    def residual_bytes(self, run: Run) -> int:
        """Return what the user's object held after the last forward; before there was one, nobody knows."""
        kept: int = run.state.get(KEPT, {}).get(tuple((each.shape, each.dtype) for each in run.ins), 0)
        return kept

    def backward(
        self,
        run: Run,
        grads: Sequence[Tensor] = (),
        ins: Sequence[Tensor | Like] = (),
        outs: Sequence[Tensor] = (),
        aux: Sequence[Tensor] = (),
        made_by: Any = None,
    ) -> list[Tensor]:
        """Run the user's backward."""
        return self.registration.backward(self, run, grads, ins, outs, aux, made_by)


def _read_shape(shape: Sequence[int]) -> tuple[int | None, ...] | None:
    return tuple(int(extent) if extent > 0 else None for extent in shape) or None


def _read_dtype(dtype: Any) -> str | None:
    return None if dtype is None else dtype_name(dtype)
