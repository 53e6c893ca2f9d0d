"""Parameters: arrays that blocks own, with their gradients, on one context or several."""

from mxnet.gluon.errors import DeferredInitializationError
from mxnet.gluon.parameter.constant import Constant
from mxnet.gluon.parameter.dictionary import ParameterDict
from mxnet.gluon.parameter.parameter import Parameter
from mxnet.ndarray import NDArray
from mxnet.symbol import Symbol

__all__ = ["Constant", "DeferredInitializationError", "Parameter", "ParameterDict", "tensor_types"]

tensor_types = (Symbol, NDArray)
"""What blocks compute with."""
