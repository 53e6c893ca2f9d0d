"""Dictionaries of parameters by name, which make what they do not hold yet."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, KeysView, Mapping, Sequence, ValuesView
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet import initializer as initializers
from mxnet import ndarray as nd
from mxnet.dtype import dtype_name
from mxnet.errors import BindError, FileFormatError, did_you_mean, few
from mxnet.gluon.errors import CheckError, MissingConstantError
from mxnet.gluon.parameter.constant import Constant
from mxnet.gluon.parameter.parameter import Parameter
from mxnet.ndarray import NDArray

if TYPE_CHECKING:
    import os

    from mxnet.context import Context

__all__ = ["ParameterDict", "load_arrays"]


class ParameterDict:
    """Parameters by name, in the order in which they were made.

    Parameters
    ----------
    prefix : str
        What the names of the parameters that it makes begin with.
    shared : ParameterDict, optional
        Where `get` looks for a parameter before it makes one.

    Examples
    --------
    >>> import mxnet as mx
    >>> params = mx.gluon.ParameterDict("net_")
    >>> params.get("weight", shape=(2, 3))
    Parameter net_weight (shape=(2, 3), dtype=<class 'numpy.float32'>)
    >>> list(params)
    ['net_weight']
    """

    def __init__(self, prefix: str = "", shared: ParameterDict | None = None) -> None:
        self._prefix = prefix
        self._params: dict[str, Parameter] = {}
        self._shared = shared

    def __repr__(self) -> str:
        name = f"{self._prefix} " if self._prefix else ""
        lines = "\n".join(f"  {parameter!r}" for parameter in self.values())
        return f"{name}(\n{lines}\n)"

    def __getitem__(self, key: str) -> Parameter:
        return self._params[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._params)

    def __contains__(self, key: object) -> bool:
        return key in self._params

    def items(self) -> ItemsView[str, Parameter]:
        """Return names and parameters."""
        return self._params.items()

    def keys(self) -> KeysView[str]:
        """Return the names."""
        return self._params.keys()

    def values(self) -> ValuesView[Parameter]:
        """Return the parameters."""
        return self._params.values()

    @property
    def prefix(self) -> str:
        """What the names of the parameters that it makes begin with."""
        return self._prefix

    # ---------------------------------------------------------------------------------------- what is in it

    def _find(self, name: str) -> Parameter | None:
        """Return the parameter of a full name, also a shared one, which is then one of these."""
        if name not in self._params and self._shared is not None:
            shared = self._shared._params.get(name)
            if shared is not None:
                self._params[name] = shared
        return self._params.get(name)

    def get(self, name: str, **kwargs: Any) -> Parameter:
        """Return the parameter of a name, which is made if there is none.

        Parameters
        ----------
        name : str
            Its name without the prefix.
        **kwargs
            What it has to be; see :class:`Parameter`. What is unknown of one that is there becomes known.

        Raises
        ------
        AssertionError
            If it is there and something else.
        """
        name = self._prefix + name
        found = self._find(name)
        if found is None:
            found = self._params[name] = Parameter(name, **kwargs)
            return found
        for key, wanted in kwargs.items():
            has = getattr(found, key, None)
            if has is None:
                setattr(found, key, wanted)
            elif key == "shape" and wanted is not None and len(_shape(wanted)) == len(has):
                shape = tuple(b if a in (0, -1) else a for a, b in zip(has, _shape(wanted), strict=True))
                if any(a != b and b not in (0, -1) for a, b in zip(shape, _shape(wanted), strict=True)):
                    raise _another(name, key, wanted, has)
                found._shape = shape
            elif (
                wanted is not None
                and wanted != has
                and not (key == "dtype" and dtype_name(wanted) == dtype_name(has))
            ):
                raise _another(name, key, wanted, has)
        return found

    def get_constant(self, name: str, value: Any = None) -> Constant:
        """Return the constant of a name, which is made if there is none.

        Parameters
        ----------
        name : str
            Its name without the prefix.
        value : NDArray or array-like, optional
            Its values.

        Raises
        ------
        KeyError
            If there is none, and no value.
        AssertionError
            If it is there with other values, or is no constant.
        """
        name = self._prefix + name
        found = self._find(name)
        if found is None:
            if value is None:
                raise MissingConstantError(
                    f"No constant named '{name}'. Please specify value if you want to create a new constant."
                    f"{did_you_mean(name, self._params)}"
                )
            found = self._params[name] = Constant(name, value)
        elif not isinstance(found, Constant):
            raise CheckError(f"Parameter {name!r} already exists but it is not a constant.")
        elif value is not None:
            given = value.asnumpy() if isinstance(value, NDArray) else np.asarray(value)
            if given.shape != found.value.shape or (given != found.value.asnumpy()).any():
                raise CheckError(f"Constant {name!r} already exists but its value does not match new value.")
        return found

    def update(self, other: ParameterDict | Mapping[str, Parameter]) -> None:
        """Take in the parameters of another dictionary, which may be a plain one.

        Raises
        ------
        AssertionError
            If both have a parameter of the same name that is not the same one.
        """
        for name, parameter in other.items():
            if self._params.get(name, parameter) is not parameter:
                raise CheckError(
                    "Cannot update self with other because they have different Parameters with the same "
                    f"name {name!r}. Blocks made outside of name_scope() may have the same names."
                )
        self._params.update(other.items())

    # ------------------------------------------------------------------------------------------ all of them

    def initialize(
        self,
        init: Any = None,
        ctx: Context | Sequence[Context] | None = None,
        verbose: bool = False,
        force_reinit: bool = False,
    ) -> None:
        """Initialize all parameters; see :meth:`Parameter.initialize`.

        Parameters
        ----------
        init : Initializer or str, optional
            What fills those that have no initializer of their own; ``Uniform()`` by default.
        ctx : Context or list of Context, optional
            Where they go.
        verbose : bool
            Whether the initializer logs what it does.
        force_reinit : bool
            Whether to start again with those that have values.
        """
        init = initializers.Uniform() if init is None else init
        if verbose:
            init.set_verbosity(verbose=verbose)
        for parameter in self.values():
            parameter.initialize(None, ctx, init, force_reinit=force_reinit)

    def zero_grad(self) -> None:
        """Set all gradients to 0."""
        for parameter in self.values():
            parameter.zero_grad()

    def reset_ctx(self, ctx: Context | Sequence[Context]) -> None:
        """Move all parameters to other contexts."""
        for parameter in self.values():
            parameter.reset_ctx(ctx)

    def list_ctx(self) -> list[Context]:
        """Return all contexts that a parameter is on."""
        contexts: list[Context] = []
        for parameter in self.values():
            contexts += [context for context in parameter.list_ctx() if context not in contexts]
        return contexts

    def setattr(self, name: str, value: Any) -> None:
        """Set an attribute of all parameters, such as ``grad_req`` or ``lr_mult``."""
        for parameter in self.values():
            setattr(parameter, name, value)

    # ------------------------------------------------------------------------------------------------- files

    def save(self, filename: str | os.PathLike[str], strip_prefix: str = "") -> None:
        """Save all parameters by name.

        Parameters
        ----------
        filename : str
            The file.
        strip_prefix : str
            What is left out at the beginning of each name.

        Raises
        ------
        ValueError
            If a name does not begin with that.
        """
        arrays = {}
        for parameter in self.values():
            array = parameter._reduce()
            if not parameter.name.startswith(strip_prefix):
                raise BindError(
                    f"Prefix {strip_prefix!r} is to be stripped before saving, but parameter "
                    f"{parameter.name!r} does not start with it: its block shares it with another, or was "
                    "made outside of `with self.name_scope():`."
                )
            arrays[parameter.name[len(strip_prefix) :]] = array
        nd.save(filename, arrays)

    def load(
        self,
        filename: str | os.PathLike[str],
        ctx: Context | Sequence[Context] | None = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
        restore_prefix: str = "",
        cast_dtype: bool = False,
        dtype_source: str = "current",
    ) -> None:
        """Load parameters that were saved by name.

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
        restore_prefix : str
            What is put before each name in the file.
        cast_dtype : bool
            Whether a dtype that differs is no error.
        dtype_source : {'current', 'saved'}
            Whose dtype counts then.
        """
        self.load_dict(
            load_arrays(filename),
            ctx,
            allow_missing,
            ignore_extra,
            restore_prefix,
            filename,
            cast_dtype,
            dtype_source,
        )

    def load_dict(
        self,
        param_dict: Mapping[str, NDArray],
        ctx: Context | Sequence[Context] | None = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
        restore_prefix: str = "",
        filename: str | os.PathLike[str] | None = None,
        cast_dtype: bool = False,
        dtype_source: str = "current",
    ) -> None:
        """Load parameters from a dictionary; see `load`.

        Raises
        ------
        AssertionError
            If a parameter of this dictionary is missing, or does not begin with the prefix.
        ValueError
            If there is one too many.
        """
        source = "the given dictionary" if filename is None else f"file {str(filename)!r}"
        arrays = {
            restore_prefix + key.removeprefix("arg:").removeprefix("aux:"): array
            for key, array in param_dict.items()
        }
        for name in self:
            if not name.startswith(restore_prefix):
                raise CheckError(
                    f"restore_prefix is {restore_prefix!r}, but parameter {name!r} does not start with it."
                )
        if not allow_missing:
            missing = [name[len(restore_prefix) :] for name in self if name not in arrays]
            if missing:
                raise CheckError(
                    f"Parameter {missing[0]!r} is missing in {source}, which holds "
                    f"{few((key[len(restore_prefix) :] for key in arrays), missing[0])}."
                    f"{f' Missing are also {few(missing[1:])}.' if missing[1:] else ''} "
                    "Set allow_missing=True to leave such parameters as they are."
                )
        for name, array in arrays.items():
            if name in self._params:
                self._params[name]._load_init(array, ctx, cast_dtype, dtype_source)
            elif not ignore_extra:
                raise FileFormatError(
                    f"Parameter {name[len(restore_prefix) :]!r} loaded from {source} is not present in the "
                    f"ParameterDict, which holds {few(self._params, name)}. Set ignore_extra=True to ignore "
                    "such parameters."
                )


def load_arrays(filename: str | os.PathLike[str]) -> dict[str, NDArray]:
    """Return the arrays of a file by name."""
    arrays = nd.load(filename)
    if isinstance(arrays, dict):
        return arrays
    if arrays:
        raise FileFormatError(
            f"{str(filename)!r} holds arrays without names, so it is no file of parameters."
        )
    return {}


def _shape(given: Any) -> tuple[int, ...]:
    return (given,) if isinstance(given, int) else tuple(given)


def _another(name: str, key: str, wanted: object, has: object) -> CheckError:
    return CheckError(
        f"Cannot retrieve Parameter {name!r} because desired attribute does not match with stored for "
        f"attribute {key!r}: desired {str(wanted)!r} vs stored {str(has)!r}."
    )
