"""What the modules of images and records lend."""

from __future__ import annotations

from mxnet.historic.table import Table

__all__ = ["PICTURE_TABLES"]

PICTURE_TABLES: dict[str, Table] = {
    "mxnet.gluon.data.dataloader": Table(
        defined="""
        from mxnet.gluon.data.pool import PoolIter as _MultiWorkerIter, as_in_context as _as_in_context
        from mxnet.gluon.data.pool import make_batch as _thread_worker_fn
        """,
        imported="""
        import io, mxnet.context as context, mxnet.gluon.data.sampler as _sampler, mxnet.ndarray as nd
        import multiprocessing, numpy as np, pickle, signal, sys, threading
        from mxnet.util import is_np_array, is_np_shape
        from multiprocessing.pool import ThreadPool
        from multiprocessing.reduction import ForkingPickler
        """,
        star=False,
    ),
    "mxnet.image": Table(
        imported="""
        import json, logging, mxnet.io as io, mxnet.ndarray as nd, numpy as np
        import mxnet.recordio as recordio, os, random, sys, warnings
        from mxnet.base import numeric_types
        from mxnet.util import is_np_array
        from numbers import Number
        """,
    ),
    "mxnet.image.detection": Table(
        imported="""
        import json, logging, mxnet.io as io, mxnet.ndarray as nd, numpy as np, random, warnings
        from mxnet.base import numeric_types
        from mxnet.util import is_np_array
        from mxnet.image.augmenters import CastAug, ColorJitterAug, ColorNormalizeAug, ForceResizeAug
        from mxnet.image.augmenters import HueJitterAug, LightingAug, RandomGrayAug, RandomOrderAug, ResizeAug
        from mxnet.image.functions import copyMakeBorder, fixed_crop
        """,
    ),
    "mxnet.image.image": Table(
        imported="""
        import json, logging, mxnet.io as io, mxnet.ndarray as nd, numpy as np
        import mxnet.recordio as recordio, os, random, sys, warnings
        from mxnet.base import numeric_types
        from mxnet.util import is_np_array
        from mxnet.ndarray import _internal
        from numbers import Number
        """,
    ),
    "mxnet.recordio": Table(
        defined="from mxnet.recordio import _FORMAT as _IR_FORMAT, _SIZE as _IR_SIZE",
        imported="""
        import numbers, numpy as np, struct
        from collections import namedtuple
        from multiprocessing import current_process
        """,
    ),
}
