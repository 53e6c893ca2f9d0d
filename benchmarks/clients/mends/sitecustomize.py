"""Puts back what Python, numpy and others have dropped since the clients were written.

Python runs this at its start when the folder is on its path; nothing of it is about MXNet.
"""

import collections
import collections.abc
import inspect
import warnings

import numpy as np

for name in collections.abc.__all__:
    if not hasattr(collections, name):
        setattr(collections, name, getattr(collections.abc, name))

if not hasattr(inspect, "getargspec"):
    inspect.getargspec = lambda function: inspect.getfullargspec(function)[:4]

DROPPED = {
    "Inf": np.inf,
    "NaN": np.nan,
    "alltrue": np.all,
    "asfarray": lambda values, dtype=float: np.asarray(values, dtype),
    "bool": bool,
    "complex": complex,
    "cumproduct": np.cumprod,
    "float": float,
    "float_": np.float64,
    "infty": np.inf,
    "int": int,
    "long": int,
    "object": object,
    "product": np.prod,
    "row_stack": np.vstack,
    "sometrue": np.any,
    "str": str,
    "string_": np.bytes_,
    "unicode": str,
    "unicode_": np.str_,
}
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    for name, value in DROPPED.items():
        if name not in vars(np):
            setattr(np, name, value)

try:
    import yaml
except ImportError:
    pass
else:
    load_with = yaml.load
    yaml.load = lambda stream, Loader=yaml.FullLoader: load_with(stream, Loader)  # noqa: N803 - its name

try:
    import h5py
except ImportError:
    pass
else:

    class Text(str):
        """A text that decodes to itself, where h5py gave bytes."""

        __slots__ = ()

        def decode(self, *_):
            return str(self)

    def as_before(value):
        """Return what an attribute was before h5py 3."""
        if type(value) is str:
            return Text(value)
        if isinstance(value, np.ndarray) and value.size == 0:
            return []
        if isinstance(value, np.ndarray) and value.dtype == object:
            return np.array([each.encode() if isinstance(each, str) else each for each in value.tolist()])
        return value

    read = h5py.AttributeManager.__getitem__
    h5py.AttributeManager.__getitem__ = lambda self, name: as_before(read(self, name))
