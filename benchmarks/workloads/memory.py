"""Memory: what the executor plans for intermediates, and what a new process then takes at its peak."""

from workloads import Workload

NETWORKS = (("inception-bn", 32), ("resnet-50", 32), ("resnet-152", 32), ("vgg-16", 64))
RECOMPUTE = {"MXNET_BACKWARD_DO_MIRROR": "1"}

WORKLOADS = [
    *(
        Workload(f"{network}-{name}-memory", network, mode, batch, "memory", ("symbolic",))
        for network, batch in NETWORKS
        for name, mode in (("training", "gradient"), ("forward", "inference"))
    ),
    Workload("resnet-200-training-memory", "resnet-200", "gradient", 32, "memory", ("symbolic",)),
    Workload("resnet-200-mirror-memory", "resnet-200", "gradient", 32, "memory", ("symbolic",), RECOMPUTE),
]
