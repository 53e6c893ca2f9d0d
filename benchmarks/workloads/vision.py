"""Networks that look at pictures: inference one by one and sixteen at a time, and steps of training."""

from workloads import Workload

WORKLOADS = [
    *(
        Workload(f"{network}-inference-{batch}", network, "inference", batch)
        for network in ("resnet-50", "inception-bn", "mobilenet", "vgg-16")
        for batch in (1, 16)
    ),
    *(
        Workload(f"{network}-{name}-16", network, mode, 16)
        for network in ("resnet-50", "inception-bn", "vgg-16-without-dropout")
        for name, mode in (("training", "gradient"), ("training-sgd", "sgd"))
    ),
]
