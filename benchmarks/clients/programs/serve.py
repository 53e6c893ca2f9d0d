"""The service of multi-model-server loads a checkpoint and answers requests with the likeliest classes."""

import json
import os
import tempfile

import cv2
import mxnet as mx
import numpy as np
from mms.model_service.mxnet_model_service import MXNetBaseService
from mms.model_service.mxnet_vision_service import MXNetVisionService
from mms.utils.mxnet import ndarray, nlp

random = np.random.RandomState(0)
folder = tempfile.mkdtemp()


def archive(name, net, shape):
    """Save a network with random parameters, as a model archive holds it; return its manifest."""
    shapes = net.infer_shape(data=shape)[0]
    arguments = {
        each: mx.nd.array(random.uniform(-0.5, 0.5, extents))
        for each, extents in zip(net.list_arguments(), shapes)
        if each not in ("data", "softmax_label")
    }
    mx.model.save_checkpoint(os.path.join(folder, name), 0, net, arguments, {})
    signature = {
        "inputs": [{"data_name": "data", "data_shape": [0, *shape[1:]]}],
        "outputs": [{"data_name": "softmax", "data_shape": [0, 3]}],
    }
    with open(os.path.join(folder, f"{name}.json"), "w") as file:
        json.dump(signature, file)
    return {
        "Model": {
            "Signature": f"{name}.json",
            "Symbol": f"{name}-symbol.json",
            "Parameters": f"{name}-0000.params",
        }
    }


class Service(MXNetBaseService):
    def _preprocess(self, data):
        return [mx.nd.array(each) for each in data]

    def _postprocess(self, data):
        return ndarray.top_probability(data[0], self.labels, top=2)


def rounded(answers):
    return [{**each, "probability": round(float(each["probability"]), 4)} for each in answers]


with open(os.path.join(folder, "synset.txt"), "w") as file:
    file.write("cat\ndog\nbird\n")
net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3, name="fc")
service = Service("table", folder, archive("table", mx.sym.SoftmaxOutput(net, name="softmax"), (1, 4)))
print(service.ping(), service.signature)
print(rounded(service.inference([random.rand(1, 4)])))

images = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(3, 3), num_filter=3, name="conv")
images = mx.sym.Flatten(mx.sym.Pooling(images, global_pool=True, kernel=(1, 1), pool_type="avg"))
manifest = archive("images", mx.sym.SoftmaxOutput(images, name="softmax"), (1, 3, 8, 8))
vision = MXNetVisionService("images", folder, manifest)
picture = mx.nd.array(random.randint(0, 255, (16, 12, 3)), dtype="uint8")
encoded = bytearray(cv2.imencode(".png", picture.asnumpy())[1].tobytes())
print(rounded(vision.inference([encoded])[0]))

coded, words = nlp.encode_sentences([["a", "b", "a"]], invalid_label=0, start_label=1)
batch = nlp.pad_sentence(coded[0], [2, 5])
print(batch.bucket_key, batch.data[0].asnumpy().tolist(), batch.provide_data, len(words))
