"""AlexNet (Krizhevsky 2014, "One weird trick for parallelizing convolutional neural networks")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxnet.gluon import nn
from mxnet.gluon.block import HybridBlock
from mxnet.gluon.model_zoo.vision.shorthand import trained

if TYPE_CHECKING:
    from mxnet.context import Context
    from mxnet.gluon.model_zoo.vision.shorthand import Root

__all__ = ["AlexNet", "alexnet"]


class AlexNet(HybridBlock):
    """Five convolutions and three dense layers.

    Parameters
    ----------
    classes : int, default 1000
    **kwargs
        `prefix` and `params`, see `Block`.
    """

    def __init__(self, classes: int = 1000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            with self.features.name_scope():
                self.features.add(
                    nn.Conv2D(64, kernel_size=11, strides=4, padding=2, activation="relu"),
                    nn.MaxPool2D(pool_size=3, strides=2),
                    nn.Conv2D(192, kernel_size=5, padding=2, activation="relu"),
                    nn.MaxPool2D(pool_size=3, strides=2),
                    nn.Conv2D(384, kernel_size=3, padding=1, activation="relu"),
                    nn.Conv2D(256, kernel_size=3, padding=1, activation="relu"),
                    nn.Conv2D(256, kernel_size=3, padding=1, activation="relu"),
                    nn.MaxPool2D(pool_size=3, strides=2),
                    nn.Flatten(),
                    nn.Dense(4096, activation="relu"),
                    nn.Dropout(0.5),
                    nn.Dense(4096, activation="relu"),
                    nn.Dropout(0.5),
                )
            self.output = nn.Dense(classes)

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: ARG002 - the layers know theirs
        """Return the score of each class for images of shape (batch, 3, height, width)."""
        return self.output(self.features(x))


def alexnet(
    pretrained: bool = False, ctx: Context | None = None, root: Root = None, **kwargs: Any
) -> AlexNet:
    """Return AlexNet.

    Parameters
    ----------
    pretrained : bool, default False
        Whether to load the published parameters.
    ctx : Context, optional
        Where to; the CPU by default.
    root : str, optional
        Where their file lies; see `model_store.get_model_file`.
    **kwargs
        `classes`, `prefix` and `params`.
    """
    return trained(AlexNet(**kwargs), "alexnet", pretrained, ctx, root)
