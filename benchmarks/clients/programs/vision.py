"""GluonCV: networks of each family of its zoo, hybridized, with parameters that their names decide.

Each runs, is exported, and runs again as a `SymbolBlock`; what it gives is printed.
"""

import contextlib
import io
import os
import tempfile
import zlib

import mxnet as mx
import numpy as np

with contextlib.suppress(ImportError):  # GluonCV refuses one newer than itself, though it need not use it
    import torch

    torch.__version__ = "1.13.0"
from gluoncv.model_zoo.model_zoo import _models

ONE = (1, 3, 64, 64)
NETWORKS = {
    **dict.fromkeys(
        (
            *("resnet18_v1", "resnet18_v2", "resnest14", "se_resnet18_v1", "se_resnet18_v2", "vgg11_bn"),
            *("alexnet", "shufflenet_v1", "shufflenet_v2", "mobilenet0.25", "mobilenetv2_0.25"),
            *("mobilenetv3_small", "resnet18_v1b", "resnet50_v1d_0.11", "resnet50_v1e", "resnet50_v1s"),
            *("resnext50_32x4d", "se_resnext50_32x4d", "xception", "dla34"),
        ),
        ONE,
    ),
    **dict.fromkeys(
        ("densenet121", "googlenet", "squeezenet1.0", "residualattentionnet56"), (1, 3, 224, 224)
    ),
    "inceptionv3": (1, 3, 299, 299),
    **dict.fromkeys(("cifar_resnet20_v1", "cifar_resnet20_v2", "cifar_wideresnet16_10"), (2, 3, 32, 32)),
    **dict.fromkeys(("simple_pose_resnet18_v1b", "mobile_pose_mobilenetv3_small"), (1, 3, 128, 96)),
    **dict.fromkeys(("yolo3_darknet53_voc", "center_net_resnet18_v1b_dcnv2_voc"), (1, 3, 128, 128)),
    **dict.fromkeys(("fcn_resnet50_voc", "psp_resnet50_ade", "deeplab_resnest50_ade"), (1, 3, 240, 240)),
    **dict.fromkeys(("icnet_resnet50_citys", "danet_resnet50_citys"), (1, 3, 240, 240)),
    **dict.fromkeys(("ssd_300_vgg16_atrous_voc", "ssd_300_mobilenet0.25_coco"), (1, 3, 300, 300)),
    **dict.fromkeys(("p3d_resnet50_kinetics400", "r2plus1d_resnet18_kinetics400"), (1, 3, 16, 64, 64)),
    "faster_rcnn_resnet50_v1b_voc": (1, 3, 96, 96),
}


def made(name, size):
    """Return a network of the zoo."""
    options = {"pretrained": False, "pretrained_base": False}
    if size == 240:
        options.update(base_size=240, crop_size=240)
    with contextlib.redirect_stdout(io.StringIO()):  # some print their size
        try:
            return _models[name](**options)
        except TypeError:
            return _models[name](pretrained=False)


def fill(net):
    """Give every parameter numbers that its name decides."""
    for name, parameter in sorted(net._collect_params_with_prefix().items()):
        random = np.random.RandomState(zlib.crc32(name.encode()))
        shape, kind = parameter.shape, name.rsplit(".", 1)[-1]
        if kind.endswith("weight"):
            values = random.normal(0, np.sqrt(1.6 / max(1, np.prod(shape[1:]))), shape)
        elif kind.endswith(("gamma", "running_var", "moving_var")):
            values = random.uniform(0.5, 1.3, shape)
        elif kind.endswith(("beta", "bias", "running_mean", "moving_mean")):
            values = random.normal(0, 0.1, shape)
        else:
            continue
        parameter.set_data(mx.nd.array(values))


def flat(found):
    if isinstance(found, (list, tuple)):
        return [array for each in found for array in flat(each)]
    return [found.asnumpy()]


for name, shape in NETWORKS.items():
    net = made(name, shape[-1])
    net.initialize()
    net.hybridize()
    x = mx.nd.array(np.random.RandomState(0).uniform(-1, 1, shape))
    net(x)
    fill(net)
    outputs = flat(net(x))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "net")
        net.export(path)
        again = mx.gluon.SymbolBlock.imports(f"{path}-symbol.json", ["data"], f"{path}-0000.params")
        for before, after in zip(outputs, flat(again(x))):
            np.testing.assert_allclose(after, before, 1e-3, 1e-4)
    print(name, *(f"{each.shape} {np.abs(each).mean():.3g}" for each in outputs), flush=True)
