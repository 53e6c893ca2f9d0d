"""Memory: what the executor plans for intermediates, and what a new process then takes at its peak.

What operators keep for their gradients is small beside what lies idle between blocks of a process that keeps
freed memory; so these give it back at once.
"""

from workloads import Workload

NETWORKS = (("inception-bn", 32), ("resnet-50", 32), ("resnet-152", 32), ("vgg-16", 64))
KEEPING = (("lstm-layer", 32), ("lstm-loop", 32), ("custom-mlp", 6400))
GIVE_BACK = {"MXNET_CPU_MEM_POOL_TYPE": "Unpooled", "MALLOC_MMAP_THRESHOLD_": "65536"}
RECOMPUTE = {"MXNET_BACKWARD_DO_MIRROR": "1"}

WORKLOADS = [
    *(
        Workload(f"{network}-{name}-memory", network, mode, batch, "memory", ("symbolic",))
        for network, batch in NETWORKS
        for name, mode in (("training", "gradient"), ("forward", "inference"))
    ),
    *(
        Workload(f"{network}-memory", network, "gradient", batch, "living", ("symbolic",), GIVE_BACK)
        for network, batch in KEEPING
    ),
    Workload("resnet-200-training-memory", "resnet-200", "gradient", 32, "memory", ("symbolic",)),
    Workload("resnet-200-mirror-memory", "resnet-200", "gradient", 32, "memory", ("symbolic",), RECOMPUTE),
]
