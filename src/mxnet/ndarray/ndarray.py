"""NDArray: a tensor on a context, with MXNet's methods; operators run on it at once."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mxnet.analysis.infer import show_shape
from mxnet.analysis.storage import result_storage
from mxnet.caller import warn
from mxnet.context import Context, cpu
from mxnet.dtype import DTypeLike, dtype_name, numpy_type
from mxnet.errors import CompositionError, GradientError, ShapeError, StorageTypeError, did_you_mean
from mxnet.ir.blame import blame, call_of
from mxnet.ir.constraints import settle_shapes
from mxnet.ir.op import Op, find_operator
from mxnet.ir.preparations import FOR_ARRAYS, prepared
from mxnet.ir.storage import DENSE, ROWS, Stored
from mxnet.lazy import torch
from mxnet.ndarray import indexing
from mxnet.ndarray.arithmetic import Arithmetic, Operators, cannot_combine, is_scalar
from mxnet.ndarray.eager import check_places, kernel_of, outputs_of, owned, place_of
from mxnet.ndarray.exchange import Exchange
from mxnet.ndarray.gradients import Differentiable
from mxnet.ndarray.mode import MODE
from mxnet.ndarray.params_format import array_pieces, load_array
from mxnet.ndarray.replacing import EPOCH
from mxnet.ndarray.tensors import RoomFor, allocate, context_of, copy_bytes, extents_of
from mxnet.ops.tools.device import torch_device
from mxnet.ops.tools.storage import as_stored, densify
from mxnet.util import is_np_shape

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.ndarray.fluent import FluentMethods
else:
    FluentMethods = object  # they are put on the class by fill_modules

__all__ = ["NDArray", "class_of", "invoke", "invoke_by_name"]


class NDArray(Arithmetic, Differentiable, Exchange, FluentMethods):
    """An array of one data type in the memory of one context.

    Make one with :func:`mxnet.nd.array`, :func:`mxnet.nd.zeros` and the like; every operator is a function in
    ``mx.nd``, and many are methods. Contiguous slices and ``reshape`` share memory with their array.

    Parameters
    ----------
    handle : torch.Tensor or None
        The values; None only while unpickling.
    writable : bool, default True
        Whether in-place arithmetic and assignment are allowed.
    """

    __array_priority__ = 1000.0
    """So that numpy leaves ``numpy_scalar + array`` to this class."""

    stype = "default"
    """How the values are stored; sparse arrays have other classes."""
    _by_stype: ClassVar[dict[str, type[NDArray]]] = {}  # a class for each way of storing values
    writable = True
    _is_bound = False  # to an executor, which wants to know when another tensor takes the place of this one
    _tensor: Tensor
    _context: Context

    def __init_subclass__(cls, stype: str | None = None) -> None:
        """Enter a class that stores values in another way."""
        if stype is not None:
            cls.stype = stype
            NDArray._by_stype[stype] = cls

    def __init__(self, handle: Tensor | None, writable: bool = True) -> None:
        if handle is not None:
            self._tensor = handle.detach()
            self._context = context_of(handle)
        if not writable:
            self.writable = False

    @classmethod
    def _from_tensor(cls, tensor: Tensor, context: Context) -> NDArray:
        """Return an array of these values, which are not copied."""
        self = cls.__new__(cls)
        self._tensor = tensor
        self._context = context
        return self

    @classmethod
    def _zeros(cls, shape: Any, context: Context, dtype: DTypeLike) -> NDArray:
        return cls._from_tensor(allocate(torch.zeros, shape, context, dtype), context)

    @classmethod
    def _from_stored(cls, stored: Stored, context: Context) -> NDArray:
        return cls._from_tensor(stored.parts[0], context)

    def _stored(self) -> Stored:
        """Return the array as files and kernels for sparse arrays take it."""
        return Stored(self.stype, self.shape, (self._tensor,))

    @property
    def _held(self) -> object:
        """What holds the values: another object after others have taken their place."""
        return self._tensor

    def _zeros_alike(self, stype: str) -> NDArray:
        return class_of(stype)._zeros(self.shape, self._context, self._dtype_name)

    def _set_tensor(self, tensor: Tensor) -> None:
        """Let other values of the same shape and dtype take the place of the present ones, without a copy."""
        self._tensor = tensor
        EPOCH.advance(self._is_bound)

    def _overwrite(self, tensor: Tensor) -> None:
        """Write values of the same shape into this array's memory; views of it see them."""
        target = self._tensor
        if tensor is target or copy_bytes(tensor, target):
            return
        if tensor.untyped_storage().data_ptr() == target.untyped_storage().data_ptr():
            tensor = tensor.clone()
        target.copy_(tensor)

    def _put(self, stored: Stored) -> None:
        """Write values of the same shape, stored in any way, into this array's memory."""
        if stored.stype == ROWS:
            self._tensor.zero_()
            self._write_rows(stored.parts[1], stored.parts[0])
        else:
            self._overwrite(densify(stored))

    def _write_rows(self, rows: Tensor, values: Tensor, *, whole: bool = False) -> None:  # noqa: ARG002 - has them all
        """Write some rows where the array lies, or see `with_rows`."""
        self._tensor.index_copy_(0, rows.to(self._tensor.device), values.to(self._tensor))

    # --------------------------------------------------------------------------------------------- what it is

    @property
    def shape(self) -> tuple[int, ...]:
        """The extents."""
        return tuple(self._tensor.shape)

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self._tensor.ndim

    @property
    def size(self) -> int:
        """The number of elements."""
        return self._tensor.numel()

    @property
    def _dtype_name(self) -> str:
        return str(self._tensor.dtype)[6:]  # after "torch."

    @property
    def dtype(self) -> type:
        """The data type, as a numpy type."""
        return numpy_type(self._dtype_name)

    @property
    def context(self) -> Context:
        """Where the values are."""
        return self._context

    ctx = context

    @property
    def handle(self) -> Tensor:
        """The torch tensor that holds the values."""
        return self._tensor

    @property
    def T(self) -> NDArray:
        """The array with its axes in reverse order; a copy."""
        if self.ndim < 2:
            return self
        return invoke_by_name("transpose", self)

    def __len__(self) -> int:
        if not self.ndim:
            raise CompositionError("An array without dimensions has no length.")
        return self.shape[0]

    def __bool__(self) -> bool:
        if self.size > 1:
            raise ShapeError(f"An array of {self.size} elements is neither true nor false as a whole.")
        return bool(self._tensor.any())

    def __repr__(self) -> str:
        shape = "x".join(map(str, self.shape))
        return f"\n{self.asnumpy()}\n<{type(self).__name__} {shape} @{self.context}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (None,), self.__getstate__()

    def __getstate__(self) -> dict[str, Any]:
        return {"handle": bytearray().join(array_pieces(self._stored(), self._context))}

    def __setstate__(self, state: dict[str, Any]) -> None:
        stored = load_array(state["handle"], "a pickled array")
        self.__dict__.update(class_of(stored.stype)._from_stored(stored, cpu()).__dict__)

    def __deepcopy__(self, memo: dict[int, Any]) -> NDArray:
        return self.copy()

    def __copy__(self) -> NDArray:
        return self.copy()

    # ------------------------------------------------------------------------------------------------- copies

    def astype(self, dtype: DTypeLike, copy: bool = True) -> NDArray:
        """Return the array in another data type.

        Parameters
        ----------
        dtype : str or numpy.dtype
            The data type.
        copy : bool, default True
            Whether to copy where it has that type already.
        """
        name = dtype_name(dtype)
        if not copy and name == self._dtype_name:
            return self
        return invoke_by_name("Cast", self, dtype=name)

    def copyto(self, other: NDArray | Context) -> NDArray | bool:
        """Copy the values into another array, or into a new one on a context.

        Returns
        -------
        NDArray
            The array copied to; False, with a warning, where that is this array itself.
        """
        if isinstance(other, Context):
            return self._made_by("_copy", self._copied(other))
        if not isinstance(other, NDArray):
            raise CompositionError(f"copyto() expects an NDArray or a context, not {type(other).__name__}.")
        if other is self or other.handle is self._tensor:
            warn("An array was copied to itself, which does nothing.", RuntimeWarning)
            return False
        if self.shape != other.shape:
            raise ShapeError(
                f"copyto() cannot copy an array of shape {self.shape} into one of shape {other.shape}."
            )
        return invoke_by_name("Cast", self, dtype=other._dtype_name, out=other)

    def detach(self) -> NDArray:
        """Return an array on the same memory through which no gradient passes."""
        return NDArray._from_tensor(self._tensor, self._context)

    def _copied(self, context: Context) -> NDArray:
        with RoomFor(self.shape, self._dtype_name, context):
            device, layout = torch_device(context), torch.contiguous_format
            return NDArray._from_tensor(self._tensor.to(device, copy=True, memory_format=layout), context)

    def copy(self) -> NDArray:
        """Return a copy in the same context."""
        return self.copyto(self._context)  # type: ignore[return-value]

    def as_in_context(self, context: Context) -> NDArray:
        """Return the array in a context: itself if it is there already."""
        return self if context == self._context else self.copyto(context)  # type: ignore[return-value]

    def as_nd_ndarray(self) -> NDArray:
        """Return the array itself."""
        return self

    def tostype(self, stype: str) -> NDArray:
        """Return a copy of the array in a storage type: ``"default"``, ``"row_sparse"`` or ``"csr"``."""
        return self.copy() if stype == self.stype else self._made_by("_copy", self._stored_as(stype))

    def _stored_as(self, stype: str) -> NDArray:
        """Return the array in a storage type: itself if it is stored so."""
        return self if stype == self.stype else class_of(stype)._from_tensor(self._tensor, self._context)

    # ------------------------------------------------------------------------------------- shape and indexing

    def reshape(self, *shape: int | Sequence[int], **kwargs: Any) -> NDArray:
        """Return the array with another shape, sharing its memory.

        Parameters
        ----------
        *shape : int or tuple of int
            The extents; 0 keeps the extent at that place, -1 is what is left, -2 means all other extents, -3
            the product of the next two, -4 splits the next one into the two that follow.
        reverse : bool, default False
            Whether to match extents from the right.

        Raises
        ------
        MXNetError
            If the number of elements would change.
        """
        given: Any = shape[0] if len(shape) == 1 else shape or kwargs.pop("shape", ())
        extents = tuple(given) if np.iterable(given) else (given,)
        reverse = kwargs.pop("reverse", False)
        if kwargs:
            wrong = next(iter(kwargs))
            raise CompositionError(
                f"reshape() has no argument {wrong!r}.{did_you_mean(wrong, ('shape', 'reverse'))}"
            )
        if not shape and not extents:
            raise ShapeError("reshape() needs a shape.")
        if self._is_tracked():
            return invoke_by_name("Reshape", self, shape=extents, reverse=bool(reverse))
        op = find_operator("Reshape").make(shape=extents, reverse=bool(reverse))
        return self._view(settle_shapes(op, (self.shape, None))[1])

    def _view(self, shape: tuple[int, ...]) -> NDArray:
        """Return an array of another shape on the same memory."""
        if not self._tensor.is_contiguous():
            self._set_tensor(self._tensor.contiguous())
        return NDArray._from_tensor(self._tensor.view(shape), self._context)

    def expand_dims(self, axis: int, inplace: bool = False) -> NDArray:
        """Return the array with an axis of extent 1 inserted; a copy, unless `inplace`."""
        made: NDArray = invoke_by_name("expand_dims", self, axis=axis)
        return self._view(made.shape) if inplace else made

    def flatten(self, inplace: bool = False) -> NDArray:
        """Return the array with all but the first axis made one; a copy, unless `inplace`."""
        made: NDArray = invoke_by_name("Flatten", self)
        return self._view(made.shape) if inplace else made

    def squeeze(self, axis: int | Sequence[int] | None = None, inplace: bool = False) -> NDArray:
        """Return the array without axes of extent 1; a copy, unless `inplace`."""
        made: NDArray = invoke_by_name("squeeze", self, axis=axis)
        return self._view(made.shape) if inplace else made

    def broadcast_to(self, shape: Sequence[int]) -> NDArray:
        """Return the array repeated along axes of extent 1, and along new ones in front, to have a shape.

        The operator of that name takes as many axes as there are, and keeps an extent where `shape` has a 0.

        Raises
        ------
        ValueError
            If another extent than 1 would change.
        """
        extents = extents_of(shape)
        own = (1,) * (len(extents) - self.ndim) + self.shape
        if len(own) != len(extents) or any(a not in (1, b) for a, b in zip(own, extents, strict=True)):
            raise ShapeError(f"An array of shape {self.shape} cannot be broadcast to {extents}.")
        data = self if own == self.shape else self.reshape(own)
        return invoke_by_name("broadcast_to", data, shape=extents)

    def broadcast_like(self, other: NDArray) -> NDArray:
        """Return the array repeated as `broadcast_to` does, to the shape of another."""
        return self.broadcast_to(other.shape)

    def __getitem__(self, key: Any) -> NDArray:
        tensor = self._tensor
        resolved = indexing.resolve(indexing.with_tensors(key), tensor)
        if self._is_tracked():
            return self._apply(indexing.reading(tensor, resolved))
        found = indexing.look_up(tensor, resolved)
        if not found.ndim and tensor.ndim and not is_np_shape():
            found = found.reshape(1)
        return NDArray._from_tensor(found.contiguous(), self._context)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._check_writable()
        tensor = self._tensor
        array = value if isinstance(value, NDArray) else None
        whole = array is not None and indexing.is_whole(key) and array.shape == self.shape
        if array is not None and whole and MODE.get().record is None:
            if array.stype == DENSE:
                self._overwrite(array._tensor)
            else:
                self._put(array._stored())
            return
        key = indexing.with_tensors(key)
        resolved = indexing.resolve(key, tensor)
        if self._is_tracked():
            raise GradientError("An array with a gradient cannot be assigned to while recording.")
        if array is None or not array._is_tracked():
            indexing.assign(tensor, key, resolved, value if array is None else array._tensor)
            return
        steps, last = indexing.writing(tensor, resolved, array.shape)
        made = self._apply([last], array._apply(steps))
        self._overwrite(made._tensor)
        self._recorded = made._recorded

    def _apply(self, steps: Sequence[indexing.Step], *others: NDArray) -> NDArray:
        """Return what operators make of the array, one after the other."""
        made = self
        for op, tensors in steps:
            arrays = [NDArray._from_tensor(each, self._context) for each in tensors]
            made = invoke(op, (made, *others, *arrays))
        return made

    def __iter__(self) -> Iterator[NDArray]:
        return (self[i] for i in range(len(self)))

    def slice_assign(
        self, rhs: NDArray, begin: Sequence[Any], end: Sequence[Any], step: Sequence[Any]
    ) -> NDArray:
        """Write an array into the part of this one from `begin` to `end`."""
        self[indexing.slices(begin, end, step)] = rhs
        return self

    def slice_assign_scalar(
        self, value: float, begin: Sequence[Any], end: Sequence[Any], step: Sequence[Any]
    ) -> NDArray:
        """Write a number into the part of this array from `begin` to `end`."""
        self[indexing.slices(begin, end, step)] = value
        return self

    # ---------------------------------------------------------------------------------------------- operators

    def _invoke(
        self, op: Op, inputs: Sequence[NDArray], out: NDArray | Sequence[NDArray] | None = None
    ) -> Any:
        """Run an operator that this array is an input of; one that is stored in another way knows how."""
        return invoke(op, inputs, out)

    def _made_by(self, name: str, made: NDArray, **params: object) -> NDArray:
        """Return what an operator makes of this array, made without it; a recorder is told."""
        if (record := MODE.get().record) is not None:
            record(find_operator(name).make(**params), (self,), (made,), ())
        return made

    def _combine(
        self, other: Any, how: Operators, *, reflected: bool = False, in_place: bool = False
    ) -> NDArray:
        if in_place:
            self._check_writable()
        out = self if in_place else None
        inputs: tuple[NDArray, ...]
        if isinstance(other, NDArray):
            op, inputs = _without_parameters(how.binary), (self, other)
        elif is_scalar(other):
            name = how.reflected if reflected else how.scalar
            op, inputs = find_operator(name).bind({"scalar": repr(float(other))}), (self,)
        else:
            raise cannot_combine(other)
        made: NDArray = invoke(op, inputs, out)
        return made

    def __abs__(self) -> NDArray:
        return invoke_by_name("abs", self)


