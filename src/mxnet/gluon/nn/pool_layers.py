"""Pooling over one, two and three axes."""

from __future__ import annotations

from typing import Any, ClassVar

from mxnet.gluon.nn.axes import LayeredOver, Size, over, per_axis

__all__ = [
    "AvgPool1D",
    "AvgPool2D",
    "AvgPool3D",
    "GlobalAvgPool1D",
    "GlobalAvgPool2D",
    "GlobalAvgPool3D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPool3D",
    "MaxPool1D",
    "MaxPool2D",
    "MaxPool3D",
]


class _Pooling(LayeredOver):
    """Pooling over the sizes it is given."""

    _sizes = frozenset({"pool_size"})

    def __init__(
        self,
        pool_size: Size,
        strides: Size | None,
        padding: Size,
        ceil_mode: bool,
        global_pool: bool,
        pool_type: str,
        layout: str,
        count_include_pad: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        axes = len(layout) - 2
        self._kwargs: dict[str, Any] = {
            "kernel": per_axis(self, "pool_size", pool_size, axes),
            "stride": per_axis(self, "strides", pool_size if strides is None else strides, axes),
            "pad": per_axis(self, "padding", padding, axes),
            "global_pool": global_pool,
            "pool_type": pool_type,
            "layout": layout,
            "pooling_convention": "full" if ceil_mode else "valid",
        }
        if count_include_pad is not None:
            self._kwargs["count_include_pad"] = count_include_pad

    def _alias(self) -> str:
        return "pool"

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Return what is pooled."""
        return F.Pooling(x, name="fwd", **self._kwargs)

    def __repr__(self) -> str:
        facts = (
            "size={kernel}, stride={stride}, padding={pad}, ceil_mode={ceil_mode}, global_pool={global_pool}"
        )
        ceil_mode = self._kwargs["pooling_convention"] == "full"
        text = f"{type(self).__name__}({facts}, pool_type={{pool_type}}, layout={{layout}})"
        return text.format(ceil_mode=ceil_mode, **self._kwargs)


class _MaxPool(_Pooling):
    def __init__(
        self,
        pool_size: Size = 2,
        strides: Size | None = None,
        padding: Size = 0,
        layout: str = "",
        ceil_mode: bool = False,
        **kwargs: Any,
    ) -> None:
        self._check_layout(layout)
        super().__init__(pool_size, strides, padding, ceil_mode, False, "max", layout, **kwargs)


@over("NCW", "NWC")
class MaxPool1D(_MaxPool):
    """Takes the largest value of each window of sequences; see `MaxPool2D` for the parameters."""


@over("NCHW", "NHWC")
class MaxPool2D(_MaxPool):
    """Takes the largest value of each window of images.

    Parameters
    ----------
    pool_size : int or tuple of int, default 2
        The size of the window, as all sizes one number for all axes or one for each.
    strides : int or tuple of int, optional
        By default the size of the window.
    padding : int or tuple of int, default 0
    layout : str
        By default channels stand after the batch.
    ceil_mode : bool, default False
        Whether a window may reach over the end.
    **kwargs
        `prefix` and `params`, see `Block`.
    """


@over("NCDHW", "NDHWC")
class MaxPool3D(_MaxPool):
    """Takes the largest value of each window of volumes; see `MaxPool2D` for the parameters.

    Notes
    -----
    Here, `ceil_mode` stands before `layout`, as in MXNet.
    """

    def __init__(
        self,
        pool_size: Size = 2,
        strides: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        layout: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, layout, ceil_mode, **kwargs)


class _AvgPool(_Pooling):
    def __init__(
        self,
        pool_size: Size = 2,
        strides: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        layout: str = "",
        count_include_pad: bool = True,
        **kwargs: Any,
    ) -> None:
        self._check_layout(layout)
        super().__init__(
            pool_size, strides, padding, ceil_mode, False, "avg", layout, count_include_pad, **kwargs
        )


@over("NCW", "NWC")
class AvgPool1D(_AvgPool):
    """Takes the mean of each window of sequences; see `AvgPool2D` for the parameters.

    Notes
    -----
    Here, `layout` stands before `ceil_mode`, as in MXNet.
    """

    def __init__(
        self,
        pool_size: Size = 2,
        strides: Size | None = None,
        padding: Size = 0,
        layout: str = "",
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, ceil_mode, layout, count_include_pad, **kwargs)


@over("NCHW", "NHWC")
class AvgPool2D(_AvgPool):
    """Takes the mean of each window of images.

    Parameters
    ----------
    pool_size, strides, padding, ceil_mode, layout, **kwargs
        See `MaxPool2D`.
    count_include_pad : bool, default True
        Whether what was padded counts as zeros.
    """


@over("NCDHW", "NDHWC")
class AvgPool3D(_AvgPool):
    """Takes the mean of each window of volumes; see `AvgPool2D` for the parameters."""


class _GlobalPool(_Pooling):
    _pool_type: ClassVar[str]

    def __init__(self, layout: str = "", **kwargs: Any) -> None:
        axes = self._check_layout(layout)
        super().__init__((1,) * axes, None, 0, True, True, self._pool_type, layout, **kwargs)


class _GlobalMaxPool(_GlobalPool):
    _pool_type = "max"


class _GlobalAvgPool(_GlobalPool):
    _pool_type = "avg"


@over("NCW", "NWC")
class GlobalMaxPool1D(_GlobalMaxPool):
    """Takes the largest value of each channel of sequences."""


@over("NCHW", "NHWC")
class GlobalMaxPool2D(_GlobalMaxPool):
    """Takes the largest value of each channel of images."""


@over("NCDHW", "NDHWC")
class GlobalMaxPool3D(_GlobalMaxPool):
    """Takes the largest value of each channel of volumes."""


@over("NCW", "NWC")
class GlobalAvgPool1D(_GlobalAvgPool):
    """Takes the mean of each channel of sequences."""


@over("NCHW", "NHWC")
class GlobalAvgPool2D(_GlobalAvgPool):
    """Takes the mean of each channel of images."""


@over("NCDHW", "NDHWC")
class GlobalAvgPool3D(_GlobalAvgPool):
    """Takes the mean of each channel of volumes."""
