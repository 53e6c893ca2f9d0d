"""Networks for images, as published with MXNet: the same names and shapes of parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mxnet.gluon.block import HybridBlock
from mxnet.gluon.errors import BlockError
from mxnet.gluon.model_zoo.vision import densenet, inception, mobilenet, resnet, squeezenet, vgg
from mxnet.gluon.model_zoo.vision.alexnet import AlexNet, alexnet
from mxnet.gluon.model_zoo.vision.densenet import *  # noqa: F403 - they say in __all__ what they are
from mxnet.gluon.model_zoo.vision.inception import *  # noqa: F403
from mxnet.gluon.model_zoo.vision.mobilenet import *  # noqa: F403
from mxnet.gluon.model_zoo.vision.resnet import *  # noqa: F403
from mxnet.gluon.model_zoo.vision.squeezenet import *  # noqa: F403
from mxnet.gluon.model_zoo.vision.vgg import *  # noqa: F403

__all__ = [
    "AlexNet",
    "alexnet",
    "get_model",
    *densenet.__all__,
    *inception.__all__,
    *mobilenet.__all__,
    *resnet.__all__,
    *squeezenet.__all__,
    *vgg.__all__,
]


def _functions() -> dict[str, Callable[..., HybridBlock]]:
    """Return the functions of all networks by the names that their files have."""
    found: dict[str, Callable[..., HybridBlock]] = {
        "alexnet": alexnet,
        "inceptionv3": inception.inception_v3,
    }
    for module in (densenet, resnet, vgg):
        found.update(
            {
                name: getattr(module, name)
                for name in module.__all__
                if name[-1:].isdigit() or name.endswith("_bn")
            }
        )
    for width in ("1.0", "0.75", "0.5", "0.25"):
        found[f"mobilenet{width}"] = getattr(mobilenet, f"mobilenet{width.replace('.', '_')}")
        found[f"mobilenetv2_{width}"] = getattr(mobilenet, f"mobilenet_v2_{width.replace('.', '_')}")
    for version in ("1.0", "1.1"):
        found[f"squeezenet{version}"] = getattr(squeezenet, f"squeezenet{version.replace('.', '_')}")
    return found


def get_model(name: str, **kwargs: Any) -> HybridBlock:
    """Return a network by name.

    Parameters
    ----------
    name : str
        Such as ``'resnet50_v1'``, in any case.
    **kwargs
        Arguments of its function: `pretrained`, `ctx`, `root`, `classes`, `prefix`, `params` and others.

    Raises
    ------
    ValueError
        If there is none of that name.

    Examples
    --------
    >>> import mxnet as mx
    >>> net = mx.gluon.model_zoo.vision.get_model("mobilenet0.25", classes=10)
    >>> net.initialize()
    >>> net(mx.nd.zeros((1, 3, 32, 32))).shape
    (1, 10)
    """
    functions = _functions()
    if name.lower() not in functions:
        options = "\n\t".join(sorted(functions))
        raise BlockError(f"Model {name.lower()} is not supported. Available options are\n\t{options}")
    return functions[name.lower()](**kwargs)
