"""One parameter: its shape and kind, how it is filled, and its array and gradient on every context."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from mxnet import autograd, symbol
from mxnet import initializer as initializers
from mxnet import ndarray as nd
from mxnet.caller import warn
from mxnet.context import Context, cpu, current_context
from mxnet.dtype import DTypeLike, dtype_name
from mxnet.errors import BindError, GradientError, MXNetError, did_you_mean
from mxnet.gluon.errors import CheckError, DeferredInitializationError, UninitializedError
from mxnet.gluon.utils.shapes import shape_is_known
from mxnet.ndarray.ndarray import class_of
from mxnet.util import is_np_shape

if TYPE_CHECKING:
    from mxnet.gluon.trainer import Trainer
    from mxnet.ndarray import NDArray
    from mxnet.symbol import Symbol

__all__ = ["Parameter", "contexts_of"]

Shape = tuple[int, ...]
Init = Any
"""An initializer, its name, or None."""

_GRAD_REQS = ("write", "add", "null")
_STYPES = ("default", "row_sparse", "csr")


class _Deferred(NamedTuple):
    """What ``initialize`` was asked for before the shape was known."""

    init: Init
    contexts: list[Context]
    default_init: Init
    data: NDArray | None


def contexts_of(ctx: Context | Sequence[Context] | None) -> list[Context]:
    """Return the contexts that an argument names, by default the current one."""
    if ctx is None:
        return [current_context()]
    return [ctx] if isinstance(ctx, Context) else list(ctx)


class Parameter:
    """An array that a block owns and a :class:`~mxnet.gluon.Trainer` changes.

    Parameters
    ----------
    name : str
        Its name, which no other parameter of a network should have.
    grad_req : {'write', 'add', 'null'}
        Whether a gradient replaces the last one, is added to it, or is not wanted.
    shape : int or tuple of int, optional
        Its shape; 0 stands for an extent that the first call of its block finds.
    dtype : str or numpy dtype, default float32
    lr_mult, wd_mult : float
        Factors on the learning rate and the weight decay.
    init : Initializer or str, optional
        What fills it; by default what ``initialize`` is told.
    allow_deferred_init : bool
        Whether ``initialize`` may be called before the shape is known.
    differentiable : bool
        Whether it may have a gradient at all.
    stype, grad_stype : {'default', 'row_sparse', 'csr'}
        How it and its gradient are stored.

    Examples
    --------
    >>> import mxnet as mx
    >>> weight = mx.gluon.Parameter("weight", shape=(2, 3))
    >>> weight.initialize(mx.init.One())
    >>> with mx.autograd.record():
    ...     loss = (weight.data() ** 2).sum()
    >>> loss.backward()
    >>> weight.grad().asnumpy()
    array([[2., 2., 2.],
           [2., 2., 2.]], dtype=float32)
    """

    def __init__(
        self,
        name: str,
        grad_req: str = "write",
        shape: int | Sequence[int] | None = None,
        dtype: DTypeLike = np.float32,
        lr_mult: float = 1.0,
        wd_mult: float = 1.0,
        init: Init = None,
        allow_deferred_init: bool = False,
        differentiable: bool = True,
        stype: str = "default",
        grad_stype: str = "default",
    ) -> None:
        self.name = name
        self.lr_mult = lr_mult
        self.wd_mult = wd_mult
        self.init = init
        self._var: Symbol | None = None
        self._data: list[NDArray] | None = None
        self._grad: list[NDArray] | None = None
        self._ctx_list: list[Context] = []
        self._ctx_map: list[list[int | None]] | None = None  # for other packages, which look copies up in it
        self._deferred_init: _Deferred | None = None
        self._trainer: Trainer | None = None
        self._differentiable = differentiable
        self._allow_deferred_init = allow_deferred_init
        self._shape: Shape | None = None
        self.shape = shape  # type: ignore[assignment] # takes one extent as well
        self._dtype = dtype
        self._grad_req = "null"
        self.grad_req = grad_req
        for what, given in (("stype", stype), ("grad_stype", grad_stype)):
            if given not in _STYPES:
                raise CheckError(
                    f"{what} of parameter {name!r} must be one of {', '.join(map(repr, _STYPES))}, not "
                    f"{given!r}.{did_you_mean(given, _STYPES)}"
                )
        self._stype = stype
        self._grad_stype = grad_stype

    def __repr__(self) -> str:
        return f"{type(self).__name__} {self.name} (shape={self.shape}, dtype={self.dtype})"

    def __getstate__(self) -> dict[str, Any]:
        """Return all but who trains it and stands for it here."""
        return self.__dict__ | {"_trainer": None, "_var": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if self._data is not None and self._grad is not None:
            autograd.mark_variables(self._data, self._grad, self._grad_req)

    # --------------------------------------------------------------------------------------------- what it is

    @property
    def grad_req(self) -> str:
        """What is done with a gradient: ``'write'``, ``'add'`` or ``'null'``."""
        return self._grad_req

    @grad_req.setter
    def grad_req(self, req: str) -> None:
        if req not in _GRAD_REQS:
            raise CheckError(
                f"grad_req of parameter {self.name!r} must be one of {', '.join(map(repr, _GRAD_REQS))}, not "
                f"{req!r}.{did_you_mean(req, _GRAD_REQS)}"
            )
        req = req if self._differentiable else "null"
        if req == self._grad_req:
            return
        self._grad_req = req
        if req == "null":
            self._grad = None
            self._data = self._data and [array.detach() for array in self._data]
        elif self._data is not None:
            self._init_grad()

    @property
    def dtype(self) -> DTypeLike:
        """The data type, as it was given."""
        return self._dtype

    @dtype.setter
    def dtype(self, dtype: DTypeLike) -> None:
        self.cast(dtype)

    @property
    def shape(self) -> Shape | None:
        """The shape, None where nothing of it is known; what is known cannot be changed."""
        if self._shape is None or is_np_shape():
            return self._shape
        return tuple(max(extent, 0) for extent in self._shape)

    @shape.setter
    def shape(self, shape: Shape | None) -> None:
        new = (int(shape),) if isinstance(shape, int | np.integer) else shape
        if self._shape is None:
            self._shape = None if new is None else tuple(new)
            return
        fits = (
            new is not None
            and len(new) == len(self._shape)
            and all(old in (-1, 0, extent) for old, extent in zip(self._shape, new, strict=True))
        )
        if not fits:
            raise CheckError(
                f"Parameter {self.name!r} has the shape {self._shape}, so that it cannot get the shape {new}."
            )
        self._shape = tuple(new)  # type: ignore[arg-type] # it fits, so that it is no None

    @property
    def stype(self) -> str:
        """How it is stored."""
        return self._stype

    def var(self) -> Symbol:
        """Return the variable that stands for it in graphs, always the same one."""
        if self._var is None:
            self._var = symbol.var(
                self.name,
                shape=self.shape,
                dtype=self.dtype,
                lr_mult=self.lr_mult,
                wd_mult=self.wd_mult,
                init=self.init,
                stype=self._stype,
            )
        return self._var

    # ------------------------------------------------------------------------------------------------- arrays

    def initialize(
        self,
        init: Init = None,
        ctx: Context | Sequence[Context] | None = None,
        default_init: Init = None,
        force_reinit: bool = False,
    ) -> None:
        """Make its arrays and fill them; as soon as the shape is known, if it is not.

        Parameters
        ----------
        init : Initializer or str, optional
            What fills it; its own initializer by default.
        ctx : Context or list of Context, optional
            Where; one copy on each context. The current context by default.
        default_init : Initializer or str, optional
            What fills it if neither `init` nor its own initializer is given; ``Uniform()`` by default.
        force_reinit : bool
            Whether to start again if it has values already.

        Raises
        ------
        ValueError
            If its shape is not known, and has to be.
        """
        if self._data is not None and not force_reinit:
            warn(
                f"Parameter {self.name!r} is already initialized, ignoring. "
                "Set force_reinit=True to re-initialize."
            )
            return
        self._data = self._grad = None
        default = initializers.Uniform() if default_init is None else default_init
        if init is None:
            init = default if self.init is None else self.init
        self._deferred_init = _Deferred(init, contexts_of(ctx), default, None)
        if shape_is_known(self.shape):
            self._finish_deferred_init()
        elif not self._allow_deferred_init:
            self._deferred_init = None
            raise BindError(
                f"Cannot initialize parameter {self.name!r} because it has invalid shape: {self.shape}. Give "
                "the block the extents it lacks (in_units, in_channels ...), or allow_deferred_init=True."
            )

    def _finish_deferred_init(self) -> None:
        """Make the arrays that ``initialize`` could not make before the shape was known."""
        if self._deferred_init is None:
            return
        init, contexts, default_init, data = self._deferred_init
        self._deferred_init = None
        if not shape_is_known(self.shape):
            raise CheckError(
                f"Cannot initialize parameter {self.name!r} because it has invalid shape: {self.shape}. "
                "Please specify in_units, in_channels, etc for its block, or call the block once."
            )
        with autograd.pause():
            if data is None:
                data = class_of(self._stype)._zeros(self.shape, cpu(), dtype_name(self.dtype))
                described = initializers.InitDesc(self.name, {"__init__": init})
                initializers.create(default_init)(described, data)
            self._take(data, contexts)

    def _take(self, data: NDArray, contexts: Sequence[Context]) -> None:
        """Copy values to every context."""
        self._ctx_list = list(contexts)
        self._ctx_map = _positions(contexts)
        self._data = [_copy(data, context) for context in contexts]
        self._init_grad()

    def _init_grad(self) -> None:
        """Make the gradient arrays, zeros."""
        if self._grad_req == "null" or self._data is None:
            self._grad = None
            return
        self._grad = [array._zeros_alike(self._grad_stype) for array in self._data]
        autograd.mark_variables(self._data, self._grad, self._grad_req)

    def _load_init(
        self,
        data: NDArray,
        ctx: Context | Sequence[Context] | None,
        cast_dtype: bool = False,
        dtype_source: str = "current",
    ) -> None:
        """Take values from a file, and initialize with them if need be.

        Parameters
        ----------
        data : NDArray
            The values.
        ctx : Context or list of Context, optional
            Where they go, if the parameter is not initialized.
        cast_dtype : bool
            Whether a dtype that differs is no error.
        dtype_source : {'current', 'saved'}
            Whose dtype counts then: the parameter's or the file's.
        """
        if cast_dtype and dtype_source not in ("current", "saved"):
            raise CheckError(f"dtype_source must be 'current' or 'saved', not {dtype_source!r}.")
        self._check_loaded(data, cast_dtype=cast_dtype)
        if cast_dtype and dtype_source == "saved":
            self.cast(data.dtype)
        self.shape = data.shape
        if dtype_name(self.dtype) != dtype_name(data.dtype):
            data = data.astype(dtype_name(self.dtype))
        if self._stype != data.stype:
            data = data.tostype(self._stype)
        if self._data is not None:
            self._check_contexts(ctx)
            self.set_data(data)
            return
        if self._deferred_init is None:
            contexts = [cpu()] if ctx is None else contexts_of(ctx)
        else:
            self._check_contexts(ctx)
            contexts = self._deferred_init.contexts if ctx is None else contexts_of(ctx)
        self._deferred_init = None
        with autograd.pause():
            self._take(data, contexts)

    def _check_loaded(self, data: NDArray, *, cast_dtype: bool) -> None:
        """Refuse saved values that are not of this parameter's shape or dtype."""
        if self.shape is not None:
            unknown = -1 if is_np_shape() else 0
            fits = len(self.shape) == len(data.shape) and all(
                own in (unknown, given) for own, given in zip(self.shape, data.shape, strict=True)
            )
            if not fits:
                raise CheckError(
                    f"Failed loading parameter {self.name!r} from saved params: shape incompatible, expected "
                    f"{self.shape} vs saved {data.shape}."
                )
        if not cast_dtype and dtype_name(self.dtype) != dtype_name(data.dtype):
            raise CheckError(
                f"Failed loading parameter {self.name!r} from saved params: dtype incompatible, expected "
                f"{dtype_name(self.dtype)} vs saved {dtype_name(data.dtype)}. Set cast_dtype=True to cast "
                "the dtype of saved params."
            )

    def _check_contexts(self, ctx: Context | Sequence[Context] | None) -> None:
        if ctx is not None and set(contexts_of(ctx)) != set(self.list_ctx()):
            raise CheckError(
                f"Failed to load parameter {self.name!r} on {contexts_of(ctx)} because it was previously "
                f"initialized on {self.list_ctx()}."
            )

    def _reduce(self) -> NDArray:
        """Return the mean of the values on all contexts, on the CPU."""
        copies = self._all_rows() if self._stype == "row_sparse" else self.list_data()
        if len(copies) == 1:
            return _copy(copies[0], cpu())
        total: NDArray = nd.add_n(*(array.as_in_context(cpu()) for array in copies))
        return total / len(copies)

    def _all_rows(self) -> list[NDArray]:
        """Return a row-sparse parameter on every context, as its trainer's store has it if there is one."""
        if self._trainer is None:
            return self._arrays()
        return self.list_row_sparse_data(nd.arange(0, self._arrays()[0].shape[0], dtype="int64"))

    def _set_trainer(self, trainer: Trainer | None) -> None:
        """Note who updates it; a row-sparse parameter has one trainer, whose store has its rows."""
        if self._stype != "default" and self._trainer is not None and trainer not in {None, self._trainer}:
            raise MXNetError(
                f"Failed to set the trainer for Parameter {self.name!r} because it was already set. More "
                "than one trainers for a row_sparse Parameter is not supported."
            )
        self._trainer = trainer

    def reset_ctx(self, ctx: Context | Sequence[Context] | None) -> None:
        """Move it to other contexts.

        Raises
        ------
        ValueError
            If it is not initialized.
        """
        contexts = contexts_of(ctx)
        if self._data is not None:
            with autograd.pause():
                self._take(self._reduce(), contexts)
        elif self._deferred_init is not None:
            self._deferred_init = self._deferred_init._replace(contexts=contexts)
        else:
            raise BindError(
                f"Cannot reset context for parameter {self.name!r} because it has not been initialized."
            )

    def set_data(self, data: NDArray) -> None:
        """Set its values on all contexts.

        Raises
        ------
        AssertionError
            If the shape is another, or it is not initialized.
        """
        self.shape = data.shape
        if self._data is None:
            if self._deferred_init is None:
                raise CheckError(
                    f"Parameter {self.name!r} has not been initialized: call initialize() before set_data()."
                )
            self._deferred_init = self._deferred_init._replace(data=data)
            return
        if self._trainer is not None:
            self._trainer._weight_was_set(self)
        with autograd.pause():
            for array in self._data:
                array[:] = data

    # ------------------------------------------------------------------------------------------------- access

    def _arrays(self) -> list[NDArray]:
        """Return the arrays on all contexts."""
        if self._data is not None:
            return self._data
        error = UninitializedError(
            f"Parameter {self.name!r} has not been initialized: call initialize() of its block, or of the "
            "whole network. Initialize, and make the Trainer, with Block.collect_params(): Block.params does "
            "not hold the parameters of children."
        )
        if self._deferred_init is not None:
            error = DeferredInitializationError(
                f"Parameter {self.name!r} has not been initialized yet because initialization was deferred: "
                "its shape is found when its block is first called. Call the network with one batch, or give "
                "in_units, in_channels, etc. when the block is made."
            )
        error.parameter = self
        raise error

    def _position(self, ctx: Context | None) -> int:
        """Return the number of the arrays on a context."""
        contexts = self._ctx_list
        if ctx is None:
            if len(contexts) == 1:
                return 0
            ctx = current_context()
        try:
            return contexts.index(ctx)
        except ValueError:
            raise MXNetError(
                f"Parameter {self.name!r} was not initialized on context {ctx}. "
                f"It was only initialized on {contexts}."
            ) from None

    def _check_and_get(self, arr_list: list[NDArray] | None, ctx: Context | type[list[Any]] | None) -> Any:
        """Return what there is on a context of arrays, one for each; subclasses ask for it by this name."""
        arrays = self._arrays() if arr_list is None else arr_list
        return arrays if ctx is list else arrays[self._position(cast(Context | None, ctx))]

    def data(self, ctx: Context | None = None) -> NDArray:
        """Return its array on a context; the only one, or that on the current context, by default.

        Raises
        ------
        RuntimeError
            If it is not initialized there, or is stored sparsely.
        DeferredInitializationError
            If it will be, by the first call of its block.
        """
        if self._stype != "default":
            raise MXNetError(
                f"Cannot return a copy of Parameter {self.name!r} on ctx {ctx} via data() because its "
                f"storage type is {self._stype}. Please use row_sparse_data() instead."
            )
        return (self._data or self._arrays())[self._position(ctx)]

    def _array_on(self, ctx: Context) -> NDArray:
        """Return its array on a context, however it is stored."""
        return (self._data or self._arrays())[self._position(ctx)]

    def list_data(self) -> list[NDArray]:
        """Return its arrays on all contexts."""
        if self._stype != "default":
            raise MXNetError(
                f"Cannot return copies of Parameter {self.name!r} on all contexts via list_data() because "
                f"its storage type is {self._stype}. Please use row_sparse_data() instead."
            )
        return list(self._arrays())

    def row_sparse_data(self, row_id: NDArray) -> NDArray:
        """Return some rows of a row-sparse parameter, on the context of the row numbers.

        Parameters
        ----------
        row_id : NDArray
            The numbers of the rows.
        """
        return self._pull_rows(self._arrays()[self._position(row_id.context)], row_id)

    def list_row_sparse_data(self, row_id: NDArray) -> list[NDArray]:
        """Return some rows of a row-sparse parameter on every context."""
        return [self._pull_rows(array, row_id) for array in self._arrays()]

    def _pull_rows(self, array: NDArray, row_id: NDArray) -> NDArray:
        if self._stype != "row_sparse":
            raise MXNetError(
                f"Cannot return a copy of Parameter {self.name!r} via row_sparse_data() because its storage "
                f"type is {self._stype}. Please use data() instead."
            )
        if self._trainer is None:
            raise MXNetError(
                f"Cannot get row_sparse data for Parameter {self.name!r} when no Trainer is created with it."
            )
        self._trainer._row_sparse_pull(self, array, row_id)
        return array

    def grad(self, ctx: Context | None = None) -> NDArray:
        """Return its gradient on a context.

        Raises
        ------
        RuntimeError
            If it is not initialized there, or its `grad_req` is ``'null'``.
        """
        return self.list_grad()[self._position(ctx)]

    def list_grad(self) -> list[NDArray]:
        """Return its gradients on all contexts."""
        self._arrays()
        if self._grad is None:
            raise GradientError(f"Parameter {self.name!r} has no gradient, because grad_req='null'.")
        return list(self._grad)

    def list_ctx(self) -> list[Context]:
        """Return the contexts it is on, or will be on."""
        if self._data is None and self._deferred_init is not None:
            return self._deferred_init.contexts
        self._arrays()
        return self._ctx_list

    def zero_grad(self) -> None:
        """Set its gradients to 0, on all contexts."""
        for gradient in self._grad or ():
            gradient._put(gradient._zeros_alike(gradient.stype)._stored())

    def cast(self, dtype: DTypeLike) -> None:
        """Change its dtype, and that of its arrays."""
        self._dtype = dtype
        self._var = None
        if self._data is None:
            return
        with autograd.pause():
            self._data = [array.astype(dtype) for array in self._data]
            if self._grad is not None:
                self._grad = [gradient.astype(dtype) for gradient in self._grad]
                autograd.mark_variables(self._data, self._grad, self._grad_req)


def _positions(contexts: Sequence[Context]) -> list[list[int | None]]:
    """Return by GPU or not, and by the number of the device, which copy is its own."""
    found: list[list[int | None]] = [[], []]
    for position, context in enumerate(contexts):
        row = found[context.device_typeid & 1]
        row.extend([None] * (context.device_id + 1 - len(row)))
        row[context.device_id] = position
    return found


def _copy(array: NDArray, context: Context) -> NDArray:
    """Return a copy of an array on a context."""
    return array._copied(context)
