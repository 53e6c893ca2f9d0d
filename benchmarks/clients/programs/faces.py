"""insightface recognizes, describes and detects faces with small networks that MXNet runs."""

import os
import tempfile

import cv2
import mxnet as mx
import numpy as np
from insightface.model_zoo.face_detection import FaceDetector
from insightface.model_zoo.face_genderage import FaceGenderage
from insightface.model_zoo.face_recognition import FaceRecognition

random = np.random.RandomState(0)
folder = tempfile.mkdtemp()


def saved(name, symbol, shape):
    """Give a network random parameters, save it, and return the name of the file."""
    shapes, _, states = symbol.infer_shape(data=shape)
    arguments = {
        n: mx.nd.array(random.uniform(-0.2, 0.2, s))
        for n, s in zip(symbol.list_arguments(), shapes)
        if n != "data"
    }
    auxiliary = {
        n: mx.nd.array(random.uniform(0.5, 1, s)) for n, s in zip(symbol.list_auxiliary_states(), states)
    }
    prefix = os.path.join(folder, name)
    mx.model.save_checkpoint(prefix, 0, symbol, arguments, auxiliary)
    return prefix + "-0000.params"


def backbone():
    net = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(7, 7), stride=(8, 8), pad=(3, 3), num_filter=4)
    return mx.sym.LeakyReLU(mx.sym.BatchNorm(net, fix_gamma=False, eps=2e-5), act_type="prelu")


image = random.randint(0, 255, (112, 112, 3)).astype("uint8")
with mx.name.NameManager():
    embedding = mx.sym.FullyConnected(backbone(), num_hidden=16, name="pre_fc1")
    embedding = mx.sym.BatchNorm(embedding, fix_gamma=True, name="fc1")
recognition = FaceRecognition("small", False, saved("face", embedding, (1, 3, 112, 112)))
recognition.prepare(-1)
print("embedding", np.round(recognition.get_embedding(image).ravel()[:4], 2))
print("similar", round(float(recognition.compute_sim(image, image)), 3))

with mx.name.NameManager():
    traits = mx.sym.FullyConnected(backbone(), num_hidden=202, name="fc1")
describing = FaceGenderage("small", False, saved("traits", traits, (1, 3, 112, 112)))
describing.prepare(-1)
print("gender, age", [int(each) for each in describing.get(image)])

heads = []
with mx.name.NameManager():
    features = backbone()
    for stride in (32, 16, 8):
        pooled = mx.sym.Pooling(
            features, kernel=(stride // 8,) * 2, stride=(stride // 8,) * 2, pool_type="avg"
        )
        scores = mx.sym.Convolution(pooled, kernel=(1, 1), num_filter=4, name="score%d" % stride)
        pairs = mx.sym.SoftmaxActivation(mx.sym.Reshape(scores, shape=(0, 2, -1, 0)), mode="channel")
        heads.append(mx.sym.reshape_like(pairs, scores))
        heads.append(mx.sym.Convolution(pooled, kernel=(1, 1), num_filter=8, name="box%d" % stride) * 0.01)
        heads.append(mx.sym.Convolution(pooled, kernel=(1, 1), num_filter=20, name="mark%d" % stride) * 0.01)
detector = FaceDetector(saved("detect", mx.sym.Group(heads), (1, 3, 64, 64)), "net3")
detector.prepare(-1, nms=0.4, fix_image_size=(64, 64))
for size in ((64, 64), (96, 64)):  # another size reshapes the module
    picture = cv2.resize(image, (size[1], size[0]))
    boxes, marks = detector.detect(picture, threshold=0.3)
    print("boxes", boxes.shape, None if marks is None else marks.shape, np.round(np.abs(boxes).sum(), 0))
