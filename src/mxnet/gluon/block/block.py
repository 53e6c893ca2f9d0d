"""Blocks: parts of a network that own parameters and other blocks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mxnet import ndarray as nd
from mxnet.caller import warn
from mxnet.errors import FileFormatError, MXNetError, few
from mxnet.gluon.block.scope import BlockScope, name_block
from mxnet.gluon.block.structure import load_structure, save_structure
from mxnet.gluon.block.summary import print_summary
from mxnet.gluon.block.where import UserCall, path_to, say_path, say_where, wrong_inputs
from mxnet.gluon.errors import (
    AttributeChangeError,
    BlockError,
    CheckError,
    NotForwardError,
    UninitializedError,
)
from mxnet.gluon.parameter import Parameter, ParameterDict
from mxnet.gluon.parameter.dictionary import load_arrays
from mxnet.gluon.utils.hooks import HookHandle, Hooks

if TYPE_CHECKING:
    import os

    from mxnet.context import Context
    from mxnet.dtype import DTypeLike
    from mxnet.ndarray import NDArray

__all__ = ["Block"]


class Block:
    """A part of a network: parameters, other blocks, and what it computes with them.

    Blocks and parameters that are set as attributes belong to it.

    Parameters
    ----------
    prefix : str, optional
        What the names of its parameters and children begin with; by default its class and a number.
    params : ParameterDict, optional
        Parameters to share, those of another block.

    Examples
    --------
    >>> import mxnet as mx
    >>> class Twice(mx.gluon.Block):
    ...     def __init__(self, **kwargs):
    ...         super().__init__(**kwargs)
    ...         with self.name_scope():
    ...             self.dense = mx.gluon.nn.Dense(4, in_units=4)
    ...
    ...     def forward(self, x):
    ...         return self.dense(self.dense(x))
    >>> net = Twice(prefix="net_")
    >>> net.initialize()
    >>> net(mx.nd.ones((2, 4))).shape
    (2, 4)
    >>> list(net.collect_params())
    ['net_dense0_weight', 'net_dense0_bias']
    """

    _in_summary = True  # containers, whose parts are shown, are not

    def __init__(self, prefix: str | None = None, params: ParameterDict | None = None) -> None:
        self._has_own_scope = prefix != ""
        self._prefix, self._params = name_block(prefix, params, self._alias())
        self._name = self._prefix.removesuffix("_")
        self._scope = BlockScope(self)
        self._children: dict[str, Block] = {}
        self._reg_params: dict[str, Parameter] = {}
        self._forward_hooks = Hooks()
        self._forward_pre_hooks = Hooks()

    def __repr__(self) -> str:
        lines = [
            f"  ({key}): {_indented(repr(each))}"
            for key, each in self.__dict__.items()
            if isinstance(each, Block)
        ]
        return f"{type(self).__name__}(\n" + "\n".join(lines) + "\n)"

    def __setattr__(self, name: str, value: Any) -> None:
        old = self.__dict__.get(name)
        if isinstance(old, Block | Parameter) and not isinstance(value, type(old)):
            family = Block if isinstance(old, Block) else Parameter
            if not isinstance(value, family):
                raise AttributeChangeError(
                    f"Changing attribute type for {name} from {type(old)} to {type(value)} is not allowed."
                )
        if isinstance(value, Block):
            self.register_child(value, name)
        elif isinstance(value, Parameter):
            if name in self._reg_params:
                raise CheckError(
                    f"Overriding parameter attribute {name} is not allowed. If you want to share parameters "
                    "between blocks, please set 'params' at Block construction instead."
                )
            self._reg_params[name] = value
        super().__setattr__(name, value)

    def _alias(self) -> str:
        """Return what kind of block it is, for its name."""
        return type(self).__name__.lower()

    # ---------------------------------------------------------------------------------------- names, children

    @property
    def prefix(self) -> str:
        """What the names of its parameters and children begin with."""
        return self._prefix

    @property
    def name(self) -> str:
        """Its name: the prefix without the underscore at its end."""
        return self._name

    @property
    def params(self) -> ParameterDict:
        """Its own parameters, without those of its children."""
        return self._params

    def name_scope(self) -> BlockScope:
        """Return a ``with`` scope in which the names of blocks begin with this block's prefix."""
        return self._scope

    def register_child(self, block: Block, name: str | None = None) -> None:
        """Make another block a child of this one; setting it as an attribute does so.

        Raises
        ------
        ValueError
            If it has this one inside of it, or a child has the number that it would get.
        """
        key = str(len(self._children)) if name is None else name
        if _is_inside(self, block):
            raise BlockError(
                f"{block.name!r} cannot become the child {key!r} of {self.name!r}, which is inside of it."
            )
        if name is None and key in self._children:
            raise BlockError(
                f"{self.name!r} has {self._children[key].name!r} as its child {key!r} already, so that "
                f"{block.name!r} cannot get the number: register it with a name of its own."
            )
        self._children[key] = block

    def apply(self, fn: Callable[[Block], Any]) -> Block:
        """Call a function with every child, in depth, and then with this block, which is returned."""
        for child in self._children.values():
            child.apply(fn)
        fn(self)
        return self

    def collect_params(self, select: str | None = None) -> ParameterDict:
        """Return the parameters of this block and of all its children.

        Parameters
        ----------
        select : str, optional
            A regular expression that the beginnings of their names match.
        """
        self._warn_of_containers()
        found = ParameterDict(self._params.prefix)
        if select is None:
            found.update(self.params)
        else:
            pattern = re.compile(select)
            found._params.update({name: each for name, each in self.params.items() if pattern.match(name)})
        try:
            for child in self._children.values():
                found.update(child.collect_params(select=select))
        except MXNetError as error:
            say_where(error, self)
            raise
        return found

    def _warn_of_containers(self) -> None:
        """Warn of blocks in lists and dictionaries, whose parameters nobody finds."""
        for name, value in self.__dict__.items():
            if name.startswith("_") or not isinstance(value, list | tuple | dict):
                continue
            blocks = value.values() if isinstance(value, dict) else value
            if any(isinstance(each, Block) and each not in self._children.values() for each in blocks):
                warn(
                    f'"{type(self).__name__}.{name}" is an unregistered container with Blocks. Note that '
                    "Blocks inside the list, tuple or dict will not be registered automatically. Make sure "
                    "to register them using register_child() or switching to "
                    "nn.Sequential/nn.HybridSequential instead."
                )

    def _collect_params_with_prefix(self, prefix: str = "") -> dict[str, Parameter]:
        """Return all parameters by the attributes that lead to them, which is how files name them."""
        prefix = prefix and f"{prefix}."
        found = {prefix + name: parameter for name, parameter in self._reg_params.items()}
        for name, child in self._children.items():
            found.update(child._collect_params_with_prefix(prefix + name))
        return found

    # -------------------------------------------------------------------------------------------------- calls

    def __call__(self, *args: Any) -> Any:
        """Compute, with what hooks say of it."""
        try:
            if self._forward_pre_hooks:
                for hook in self._forward_pre_hooks.values():
                    hook(self, args)
            output = self.forward(*args)
            if self._forward_hooks:
                for hook in self._forward_hooks.values():
                    hook(self, args, output)
        except Exception as error:
            raise self._explained(error, args)  # noqa: B904 - it, or one that says that it is its cause
        return output

    def _explained(self, error: Exception, args: tuple[Any, ...]) -> Exception:
        """Return an error of a call, or one that says more, with the path of the block that it is from."""
        if isinstance(error, TypeError) and not isinstance(error, MXNetError):
            error = wrong_inputs(error, self._calls(args)) or error
        elif isinstance(error, UninitializedError) and error.parameter is not None:
            say_path(error, path_to(error.parameter, self))
        say_where(error, self)
        return error

    def _calls(self, args: tuple[Any, ...]) -> Iterator[UserCall]:
        """Yield which of the user's functions a call of the block calls, and with what."""
        yield self.forward, args, ()

    def forward(self, *args: Any) -> Any:
        """Compute the output: what a subclass defines."""
        raise NotForwardError(
            f"{type(self).__name__} defines no forward(), but was called with {len(args)} inputs."
        )

    def register_forward_pre_hook(self, hook: Callable[..., Any]) -> HookHandle:
        """Call ``hook(block, inputs)`` before every call; the handle takes it away again."""
        handle = HookHandle()
        handle.attach(self._forward_pre_hooks, hook)
        return handle

    def register_forward_hook(self, hook: Callable[..., Any]) -> HookHandle:
        """Call ``hook(block, inputs, output)`` after every call; the handle takes it away again."""
        handle = HookHandle()
        handle.attach(self._forward_hooks, hook)
        return handle

    def register_op_hook(self, callback: Callable[..., Any], monitor_all: bool = False) -> None:
        """Call a function with every value that the children compute, once they are hybridized.

        Parameters
        ----------
        callback : callable
            Takes the name of a value and of its operator, both as bytes, and the value.
        monitor_all : bool
            Whether to show the inputs of operators too.
        """
        for child in self._children.values():
            child.register_op_hook(callback, monitor_all)

    def summary(self, *inputs: Any) -> None:
        """Print what every block makes of some inputs, and how many parameters it has.

        Parameters
        ----------
        *inputs
            What the block is called with.

        Raises
        ------
        AssertionError
            If a block is hybridized: only at once do all of them see arrays.
        """
        print_summary(self, inputs)

    # ------------------------------------------------------------------------------------- all its parameters

    def initialize(
        self,
        init: Any = None,
        ctx: Context | Sequence[Context] | None = None,
        verbose: bool = False,
        force_reinit: bool = False,
    ) -> None:
        """Initialize all parameters; see :meth:`ParameterDict.initialize`."""
        self.collect_params().initialize(init, ctx, verbose, force_reinit)

    def cast(self, dtype: DTypeLike) -> None:
        """Change the dtype of all parameters."""
        for child in self._children.values():
            child.cast(dtype)
        for parameter in self.params.values():
            parameter.cast(dtype)

    def hybridize(self, active: bool = True, **kwargs: Any) -> None:
        """Let all children that can compute as compiled graphs; see :meth:`HybridBlock.hybridize`."""
        for child in self._children.values():
            child.hybridize(active, **kwargs)

    # -------------------------------------------------------------------------------------------------- files

    def save_parameters(self, filename: str | os.PathLike[str], deduplicate: bool = False) -> None:
        """Save all parameters, by the attributes that lead to them (``features.0.weight``).

        Parameters
        ----------
        filename : str
            The file.
        deduplicate : bool
            Whether a parameter that is shared is saved once.
        """
        named = self._collect_params_with_prefix()
        if deduplicate:
            last = {parameter: name for name, parameter in named.items()}
            named = {name: parameter for parameter, name in last.items()}
        nd.save(filename, {name: parameter._reduce() for name, parameter in named.items()})

    def load_parameters(
        self,
        filename: str | os.PathLike[str],
        ctx: Context | Sequence[Context] | None = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
        cast_dtype: bool = False,
        dtype_source: str = "current",
    ) -> None:
        """Load what `save_parameters` saved, or a file of an earlier MXNet.

        Parameters
        ----------
        filename : str
            The file.
        ctx : Context or list of Context, optional
            Where those go that are not initialized; the CPU by default.
        allow_missing : bool
            Whether parameters may lack in the file.
        ignore_extra : bool
            Whether the file may hold others.
        cast_dtype : bool
            Whether a dtype that differs is no error.
        dtype_source : {'current', 'saved'}
            Whose dtype counts then.

        Raises
        ------
        AssertionError
            If a parameter of the block is missing in the file, or differs in shape or dtype.
        ValueError
            If the file holds others.
        """
        loaded = load_arrays(filename)
        named = self._collect_params_with_prefix()
        if not loaded and not named:
            return
        if not any("." in key for key in loaded):  # of save_params, by the names of parameters
            self.collect_params().load(
                filename, ctx, allow_missing, ignore_extra, self.prefix, cast_dtype, dtype_source
            )
            return
        try:
            self._take_loaded(
                loaded, named, filename, ctx, allow_missing, ignore_extra, cast_dtype, dtype_source
            )
        except MXNetError as error:
            say_where(error, self)
            raise

    def _take_loaded(
        self,
        loaded: Mapping[str, NDArray],
        named: Mapping[str, Parameter],
        filename: str | os.PathLike[str],
        ctx: Context | Sequence[Context] | None,
        allow_missing: bool,
        ignore_extra: bool,
        cast_dtype: bool,
        dtype_source: str,
    ) -> None:
        """Give parameters the values of a file; both are named by the attributes that lead to them."""
        if not allow_missing:
            there = {named[key] for key in loaded if key in named}
            missing = [name for name, parameter in named.items() if parameter not in there]
            if missing:
                raise CheckError(
                    f"Parameter {missing[0]!r} is missing in file {str(filename)!r}, which contains "
                    f"parameters: {few(loaded, missing[0])}."
                    f"{f' Missing are also {few(missing[1:])}.' if missing[1:] else ''} Please make sure "
                    "source and target networks have the same structure, or set allow_missing=True."
                )
        for key, array in loaded.items():
            if key in named:
                try:
                    named[key]._load_init(array, ctx, cast_dtype, dtype_source)
                except MXNetError as error:
                    say_path(error, path_to(named[key], self))
                    raise
            elif not ignore_extra:
                raise FileFormatError(
                    f"Parameter {key!r} loaded from file {str(filename)!r} is not present in this "
                    f"{type(self).__name__}, which contains parameters {few(named, key)}. Set "
                    "ignore_extra=True to ignore such parameters."
                )

    def save(self, prefix: str) -> None:
        """Save parameters and structure, as ``PREFIX-model.params`` and ``PREFIX-model.json``."""
        save_structure(self, f"{prefix}-model.json")
        self.save_parameters(f"{prefix}-model.params")

    def load(self, prefix: str) -> None:
        """Load what `save` saved into a network of the same structure.

        Blocks that were hybridized, and called, are hybridized again; their graphs are composed anew.

        Raises
        ------
        KeyError
            If the structure is another one.
        """
        load_structure(self, f"{prefix}-model.json")
        self.load_parameters(f"{prefix}-model.params")

    def _described(self) -> dict[str, Any]:
        """Return what a file says of this kind of block."""
        return {}

    def _become_active(self, *, active: bool) -> None:
        """Run as a graph, or not: this block alone, if it can."""

    def save_params(self, filename: str | os.PathLike[str]) -> None:
        """Save all parameters by name, as MXNet did before 1.3."""
        warn("save_params is deprecated. Please use save_parameters.", DeprecationWarning)
        try:
            self.collect_params().save(filename, strip_prefix=self.prefix)
        except ValueError as error:
            raise BlockError(f"{error} Use save_parameters, which is not keyed by names.") from None

    def load_params(
        self,
        filename: str | os.PathLike[str],
        ctx: Context | Sequence[Context] | None = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
    ) -> None:
        """Load parameters: the name that `load_parameters` had before MXNet 1.3."""
        warn("load_params is deprecated. Please use load_parameters.", DeprecationWarning)
        self.load_parameters(filename, ctx, allow_missing, ignore_extra)


def _is_inside(block: Block, outer: Block) -> bool:
    """Whether a block is another one, or inside of it."""
    children = getattr(outer, "_children", {})  # MXNet lets anything be a child until it is called
    return block is outer or any(_is_inside(block, child) for child in children.values())


def _indented(text: str) -> str:
    """Return a text with all lines but the first moved to the right."""
    return text.replace("\n", "\n  ")
