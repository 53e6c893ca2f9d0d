"""Images, and what detectors see in them."""

from mxnet.ops.vision import boxes as boxes
from mxnet.ops.vision import deformable as deformable
from mxnet.ops.vision import detection as detection
from mxnet.ops.vision import image as image
from mxnet.ops.vision import opencv as opencv
from mxnet.ops.vision import proposal as proposal
from mxnet.ops.vision import resize as resize
from mxnet.ops.vision import roi as roi
from mxnet.ops.vision import spatial as spatial
