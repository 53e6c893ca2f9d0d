"""What each of ONNX's operators is here."""

from mxnet.onnx.readers import elementwise as elementwise
from mxnet.onnx.readers import layers as layers
from mxnet.onnx.readers import rearranging as rearranging
from mxnet.onnx.readers import recurrent as recurrent
from mxnet.onnx.readers import reducing as reducing
from mxnet.onnx.readers import selecting as selecting
