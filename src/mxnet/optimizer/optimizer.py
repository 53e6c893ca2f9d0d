"""Everything about optimizers under the module path where MXNet has it."""

from __future__ import annotations

from mxnet.optimizer.adaptive import FTML, LAMB, AdaDelta, AdaGrad, Adam, Adamax, Ftrl, Nadam, RMSProp
from mxnet.optimizer.base import Optimizer, create, register
from mxnet.optimizer.descent import DCASGD, LARS, LBSGD, NAG, SGD, SGLD, Signum, Test, ccSGD
from mxnet.optimizer.updater import Updater, get_updater

__all__ = [
    "DCASGD",
    "FTML",
    "LAMB",
    "LARS",
    "LBSGD",
    "NAG",
    "SGD",
    "SGLD",
    "AdaDelta",
    "AdaGrad",
    "Adam",
    "Adamax",
    "Ftrl",
    "Nadam",
    "Optimizer",
    "RMSProp",
    "Signum",
    "Test",
    "Updater",
    "ccSGD",
    "create",
    "get_updater",
    "register",
]

# Pickles name a class by its module, and MXNet looks for these here.
for _class in [value for value in map(globals().get, __all__) if isinstance(value, type)]:
    _class.__module__ = __name__
