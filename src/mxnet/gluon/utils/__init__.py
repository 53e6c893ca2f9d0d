"""What training needs besides blocks: batches over devices, clipped gradients, files from elsewhere."""

from mxnet.gluon.utils.clipping import clip_global_norm
from mxnet.gluon.utils.files import check_sha1, download, replace_file
from mxnet.gluon.utils.files import repo_file_url as _get_repo_file_url
from mxnet.gluon.utils.files import repo_url as _get_repo_url
from mxnet.gluon.utils.hooks import HookHandle
from mxnet.gluon.utils.shapes import shape_is_known
from mxnet.gluon.utils.splitting import split_and_load, split_data

__all__ = ["check_sha1", "clip_global_norm", "download", "replace_file", "split_and_load", "split_data"]