NDArray._by_stype["default"] = NDArray


def class_of(stype: str) -> type[NDArray]:
    """Return the class of the arrays that are stored in a way.

    Raises
    ------
    ValueError
        If that is no storage type.
    """
    found = NDArray._by_stype.get(stype)
    if found is None:
        known = ", ".join(map(repr, NDArray._by_stype))
        raise StorageTypeError(f"{stype!r} is no storage type. Expected one of {known}.")
    return found


# ------------------------------------------------------------------------------------------ running operators


def invoke(
    op: Op,
    inputs: Sequence[NDArray],
    out: NDArray | Sequence[NDArray] | None = None,
    context: Context | None = None,
) -> Any:
    """Run an operator.

    Parameters
    ----------
    op : Op
        The operator with its parameters.
    inputs : sequence of NDArray
        Its inputs and then its auxiliary states.
    out : NDArray or sequence of NDArray, optional
        Arrays to write the outputs to. They are the result then.
    context : Context, optional
        Where to run, for an operator without inputs.

    Raises
    ------
    MXNetError
        If shapes, dtypes or contexts do not fit, or the kernel fails; it names the operator and its inputs.
    """
    inputs = prepared(FOR_ARRAYS, op, inputs)
    tensors: list[Tensor] = []
    facts: list[Any] = []
    where = inputs[0]._context if inputs else place_of(op, context)
    for array in inputs:
        if array.stype != "default":
            return array._invoke(op, inputs, out)
        tensor = array._tensor
        tensors.append(tensor)
        facts.append(tensor.shape)
        facts.append(tensor.dtype)
        if array._context is not where:
            check_places(op, [each._context for each in inputs])
    outs = () if out is None else check_out(op, inputs, out)
    for array in outs:
        facts += (array._tensor.shape, array._tensor.dtype)
    mode = MODE.get()
    wants = tracked_inputs(op, inputs) if op.residual else frozenset()
    kernel = kernel_of(op, where, mode.is_train, len(tensors), tuple(facts), wants)
    stored = result_storage(op, ["default"] * len(inputs)) if op.sparse.always else None
    results = outputs_of(op, kernel, tensors)
    if outs:
        made = list(outs)
        for array, result in zip(outs, results, strict=False):
            overwrite(op, array, as_stored(result))
    else:
        visible = results[: op.visible_outputs()]
        mine = owned(visible, () if op.memory.result == "new" else tensors)
        made = [NDArray._from_tensor(each, where) for each in mine]
        if stored is not None:
            made = stored_alike(made, stored)
    if mode.record is not None:
        mode.record(op, inputs, made, results[len(made) :])
    if out is not None:
        return out
    return made[0] if len(made) == 1 else made


