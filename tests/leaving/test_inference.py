"""A network for inference has no losses, labels, or branches of training, and computes what it did."""

import numpy as np
import pytest

import mxnet as mx

SYM = mx.sym


def test_it_computes_what_the_network_computes(network):
    made = network.symbol.inference_symbol()
    originals = dict(zip(network.symbol.list_outputs(), network.run(), strict=True))
    for name, ours in zip(made.list_outputs(), network.run(made), strict=True):
        original = originals[name]
        np.testing.assert_allclose(ours.asnumpy(), original.asnumpy(), rtol=1e-5, atol=1e-6)


def test_outputs_keep_their_names_but_those_that_need_a_label_are_dropped(network):
    dropped = {"siamese": ["contrastive_output"]}.get(network.name, [])
    kept = [name for name in network.symbol.list_outputs() if name not in dropped]
    assert network.symbol.inference_symbol().list_outputs() == kept


@pytest.mark.parametrize(
    ("loss", "operator"),
    [
        ("SoftmaxOutput", "softmax"),
        ("LogisticRegressionOutput", "sigmoid"),
        ("LinearRegressionOutput", "_copy"),
        ("MAERegressionOutput", "_copy"),
        ("SVMOutput", "_copy"),
    ],
)
def test_a_loss_becomes_what_it_predicts(loss, operator):
    net = getattr(SYM, loss)(SYM.FullyConnected(SYM.Variable("data"), num_hidden=2, name="fc"), name="out")
    made = net.inference_symbol()
    assert made.list_arguments() == ["data", "fc_weight", "fc_bias"]
    assert made.graph.nodes[-1].op.name == operator


def test_softmax_over_all_axes_but_the_first_stays_that():
    net = SYM.SoftmaxOutput(SYM.Variable("data"), name="out")
    data = mx.nd.random.uniform(shape=(2, 3, 4))
    wanted = net.eval(data=data, out_label=mx.nd.zeros((2, 3)))[0]
    np.testing.assert_allclose(
        net.inference_symbol().eval(data=data)[0].asnumpy(), wanted.asnumpy(), rtol=1e-5
    )


def test_a_detector_keeps_its_detections_and_loses_its_targets():
    anchors = SYM.contrib.MultiBoxPrior(SYM.Variable("data"), sizes=(0.5,), name="anchors")
    classes = SYM.Variable("classes")
    target = SYM.contrib.MultiBoxTarget(anchors, SYM.Variable("label"), classes, name="target")
    probabilities = SYM.SoftmaxOutput(classes, target[2], multi_output=True, name="cls_prob")
    places = SYM.Variable("places")
    loss = SYM.MakeLoss(SYM.smooth_l1(target[1] * (places - target[0]), scalar=1.0), name="loc_loss")
    found = SYM.contrib.MultiBoxDetection(probabilities, places, anchors, name="found")
    net = SYM.Group(
        [probabilities, loss, SYM.MakeLoss(target[2]), SYM.MakeLoss(found, grad_scale=0, name="det")]
    )
    made = net.inference_symbol()
    assert made.list_outputs() == ["cls_prob_output", "det_output"]
    assert made.list_arguments() == ["classes", "places", "data"]


def test_an_output_that_reads_a_label_by_arithmetic_is_dropped():
    embedding = SYM.L2Normalization(SYM.Variable("data"), name="embedding")
    label = SYM.Variable("softmax_label")
    margin = embedding - SYM.one_hot(label, depth=3, on_value=0.5, off_value=0.0)
    net = SYM.Group([SYM.BlockGrad(embedding, name="face"), SYM.SoftmaxOutput(margin, label, name="softmax")])
    assert net.inference_symbol().list_outputs() == ["face_output"]


def test_data_that_is_its_own_label_stays():
    data = SYM.Variable("data")
    code = SYM.FullyConnected(data, num_hidden=2, name="code")
    assert SYM.LinearRegressionOutput(code, data).inference_symbol().list_arguments()[0] == "data"


def test_where_nothing_is_left_the_labels_are_named():
    loss = SYM.ctc_loss(SYM.Variable("data"), SYM.Variable("text"), name="ctc")
    with pytest.raises(
        mx.MXNetError, match=r"Without labels \(text\) nothing is left of the outputs ctc_output"
    ):
        loss.inference_symbol()


def test_dropout_within_is_left_out():
    net = SYM.exp(SYM.Dropout(SYM.Variable("data"), p=0.5), name="e")
    assert [node.op.name for node in net.inference_symbol().graph.operators] == ["exp"]
