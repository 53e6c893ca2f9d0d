"""Hybrid blocks: one ``hybrid_forward`` computes with arrays, or composes a graph of symbols."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from mxnet import ndarray, symbol
from mxnet.caller import warn
from mxnet.errors import MXNetError, few
from mxnet.gluon.block.block import Block
from mxnet.gluon.block.cached_graph import CachedGraph
from mxnet.gluon.block.forms import Form, flatten, regroup, values_in
from mxnet.gluon.block.where import COMPOSITION, Composition, UserCall, path_to, say_path, wrong_inputs
from mxnet.gluon.errors import BlockError, NoSuchOfASymbolError, NotForwardError
from mxnet.gluon.parameter import DeferredInitializationError
from mxnet.gluon.utils.shapes import shape_is_known
from mxnet.ndarray import NDArray
from mxnet.symbol import Group, Symbol

if TYPE_CHECKING:
    from mxnet.context import Context
    from mxnet.dtype import DTypeLike

__all__ = ["HybridBlock"]


class HybridBlock(Block):
    """A block that computes at once with arrays, and composes a graph when it is called with symbols.

    A subclass defines ``hybrid_forward(F, x, **params)``: `F` is ``mx.nd`` or ``mx.sym``, and the parameters
    that are its attributes come by their names. After `hybridize` the graph is composed once, and run as a
    whole.

    Parameters
    ----------
    prefix, params
        See :class:`Block`.

    Examples
    --------
    >>> import mxnet as mx
    >>> class Scale(mx.gluon.HybridBlock):
    ...     def __init__(self, **kwargs):
    ...         super().__init__(**kwargs)
    ...         with self.name_scope():
    ...             self.factor = self.params.get("factor", shape=(1,), init="ones")
    ...
    ...     def hybrid_forward(self, F, x, factor):
    ...         return F.broadcast_mul(x, factor)
    >>> net = Scale(prefix="scale_")
    >>> net.initialize()
    >>> net(mx.nd.ones((2,))).asnumpy()
    array([1., 1.], dtype=float32)
    >>> net(mx.sym.var("data")).list_arguments()
    ['data', 'scale_factor']
    """

    _recomposes = True  # its graph can be composed again from its code

    def __init__(self, prefix: str | None = None, params: Any = None) -> None:
        super().__init__(prefix=prefix, params=params)
        self._active = False
        self._flags: dict[str, Any] = {}
        self._cached_graph: tuple[list[Symbol], Symbol] | tuple[()] = ()
        self._composition: Composition | None = None
        self._cached_op: CachedGraph | None = None
        self._quick: CachedGraph | None = None  # the same, if it is called with arrays one by one
        self._n_more_inputs = 0
        self._in_format: Form = None
        self._out_format: Form = None
        self._monitor: tuple[Callable[..., Any], bool] | None = None

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if isinstance(value, HybridBlock):
            self._clear_cached_op()

    def register_child(self, block: Block, name: str | None = None) -> None:
        """Make another hybrid block a child of this one.

        Raises
        ------
        ValueError
            If it is no hybrid block.
        """
        if not isinstance(block, HybridBlock):
            raise BlockError(
                f"Children of HybridBlock must also be HybridBlock, but {block!r} has type {type(block)}. If "
                "you are using Sequential, please try HybridSequential instead."
            )
        super().register_child(block, name)
        self._clear_cached_op()

    def _clear_cached_op(self) -> None:
        """Forget the graph: it is composed again at the next call."""
        self._cached_graph = ()
        self._cached_op = self._quick = None

    def hybridize(
        self,
        active: bool = True,
        backend: str | None = None,
        clear: bool = True,
        static_alloc: bool = False,
        static_shape: bool = False,
        inline_limit: int = 2,
        forward_bulk_size: int | None = None,
        backward_bulk_size: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Compose the graph at the next call, and run it as a whole from then on.

        Parameters
        ----------
        active : bool
            Whether to; False goes back to computing at once.
        backend, clear, static_alloc, static_shape, inline_limit, forward_bulk_size, backward_bulk_size
            Accepted for compatibility: every graph is planned for the shapes it is called with.
        **kwargs
            Accepted for compatibility.
        """
        del backend, static_shape, inline_limit, forward_bulk_size, backward_bulk_size
        if active and (self._forward_hooks or self._forward_pre_hooks):
            warn(
                f"{self.name!r} is being hybridized while still having forward hook/pre-hook. If it is a "
                "child of HybridBlock, the hooks will not take effect."
            )
        self._active = active
        self._flags = {"static_alloc": static_alloc, **kwargs}
        if clear or not active:
            self._clear_cached_op()
        super().hybridize(active, static_alloc=static_alloc, clear=clear, **kwargs)

    def _described(self) -> dict[str, Any]:
        if not self._cached_graph:
            return {"hybridized": False}
        inputs, out = self._cached_graph
        return {
            "in_format": self._in_format,
            "out_format": self._out_format,
            "inputs": [each.tojson() for each in inputs],
            "symbol": out.tojson(),
            "hybridized": self._active,
        }

    def _become_active(self, *, active: bool) -> None:
        self._active = active
        self._clear_cached_op()

    def __getstate__(self) -> dict[str, Any]:
        """Return all but the graph, which the next call composes again."""
        compiled = {"_cached_op": None, "_quick": None, "_composition": None}
        return self.__dict__ | compiled | ({"_cached_graph": ()} if self._recomposes else {})

    def cast(self, dtype: DTypeLike) -> None:
        """Change the dtype of all parameters."""
        self._clear_cached_op()
        super().cast(dtype)

    def optimize_for(
        self, x: Any, *args: Any, backend: str | None = None, clear: bool = False, **kwargs: Any
    ) -> None:
        """Hybridize, and compose the graph for inputs, without running it.

        Parameters
        ----------
        x, *args
            Inputs as of a call.
        backend : str
            The name of a backend; all run the same graph here.
        clear : bool
            Whether to compose it again if it is there.
        **kwargs
            As for `hybridize`.

        Raises
        ------
        ValueError
            If there is no name of a backend.
        """
        if not backend:
            raise BlockError('Must specify "backend" to optimize_for')
        self.hybridize(True, backend, clear, **kwargs)
        flat, _ = flatten((x, *args), "input")
        with flat[0]._context:
            self._deferred_infer_shape(x, *args)
            for each in self.collect_params().values():
                each._finish_deferred_init()
            self._build_cache(x, *args)

    def program(self, is_train: bool = False) -> str:
        """Return the Python source of the program that the last call has run; see ``Executor.program``.

        Parameters
        ----------
        is_train : bool
            Whether of the last call in training, or of the last one for inference.

        Raises
        ------
        MXNetError
            If the block is not hybridized, or was not called in this mode.
        """
        source = None if self._cached_op is None else self._cached_op.source(is_train)
        if source is None:
            how = "in training, inside of autograd.record()" if is_train else "for inference"
            raise MXNetError(f"There is no program yet: call hybridize(), and then the block, {how}.")
        return source

    def register_op_hook(self, callback: Callable[..., Any], monitor_all: bool = False) -> None:
        """Call a function with every value that the graph computes; see :meth:`Block.register_op_hook`."""

        def show(name: str, array: NDArray) -> None:
            callback(name.encode(), b"", array)

        self._monitor = show, monitor_all
        if self._cached_op is not None:
            self._cached_op.set_monitor(show, monitor_all)

    # ------------------------------------------------------------------------------------------------- calls

    def forward(self, x: Any, *args: Any) -> Any:
        """Compute with arrays, or compose with symbols, by `hybrid_forward`."""
        quick = self._quick
        if quick is not None and self._is_plain(x, args):
            made = quick((x, *args), x._context)
            return made[0] if self._out_format == 0 else regroup(made, self._out_format)
        if type(x) is NDArray and not args:
            return self._call_graph([x], [0], (x,)) if self._active else self._at_once(x._context, x)
        given = list(values_in((x, *args)))
        symbols = [isinstance(each, Symbol) for each in given]
        if not given:
            raise BlockError(
                "In HybridBlock, there must be one NDArray or one Symbol in the input. Please check the "
                "type of the args."
            )
        if any(symbols):
            if not all(symbols):
                raise BlockError(
                    "In HybridBlock, we do not support mixed NDArrays and Symbols types for the input. "
                    "Please check the type of the args."
                )
            return self._compose(x, *args)
        if self._active:
            return self._call_graph(*flatten((x, *args), "input"), (x, *args))
        return self._at_once(given[0]._context, x, *args)

    def _at_once(self, context: Context, *args: Any) -> Any:
        """Compute with arrays, operator by operator; the first call finds shapes that are not known."""
        with context:
            try:
                params = {name: each.data(context) for name, each in self._reg_params.items()}
            except DeferredInitializationError:
                params = None
            if params is None:
                self._deferred_infer_shape(*args)
                for each in self.params.values():
                    each._finish_deferred_init()
                params = {name: each.data(context) for name, each in self._reg_params.items()}
            return self.hybrid_forward(ndarray, *args, **params)

    def _is_plain(self, x: Any, args: tuple[Any, ...]) -> bool:
        """Whether a call is with as many arrays as the graph was made for, all on one context."""
        if type(x) is not NDArray or len(args) != self._n_more_inputs:
            return False
        return not args or all(type(each) is NDArray and each._context == x._context for each in args)

    def _explained(self, error: Exception, args: tuple[Any, ...]) -> Exception:
        self._say_node(error, error)
        return super()._explained(error, args)

    def _say_node(self, error: Exception, cause: Exception) -> None:
        """Note of an error which block a node of the graph was made in, if its cause blames one."""
        if self._composition is not None and isinstance(cause, MXNetError) and cause.node is not None:
            assert isinstance(error, MXNetError)
            say_path(error, self._composition.path_to((*cause.within, cause.node)[0].original))

    def _calls(self, args: tuple[Any, ...]) -> Iterator[UserCall]:
        if type(self).forward is not HybridBlock.forward:
            yield from super()._calls(args)
        else:
            yield self.hybrid_forward, (..., *args), self._reg_params

    def _compose(self, *args: Any) -> Any:
        """Call `hybrid_forward` with symbols, and note of the graph that is being composed what it makes."""
        composition = COMPOSITION.get()
        if composition is None:
            return self._composed(*args)
        with composition.inside(self):
            made = self._composed(*args)
            composition.note(args, made)
        return made

    def _composed(self, *args: Any) -> Any:
        params = {name: each.var() for name, each in self._reg_params.items()}
        with self.name_scope():
            try:
                return self.hybrid_forward(symbol, *args, **params)
            except AttributeError as error:
                if isinstance(error, MXNetError) or not isinstance(error.obj, Symbol):
                    raise
                raise NoSuchOfASymbolError(
                    f"hybrid_forward() reads .{error.name} of a Symbol. A block that is hybridized, or "
                    "called with symbols, composes a graph, whose values are not there yet. Use what graphs "
                    "have too (0 and -1 in F.reshape, F.shape_array, F.slice_like, F.broadcast_like), or do "
                    "not hybridize the block."
                ) from error

    def hybrid_forward(self, F: Any, x: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ARG002, N803
        """Compute the output with `F`, which is ``mx.nd`` or ``mx.sym``: what a subclass defines."""
        raise NotForwardError(f"{type(self).__name__} defines no hybrid_forward().")

    def _get_graph(self, *args: Any) -> tuple[list[Symbol], Symbol]:
        """Return the variables for the inputs and the outputs, composed at the first call."""
        if not self._cached_graph:
            flat, self._in_format = flatten(args, "input")
            names = ["data"] if len(flat) == 1 else [f"data{i}" for i in range(len(flat))]
            inputs = [symbol.var(name) for name in names]
            self._composition = Composition()
            with self._composition:
                made = self._compose(*regroup(inputs, self._in_format))
            outputs, self._out_format = flatten(made, "output")
            self._cached_graph = inputs, Group(outputs)
        return self._cached_graph

    def _call_graph(self, flat: list[NDArray], form: Form, args: tuple[Any, ...]) -> Any:
        """Run the graph, which the first call makes, and the shapes of parameters with it."""
        context = flat[0]._context
        if any(each._context != context for each in flat):
            places = ", ".join(str(each._context) for each in flat)
            raise BlockError(f"The inputs of a hybridized block must be on one context, but are on {places}.")
        with context:
            if self._cached_op is None:
                self._build_cache(*args)
            if form != self._in_format:
                raise self._misfit(form)
            cached = self._cached_op
            assert cached is not None
            if any(each._deferred_init is not None for each in cached.parameters):
                self._deferred_infer_shape(*args)
                for each in self.collect_params().values():
                    each._finish_deferred_init()
            made = cached(flat, context)
        plain = all(each == 0 for each in form)
        self._quick, self._n_more_inputs = (cached if plain else None), len(form) - 1
        return regroup(made, self._out_format)

    def _misfit(self, form: Form) -> MXNetError:
        return BlockError(
            "The argument structure of HybridBlock does not match the cached version. Stored format = "
            f"{self._in_format}, input format = {form}. hybridize() makes it forget the first call."
        )

    def _build_cache(self, *args: Any) -> None:
        inputs, out = self._get_graph(*args)
        self._cached_op = cached = CachedGraph(out, inputs, dict(self.collect_params().items()))
        for i in cached.unused_inputs:
            warn(f"The {i}-th input to HybridBlock is not used by any computation. Is this intended?")
        if cached.unused_parameters:
            unused = ", ".join(cached.unused_parameters)
            warn(f"Parameter {unused} is not used by any computation. Is this intended?")
        if self._monitor is not None:
            cached.set_monitor(*self._monitor)

    # ------------------------------------------------------------------------------------------------ shapes

    def _deferred_infer_shape(self, *args: Any) -> None:
        """Find the shapes that are not known, or say which ones cannot be found."""
        try:
            self.infer_shape(*args)
        except Exception as error:
            if isinstance(error, TypeError) and (wrong := wrong_inputs(error, self._calls(args))):
                raise wrong from error
            failed = BlockError(f"Deferred initialization failed because shape cannot be inferred. {error}")
            self._say_node(failed, error)
            raise failed from error
        _, out = self._get_graph(*args)
        used = set(out.list_inputs())
        unknown = [
            each
            for each in self.collect_params().values()
            if each.name in used and not shape_is_known(each.shape)
        ]
        if unknown:
            failed = BlockError(
                "Deferred initialization failed because shape cannot be inferred. The inputs do not "
                f"determine the shape of {few(f'{each.name} {each.shape}' for each in unknown)}: give the "
                "block the extents that are 0."
            )
            say_path(failed, path_to(unknown[0], self))
            raise failed

    def infer_shape(self, *args: Any) -> None:
        """Find the shapes of the parameters from inputs."""
        self._infer("infer_shape", "shape", args)

    def infer_type(self, *args: Any) -> None:
        """Find the dtypes of the parameters from inputs."""
        self._infer("infer_type", "dtype", args)

    def _infer(self, how: str, what: str, args: tuple[Any, ...]) -> None:
        inputs, out = self._get_graph(*args)
        flat, _ = flatten(args, "input")
        given = {str(var.name): getattr(each, what) for var, each in zip(inputs, flat, strict=True)}
        used = set(out.list_inputs())
        infer = getattr(out, f"{how}_partial")
        arguments, _, aux = infer(**{name: each for name, each in given.items() if name in used})
        found = dict(zip(out.list_arguments(), arguments, strict=True))
        found.update(zip(out.list_auxiliary_states(), aux, strict=True))
        for parameter in self.collect_params().values():
            if found.get(parameter.name) is not None:
                setattr(parameter, what, found[parameter.name])

    # ------------------------------------------------------------------------------------------------- files

    def export(self, path: str, epoch: int = 0, remove_amp_cast: bool = True) -> None:
        """Save graph and parameters as a checkpoint, for ``mx.mod.Module`` and ``SymbolBlock.imports``.

        Parameters
        ----------
        path : str
            What the names of the files begin with.
        epoch : int
            Written into the name of the parameter file, with four digits.
        remove_amp_cast : bool
            Whether the casts that mixed precision added are left out.

        Raises
        ------
        RuntimeError
            If the graph is not there yet: the block has to be hybridized and called first.
        """
        if not self._cached_graph:
            raise MXNetError(
                "Please first call block.hybridize() and then run forward with this block at least once "
                "before calling export."
            )
        _, out = self._cached_graph
        out.save(f"{path}-symbol.json", remove_amp_cast=remove_amp_cast)
        arguments, aux = set(out.list_arguments()), set(out.list_auxiliary_states())
        arrays = {}
        for name, parameter in self.collect_params().items():
            if name in arguments:
                arrays[f"arg:{name}"] = parameter._reduce()
            elif name in aux:
                arrays[f"aux:{name}"] = parameter._reduce()
        ndarray.save(f"{path}-{epoch:04d}.params", arrays)