def invoke_by_name(
    name: str,
    *inputs: NDArray,
    out: NDArray | Sequence[NDArray] | None = None,
    context: Context | None = None,
    **params: Any,
) -> NDArray:
    """Run the operator `name` with these inputs and parameters; those that are None count as not given."""
    cls = find_operator(name)
    if cls.variadic in cls.params:
        params.setdefault(str(cls.variadic), len(inputs))
    op = cls.make(**{key: value for key, value in params.items() if value is not None})
    made: NDArray = invoke(op, inputs, out, context)
    return made


@functools.cache
def _without_parameters(name: str) -> Op:
    return find_operator(name).bind({})


def tracked_inputs(op: Op, inputs: Sequence[NDArray]) -> frozenset[str]:
    """Return the inputs whose gradients may be asked for of a call that is being recorded."""
    return frozenset(
        name for name, array in zip(op.input_names(), inputs, strict=False) if array._is_tracked()
    )


def stored_alike(arrays: Sequence[NDArray], stypes: str | tuple[str, ...]) -> list[NDArray]:
    """Return arrays stored in one way, or each in its own."""
    each_as = stypes if isinstance(stypes, tuple) else (stypes,) * len(arrays)
    return [array._stored_as(stype) for array, stype in zip(arrays, each_as, strict=False)]


def check_out(op: Op, inputs: Sequence[NDArray], out: NDArray | Sequence[NDArray]) -> tuple[NDArray, ...]:
    """Return the arrays to write to; what is being recorded must keep its values."""
    outs = (out,) if isinstance(out, NDArray) else tuple(out)
    tracked = any(array._is_tracked() for array in inputs)
    for array in outs:
        if not isinstance(array, NDArray):
            raise CompositionError(
                f"{op.name}: out must be an NDArray or a list of them, but got {type(array).__name__}."
            )
        if array._is_tracked() or (tracked and any(array is each for each in inputs)):
            raise GradientError(
                f"{op.name} cannot write in place to an array that is part of a recorded gradient."
            )
    return outs


def overwrite(op: Op, array: NDArray, result: Stored) -> None:
    """Write a result to the array that was given for it."""
    if array.shape != result.shape:
        expected, actual = show_shape(result.shape), show_shape(array.shape)
        raise blame(ShapeError(f"out has the shape {actual}, but the result has {expected}."), call_of(op))
    array._put(result)
