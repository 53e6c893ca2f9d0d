"""Networks in integers of 8 bits: faster and smaller, and almost as good once calibrated."""

from mxnet.contrib.quantization.calibration import LayerHistogramCollector as _LayerHistogramCollector
from mxnet.contrib.quantization.calibration import LayerOutputMinMaxCollector as _LayerOutputMinMaxCollector
from mxnet.contrib.quantization.calibration import combine_histogram
from mxnet.contrib.quantization.calibration import optimal_threshold as _get_optimal_threshold
from mxnet.contrib.quantization.calibration import optimal_thresholds as _get_optimal_thresholds
from mxnet.contrib.quantization.calibration import smooth_distribution as _smooth_distribution
from mxnet.contrib.quantization.model import (
    calib_graph,
    quantize_graph,
    quantize_model,
    quantize_model_mkldnn,
    quantize_net,
    quantize_net_v2,
)
from mxnet.contrib.quantization.model import calibrate_quantized_sym as _calibrate_quantized_sym
from mxnet.contrib.quantization.model import load_params as _load_params
from mxnet.contrib.quantization.model import load_sym as _load_sym
from mxnet.contrib.quantization.model import quantize_params as _quantize_params
from mxnet.contrib.quantization.model import quantize_symbol as _quantize_symbol

__all__ = [
    "calib_graph",
    "combine_histogram",
    "quantize_graph",
    "quantize_model",
    "quantize_model_mkldnn",
    "quantize_net",
    "quantize_net_v2",
]
