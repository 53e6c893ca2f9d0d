"""NDArray: a tensor on a context, with MXNet's methods; operators run on it at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet.caller import warn
from mxnet.context import Context
from mxnet.dtype import DTypeLike, dtype_name, numpy_type
from mxnet.errors import CompositionError, GradientError, MXNetError, ShapeError, did_you_mean
from mxnet.ir.constraints import settle_shapes
from mxnet.ir.op import find_operator
from mxnet.lazy import torch
from mxnet.ops.device import torch_device

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.ndarray.fluent import FluentMethods
else:
    FluentMethods = object  # they are put on the class by fill_modules


__all__ = ["NDArray", "is_scalar", "write_gradient"]

GRAD_REQS = ("null", "write", "add")


class NDArray(FluentMethods):
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
    """How the values are stored; sparse arrays have another class."""

    writable = True
    _tensor: Tensor
    _context: Context
    _grad: NDArray | None = None
    _grad_req = "null"
    _recorded: Any = None  # the value in the graph that mxnet.autograd records

    def __init__(self, handle: Tensor | None, writable: bool = True) -> None:
        if handle is not None:
            self._tensor = handle.detach()
            self._context = _context_of(handle)
        if not writable:
            self.writable = False

    @classmethod
    def _from_tensor(cls, tensor: Tensor, context: Context) -> NDArray:
        """Return an array of these values, which are not copied."""
        self = cls.__new__(cls)
        self._tensor = tensor
        self._context = context
        return self

    def _set_tensor(self, tensor: Tensor) -> None:
        """Let other values of the same shape and dtype take the place of the present ones, without a copy."""
        self._tensor = tensor

    def _overwrite(self, tensor: Tensor) -> None:
        """Write values of the same shape into this array's memory; views of it see them."""
        target = self._tensor
        if tensor is target:
            return
        if tensor.untyped_storage().data_ptr() == target.untyped_storage().data_ptr():
            tensor = tensor.clone()
        target.copy_(tensor)

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

    def __hash__(self) -> int:
        return id(self) >> 4

    def __repr__(self) -> str:
        shape = "x".join(map(str, self.shape))
        return f"\n{self.asnumpy()}\n<{type(self).__name__} {shape} @{self.context}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (None,), self.__getstate__()

    def __getstate__(self) -> dict[str, Any]:
        from mxnet.ndarray.serialize import dump_array

        return {"handle": bytearray(dump_array(self))}

    def __setstate__(self, state: dict[str, Any]) -> None:
        from mxnet.ndarray.serialize import load_array

        loaded = load_array(bytes(state["handle"]), "a pickled array")
        self.__dict__.update(loaded.__dict__)

    def __deepcopy__(self, memo: dict[int, Any]) -> NDArray:
        return self.copy()

    def __copy__(self) -> NDArray:
        return self.copy()

    # ---------------------------------------------------------------------------------- to and from elsewhere

    def asnumpy(self) -> np.ndarray[Any, Any]:
        """Return the values as a new numpy array (bfloat16 as float32)."""
        tensor = self._tensor
        if tensor.dtype == torch.bfloat16:
            tensor = tensor.float()
        host = tensor.cpu()
        values: np.ndarray[Any, Any] = host.numpy()
        return values.copy() if host is self._tensor else np.array(values)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        values = self.asnumpy()
        return values if dtype is None else values.astype(dtype, copy=False)

    def asscalar(self) -> Any:
        """Return the only element of the array, as a numpy scalar.

        Raises
        ------
        ValueError
            If it has more or fewer.
        """
        if self.size != 1:
            raise ShapeError(
                f"asscalar() needs an array of one element, but this one has shape {self.shape}."
            )
        return self.asnumpy().reshape(-1)[0]

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
            tensor = self._tensor.to(torch_device(other), copy=True, memory_format=torch.contiguous_format)
            made = NDArray._from_tensor(tensor, other)
            if (record := MODE.get().record) is not None:
                record(find_operator("_copy").bind({}), (self,), (made,), ())
            return made
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
        """Return the array in a storage type: ``"default"``, ``"row_sparse"`` or ``"csr"``."""
        if stype == self.stype:
            return self
        from mxnet.ndarray.storage import from_dense

        return from_dense(self, stype)

    def wait_to_read(self) -> None:
        """Wait until the values are there."""
        if self._tensor.is_cuda:
            torch.cuda.synchronize(self._tensor.device)

    wait_to_write = wait_to_read

    def __dlpack__(self, **kwargs: Any) -> Any:
        self.wait_to_read()
        return self._tensor.__dlpack__(**kwargs)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._tensor.__dlpack_device__()

    def to_dlpack_for_read(self) -> Any:
        """Return a DLPack capsule that shares the memory of this array, to be read."""
        return self.__dlpack__()

    def to_dlpack_for_write(self) -> Any:
        """Return a DLPack capsule that shares the memory of this array, to be written."""
        self._check_writable()
        return self.__dlpack__()

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
        given: Any = shape or kwargs.pop("shape", ())
        if shape and len(shape) == 1 and isinstance(shape[0], list | tuple):
            given = shape[0]
        extents = (given,) if isinstance(given, int | np.integer) else tuple(given)
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

    def __getitem__(self, key: Any) -> NDArray:
        return get_item(self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._check_writable()
        set_item(self, key, value)

    def __iter__(self) -> Iterator[NDArray]:
        return (self[i] for i in range(len(self)))

    def _check_writable(self) -> None:
        if not self.writable:
            raise ReadOnlyError("The array is read-only.")

    def slice_assign(
        self, rhs: NDArray, begin: Sequence[Any], end: Sequence[Any], step: Sequence[Any]
    ) -> NDArray:
        """Write an array into the part of this one from `begin` to `end`."""
        self[_slices(begin, end, step)] = rhs
        return self

    def slice_assign_scalar(
        self, value: float, begin: Sequence[Any], end: Sequence[Any], step: Sequence[Any]
    ) -> NDArray:
        """Write a number into the part of this array from `begin` to `end`."""
        self[_slices(begin, end, step)] = value
        return self

    # ---------------------------------------------------------------------------------------------- gradients

    @property
    def grad(self) -> NDArray | None:
        """The gradient array, after ``attach_grad``."""
        return self._grad

    def attach_grad(self, grad_req: str = "write", stype: str | None = None) -> None:
        """Give the array a gradient array, which ``backward`` fills.

        Parameters
        ----------
        grad_req : {'write', 'add', 'null'}
            Whether a gradient replaces the last one or is added to it.
        stype : str, optional
            The storage type of the gradient array; that of this array by default.
        """
        zeros = NDArray._from_tensor(torch.zeros_like(self._tensor), self._context)
        self._mark(zeros.tostype(stype or self.stype), grad_req)

    def _mark(self, gradient: NDArray, grad_req: str) -> None:
        if grad_req not in GRAD_REQS:
            known = ", ".join(map(repr, GRAD_REQS))
            raise GradientError(
                f"grad_req must be one of {known}, not {grad_req!r}.{did_you_mean(grad_req, GRAD_REQS)}"
            )
        self._grad = None if grad_req == "null" else gradient
        self._grad_req = grad_req
        self._recorded = None

    def _is_tracked(self) -> bool:
        """Whether operators are being recorded and this array has part in a gradient."""
        return MODE.get().record is not None and (self._recorded is not None or self._grad is not None)

    def detach(self) -> NDArray:
        """Return an array on the same memory through which no gradient passes."""
        return NDArray._from_tensor(self._tensor, self._context)

    def backward(
        self, out_grad: NDArray | None = None, retain_graph: bool = False, train_mode: bool = True
    ) -> None:
        """Compute the gradients of this array with respect to the arrays that have gradient arrays.

        Parameters
        ----------
        out_grad : NDArray, optional
            The gradient of this array; ones by default.
        retain_graph : bool, default False
            Whether ``backward`` may be called again.
        train_mode : bool, default True
            Whether operators behave as in training.

        Raises
        ------
        MXNetError
            If the array was not computed while ``mx.autograd.record()`` was on.
        """
        if self._recorded is not None:
            self._recorded.backward([self], [out_grad], retain_graph, train_mode)
        elif self._grad is not None:
            self._take_gradient(torch.ones_like(self._tensor) if out_grad is None else out_grad._tensor)
        else:
            raise GradientError(
                "backward() needs an array that was computed while recording: compute it inside "
                "`with mx.autograd.record():`, from arrays that have gradients (attach_grad)."
            )

    def _take_gradient(self, gradient: Tensor) -> None:
        """Write or add a gradient to the gradient array."""
        if self._grad is not None:
            write_gradient(self._grad, gradient, self._grad_req)

    # --------------------------------------------------------------------------------------------- arithmetic

    def __abs__(self) -> NDArray:
        return invoke_by_name("abs", self)

    def __neg__(self) -> NDArray:
        return _with_scalar("_mul_scalar", self, -1.0)

    def __add__(self, other: Any) -> NDArray:
        return _arithmetic(self, other, "broadcast_add", "_plus_scalar")

    __radd__ = __add__

    def __iadd__(self, other: Any) -> NDArray:
        return _in_place(self, other, "broadcast_add", "_plus_scalar")

    def __sub__(self, other: Any) -> NDArray:
        return _arithmetic(self, other, "broadcast_sub", "_minus_scalar")

    def __rsub__(self, other: Any) -> NDArray:
        return _arithmetic(self, other, "broadcast_sub", "_rminus_scalar")

    def __isub__(self, other: Any) -> NDArray:
        return _in_place(self, other, "broadcast_sub", "_minus_scalar")

    def __mul__(self, other: Any) -> NDArray:
        return _arithmetic(self, other, "broadcast_mul", "_mul_scalar")

    __rmul__ = __mul__

    def __imul__(self, other: Any) -> NDArray:
        return _in_place(self, other, "broadcast_mul", "_mul_scalar")

    def __truediv__(self, other: Any) -> NDArray:
        return _arithmetic(self, other, "broadcast_div", "_div_scalar")

    def __rtruediv__(self, other: Any) -> NDArray:
        return _arithmetic(self, other, "broadcast_div", "_rdiv_scalar")

    def __itruediv__(self, other: Any) -> NDArray:
        return _in_place(self, other, "broadcast_div", "_div_scalar")

    def __mod__(self, other: Any) -> NDArray:
        return _arithmetic(self, other, "broadcast_mod", "_mod_scalar")

    def __rmod__(self, other: Any) -> NDArray:
        return _arithmetic(self, other, "broadcast_mod", "_rmod_scalar")

    def __imod__(self, other: Any) -> NDArray:
        return _in_place(self, other, "broadcast_mod", "_mod_scalar")

    def __pow__(self, other: Any) -> NDArray:
        return _arithmetic(self, other, "broadcast_power", "_power_scalar")

    def __rpow__(self, other: Any) -> NDArray:
        return _arithmetic(self, other, "broadcast_power", "_rpower_scalar")

    def __eq__(self, other: object) -> NDArray:  # type: ignore[override]
        return _arithmetic(self, other, "broadcast_equal", "_equal_scalar")

    def __ne__(self, other: object) -> NDArray:  # type: ignore[override]
        return _arithmetic(self, other, "broadcast_not_equal", "_not_equal_scalar")

    def __gt__(self, other: Any) -> NDArray:
        return _arithmetic(self, other, "broadcast_greater", "_greater_scalar")

    def __ge__(self, other: Any) -> NDArray:
        return _arithmetic(self, other, "broadcast_greater_equal", "_greater_equal_scalar")

    def __lt__(self, other: Any) -> NDArray:
        return _arithmetic(self, other, "broadcast_lesser", "_lesser_scalar")

    def __le__(self, other: Any) -> NDArray:
        return _arithmetic(self, other, "broadcast_lesser_equal", "_lesser_equal_scalar")


def write_gradient(target: NDArray, gradient: Tensor, grad_req: str) -> None:
    """Write a gradient into an array, or add it to what is there."""
    target._overwrite(target._tensor + gradient if grad_req == "add" else gradient)


class ReadOnlyError(MXNetError, ValueError):
    """A read-only array was to be written."""


def is_scalar(value: object) -> bool:
    """Whether something is a number that an array can be combined with."""
    return isinstance(value, int | float | np.number | np.bool_) and not isinstance(value, np.complexfloating)


def _arithmetic(self: NDArray, other: object, binary: str, with_scalar: str) -> NDArray:
    if isinstance(other, NDArray):
        made: NDArray = invoke(find_operator(binary).bind({}), (self, other))
        return made
    if is_scalar(other):
        return _with_scalar(with_scalar, self, float(other))  # type: ignore[arg-type]
    raise _cannot_combine(other)


def _with_scalar(name: str, self: NDArray, scalar: float, out: NDArray | None = None) -> NDArray:
    made: NDArray = invoke(find_operator(name).bind({"scalar": repr(scalar)}), (self,), out)
    return made


def _in_place(self: NDArray, other: object, binary: str, with_scalar: str) -> NDArray:
    self._check_writable()
    if isinstance(other, NDArray):
        invoke(find_operator(binary).bind({}), (self, other), self)
        return self
    if is_scalar(other):
        return _with_scalar(with_scalar, self, float(other), self)  # type: ignore[arg-type]
    raise _cannot_combine(other)


def _cannot_combine(other: object) -> CompositionError:
    hint = (
        " Make it an NDArray with mx.nd.array first." if isinstance(other, np.ndarray | list | tuple) else ""
    )
    return CompositionError(
        f"An NDArray goes together with an NDArray or a number, not with {type(other).__name__}.{hint}"
    )


def _context_of(tensor: Tensor) -> Context:
    return Context("cpu", 0) if tensor.device.type == "cpu" else Context("gpu", tensor.device.index or 0)


def _slices(begin: Sequence[Any], end: Sequence[Any], step: Sequence[Any]) -> tuple[slice, ...]:
    steps = tuple(step) or (None,) * len(begin)
    return tuple(slice(b, e, s) for b, e, s in zip(begin, end, steps, strict=True))


# These make NDArrays themselves, so they can be imported only now.
from mxnet.ndarray.indexing import get_item, set_item  # noqa: E402
from mxnet.ndarray.invoke import MODE, invoke, invoke_by_name  # noqa: E402
