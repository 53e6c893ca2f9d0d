"""``MXNET_CONVOLUTION_TUNE`` chooses by measuring, once for each convolution, and keeps what it found."""

import pytest

import mxnet as mx
from mxnet.ops.nn import channels_first, convolution_costs, convolution_tuning, direct
from mxnet.ops.nn.convolution_costs import multiplies, takes_panels, winograd_tile
from mxnet.ops.nn.convolution_tuning import fastest, fastest_with_channels_first
from mxnet.ops.nn.sliding import Sliding, are_there

pytestmark = pytest.mark.skipif(not are_there(), reason="there are no native kernels here")

SQUARE = Sliding.over((2, 16, 8, 8), 16, 1, [(3, 1, 1, 1)] * 2, (8, 8))
VOLUME = Sliding.over((1, 4, 3, 5, 6), 6, 2, [(3, 1, 1, 1)] * 3, (3, 5, 6))
STEPS = Sliding.over((2, 4, 8, 8), 8, 1, [(1, 2, 0, 1)] * 2, (4, 4))


@pytest.fixture(autouse=True)
def cache(monkeypatch):
    """Keep what is found here, and forget what was found before."""
    held = {}
    monkeypatch.setattr(convolution_tuning, "kept", held.get)
    monkeypatch.setattr(convolution_tuning, "keep", held.__setitem__)
    monkeypatch.setattr(convolution_costs, "_processor", lambda: convolution_costs._PROCESSORS["AVX2"])
    monkeypatch.setenv("MXNET_CONVOLUTION_TUNE", "1")
    for each in (fastest, fastest_with_channels_first):
        each.cache_clear()
    yield held
    for each in (fastest, fastest_with_channels_first):
        each.cache_clear()


@pytest.mark.parametrize("part", ["output", "image", "filters"])
@pytest.mark.parametrize("sliding", [SQUARE, VOLUME, STEPS], ids=["square", "volume", "steps"])
@pytest.mark.parametrize("packed", [False, True])
def test_every_part_can_be_measured(sliding, part, packed, cache):
    tiles = (2, 4) if sliding is SQUARE else ()
    way = fastest(sliding, part, tiles, packed=packed)
    assert way in {"onednn", "product", "panels", *map(str, tiles)}
    assert [list(found.values()) for found in cache.values()] == [[(way, b"")]]


@pytest.mark.parametrize("part", ["output", "image", "filters"])
@pytest.mark.parametrize("sliding", [SQUARE, VOLUME, STEPS], ids=["square", "volume", "steps"])
def test_all_ways_for_channels_first_are_measured(sliding, part, monkeypatch):
    took = iter((5.0, 1.0, 2.0, 3.0, 4.0))
    monkeypatch.setattr(convolution_tuning, "_timed", lambda run: (run(), next(took))[1])
    monkeypatch.setattr(convolution_tuning, "_REPEATS", 1)
    kernels = {"pixels"} if sliding is STEPS else set()
    kernels |= {"planes"} if part == "filters" or not direct.by_panels() else {"planes", "strips"}
    ways = [*sorted(kernels), "product", "torch"]
    assert channels_first.way(sliding, part) == ways[1]


@pytest.mark.parametrize("way", ["planes", "strips", "product", "torch"])
def test_what_was_found_for_channels_first_computes_the_same(way, monkeypatch):
    data, weight = (mx.nd.random.normal(shape=shape) for shape in ((2, 16, 8, 8), (16, 16, 3, 3)))
    settings = {"kernel": (3, 3), "num_filter": 16, "no_bias": True}
    monkeypatch.delenv("MXNET_CONVOLUTION_TUNE")
    expected = mx.nd.Convolution(data, weight, **settings)
    monkeypatch.setenv("MXNET_CONVOLUTION_TUNE", "1")
    monkeypatch.setattr(channels_first, "fastest_with_channels_first", lambda *_: way)
    mx.test_utils.assert_almost_equal(mx.nd.Convolution(data, weight, **settings), expected, 1e-4, 1e-4)


@pytest.mark.parametrize("way", ["onednn", "product", "panels", "2", "4"])
def test_what_was_found_is_used(way, monkeypatch):
    monkeypatch.setattr(convolution_costs, "fastest", lambda *_, **__: way)
    monkeypatch.setattr(direct, "by_panels", lambda: True)
    assert winograd_tile(SQUARE, "image", is_train=True) == (int(way) if way.isdigit() else 0)
    assert multiplies(SQUARE, "image") == (way == "product")
    assert takes_panels(SQUARE) == (way == "panels")


def test_nothing_is_measured_twice(monkeypatch):
    found = fastest(SQUARE, "output", (2,), packed=False)
    fastest.cache_clear()  # as in another process
    monkeypatch.setattr(convolution_tuning, "_timed", None)
    assert fastest(SQUARE, "output", (2,), packed=False) == found
