"""Ranges found by looking; the expected numbers are what MXNet 1.9.1 answers."""

import numpy as np
import pytest

import mxnet as mx
from mxnet.contrib import quantization as Q


def histogram(values, bins=8001):
    reach = max(abs(values.min()), abs(values.max()))
    counts, edges = np.histogram(values, bins=bins, range=(-reach, reach))
    return counts, edges, values.min(), values.max(), reach


def test_a_histogram_gets_more_bins_where_numbers_reach_further():
    random = np.random.RandomState(0)
    old = histogram(random.randn(100), 11)
    new = random.randn(50) * 3
    counts, edges, low, high, reach = Q.combine_histogram(old, new, new.min(), new.max(), np.abs(new).max())
    assert counts.sum() == 150
    assert len(edges) == len(counts) + 1
    assert np.isclose(edges[1] - edges[0], old[1][1] - old[1][0])
    assert (low, high) == (min(old[2], new.min()), max(old[3], new.max()))
    assert reach == edges[-1] >= np.abs(new).max()


def test_a_histogram_that_reaches_far_enough_keeps_its_bins():
    random = np.random.RandomState(0)
    old = histogram(random.randn(100), 11)
    new = random.uniform(-0.1, 0.1, 50)
    counts, edges, *_ = Q.combine_histogram(old, new, new.min(), new.max(), np.abs(new).max())
    assert np.array_equal(edges, old[1])
    assert counts[5] - old[0][5] == 50


@pytest.mark.parametrize(
    ("make", "dtype", "threshold", "divergence"),
    [
        (lambda random: random.randn(2000), "int8", 2.8166625, 0.0597157),
        (lambda random: random.randn(2000), "auto", 2.8166625, 0.0597157),
        (lambda random: np.r_[random.uniform(0, 1, 500)], "int8", None, None),
    ],
)
def test_outliers_are_cut_off_where_it_changes_the_distribution_least(make, dtype, threshold, divergence):
    values = make(np.random.RandomState(0)).astype("float32")
    low, high, found, change = Q._get_optimal_threshold(histogram(values), dtype)
    assert (low, high) == (values.min(), values.max())
    if threshold is None:
        assert found == np.float32(values.max())
    else:
        assert np.allclose([*found, *change], [threshold, divergence], rtol=1e-3)


def test_unsigned_integers_have_twice_the_levels():
    values = np.abs(np.random.RandomState(1).randn(2000)).astype("float32")
    thresholds = {
        dtype: Q._get_optimal_threshold(histogram(values), dtype)[2].item()
        for dtype in ("int8", "uint8", "auto")
    }
    assert thresholds["uint8"] == thresholds["auto"] != thresholds["int8"]


def test_ranges_are_symmetric_unless_integers_are_unsigned():
    values = np.random.RandomState(0).randn(500).astype("float32")
    ranges = Q._get_optimal_thresholds(
        {"both": histogram(values), "positive": histogram(np.abs(values))}, "auto"
    )
    assert ranges["both"][0] == -ranges["both"][1]
    assert ranges["positive"][0] == 0 < ranges["positive"][1]


def test_one_far_number_does_not_spoil_the_range():
    values = np.r_[np.random.RandomState(0).randn(1000), [50]].astype("float32")
    assert Q._get_optimal_threshold(histogram(values), "int8")[2] < 4


def test_a_histogram_has_five_members():
    with pytest.raises(ValueError, match="Expected a histogram"):
        Q._get_optimal_threshold(np.zeros(3), "int8")


def test_a_smooth_distribution_has_no_zeros():
    assert np.allclose(Q._smooth_distribution(np.array([1.0, 0, 3, 0])), [0.9999, 0.0001, 2.9999, 0.0001])
    with pytest.raises(ValueError, match="zero everywhere"):
        Q._smooth_distribution(np.zeros(3))


@pytest.mark.parametrize("name", ["fc_output", b"fc_output"])
def test_collectors_look_at_what_they_are_told_to(name):
    collectors = (
        Q._LayerOutputMinMaxCollector("int8", include_layer=["fc_output"]),
        Q._LayerHistogramCollector(num_bins=11, include_layer=["fc_output"]),
    )
    for collector in collectors:
        for layer in (name, "other"):
            collector.collect(layer, mx.nd.array([-1, 2]))
            collector.collect(layer, mx.nd.array([-3, 0.5]))
    assert collectors[0].min_max_dict == {"fc_output": (-3, 2)}
    assert list(collectors[1].hist_dict) == ["fc_output"]
    assert (collectors[1].hist_dict["fc_output"].low, collectors[1].hist_dict["fc_output"].counts.sum()) == (
        -3,
        4,
    )


def test_a_collector_listens_to_an_executor():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
    collector = Q._LayerOutputMinMaxCollector("int8")
    executor = net.simple_bind(mx.cpu(), data=(1, 3))
    executor.set_monitor_callback(collector.collect, monitor_all=True)
    executor.forward(data=mx.nd.array([[-1, 0, 2]]))
    assert collector.min_max_dict["data"] == (-1, 2)
    assert collector.min_max_dict["fc_output"] == (0, 0)
