"""Operators that MXNet leaves to OpenCV; expected numbers are real MXNet 1.9.1's."""

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import mxnet as mx
from mxnet.base import MXNetError

internal = mx.nd._internal
PICTURE = np.random.default_rng(0).integers(0, 256, (6, 7, 3)).astype("uint8")


def _encoded(picture, kind="PNG", **options):
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, kind, **options)
    return buffer.getvalue()


def _decoded(encoded, **parameters):
    return internal._cvimdecode(
        mx.nd.array(np.frombuffer(encoded, "uint8"), dtype="uint8"), **parameters
    ).asnumpy()


def test_decoding_gives_the_colours_in_either_order():
    np.testing.assert_array_equal(_decoded(_encoded(PICTURE)), PICTURE)
    np.testing.assert_array_equal(_decoded(_encoded(PICTURE), to_rgb=False), PICTURE[..., ::-1])


def test_decoding_makes_images_grey_or_coloured():
    grey = PICTURE[..., 0]
    np.testing.assert_array_equal(_decoded(_encoded(grey)), np.repeat(grey[..., None], 3, 2))
    np.testing.assert_array_equal(_decoded(_encoded(grey), flag=0), grey[..., None])
    row = _decoded(_encoded(PICTURE), flag=0)[0, :, 0]
    assert row.tolist() == [175, 67, 13, 186, 157, 165, 191]


def test_decoding_drops_transparency_and_reads_jpeg():
    transparent = np.concatenate([PICTURE, PICTURE[..., :1]], 2)
    np.testing.assert_array_equal(_decoded(_encoded(transparent)), PICTURE)
    smooth = np.broadcast_to(np.linspace(0, 255, 16).astype("uint8")[:, None, None], (16, 16, 3))
    assert np.abs(_decoded(_encoded(smooth, "JPEG", quality=95)).astype(int) - smooth).max() < 8


def test_photographs_stay_as_the_camera_was_held():
    exif = Image.Exif()
    exif[0x0112] = 6  # on its side
    assert _decoded(_encoded(np.zeros((16, 8, 3), "uint8"), "JPEG", exif=exif)).shape == (16, 8, 3)


def test_files_are_read(tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(_encoded(PICTURE))
    np.testing.assert_array_equal(internal._cvimread(filename=str(path)).asnumpy(), PICTURE)
    assert internal._cvimread(filename=str(path), flag=0).shape == (6, 7, 1)


def test_the_decoder_of_2015_cuts_and_subtracts():
    output = mx.nd.imdecode(_encoded(PICTURE), clip_rect=(1, 2, 4, 6), mean=mx.nd.array([2]))
    np.testing.assert_array_equal(output.asnumpy(), PICTURE[2:6, 1:4].transpose(2, 0, 1) - 2.0)


def test_the_decoder_of_2015_fills_its_place_in_a_batch():
    batch = mx.nd.zeros((2, 3, 6, 7))
    assert mx.nd.imdecode(_encoded(PICTURE), out=batch, index=1) is batch
    assert not batch[0].asnumpy().any()
    np.testing.assert_array_equal(batch[1].asnumpy(), PICTURE.transpose(2, 0, 1))


def test_missing_opencv_is_named(monkeypatch):
    encoded = _encoded(PICTURE)
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(MXNetError, match=r"needs OpenCV.*symnet\[image\]"):
        _decoded(encoded)


RECORDED = json.loads((Path(__file__).parents[2] / "data" / "resized_by_opencv.json").read_text())


@pytest.mark.parametrize("case", RECORDED["cases"], ids=lambda case: "-".join(map(str, case["how"])))
@pytest.mark.parametrize("installed", [True, False])
def test_resizing_is_opencvs(case, installed, monkeypatch):
    if not installed:
        monkeypatch.setitem(sys.modules, "cv2", None)
    interpolation, width, height = case["how"]
    picture = mx.nd.array(np.array(RECORDED["picture"]), dtype="float32")
    output = internal._cvimresize(picture, w=width, h=height, interp=interpolation).asnumpy()
    np.testing.assert_allclose(output[..., 0], case["output"], atol=2e-3)


def test_resized_bytes_are_rounded():
    picture = mx.nd.array([[[10], [21]]], dtype="uint8")
    output = internal._cvimresize(picture, w=4, h=1)
    assert output.asnumpy().ravel().tolist() == [10, 13, 18, 21]


BORDERS = [
    (0, [[7, 7, 7, 7, 7, 7], [7, 7, 7, 0, 3, 7]]),
    (1, [[0, 0, 0, 0, 3, 3], [0, 0, 0, 0, 3, 3]]),
    (2, [[3, 3, 0, 0, 3, 3], [3, 3, 0, 0, 3, 3]]),
    (3, [[9, 6, 9, 6, 9, 6], [3, 0, 3, 0, 3, 0]]),
    (4, [[9, 6, 9, 6, 9, 6], [3, 0, 3, 0, 3, 0]]),
]


@pytest.mark.parametrize(("kind", "expected"), BORDERS)
def test_borders_are_opencvs(kind, expected):
    picture = mx.nd.array(np.arange(12).reshape(2, 2, 3), dtype="uint8")
    output = internal._cvcopyMakeBorder(picture, top=1, bot=2, left=3, right=1, type=kind, value=7)
    assert output.shape == (5, 6, 3)
    assert output.asnumpy()[:2, :, 0].tolist() == expected


def test_a_border_has_a_constant_for_each_channel_which_saturates():
    picture = mx.nd.zeros((1, 1, 3), dtype="uint8")
    output = internal._cvcopyMakeBorder(picture, top=1, bot=0, left=0, right=0, values=(7, 300.7, -4))
    assert output.asnumpy()[0, 0].tolist() == [7, 255, 0]


@pytest.mark.parametrize(
    ("constant", "expected"),
    [
        ({"value": 7}, [7, 7, 7]),
        ({"values": 7}, [7, 0, 0]),
        ({"values": (7, 8)}, [7, 8, 0]),
        ({"values": (7,), "value": 3}, [7, 0, 0]),
        ({"values": (1, 2, 3, 4)}, [1, 2, 3]),
    ],
)
def test_constants_of_channels_that_are_left_out_are_nothing(constant, expected):
    picture = mx.nd.ones((1, 1, 3), dtype="uint8")
    output = internal._cvcopyMakeBorder(picture, top=1, bot=0, left=0, right=0, **constant)
    assert output.asnumpy()[0, 0].tolist() == expected


FRAME = {"top": 1, "bot": 1, "left": 1, "right": 1}


@pytest.mark.parametrize(
    ("message", "call"),
    [
        ("cannot be decoded", lambda: _decoded(b"123")),
        ("cannot be decoded", lambda: _decoded(b"")),
        ("cannot be decoded", lambda: _decoded(_encoded(PICTURE)[:60])),
        ("uint8", lambda: internal._cvimdecode(mx.nd.ones((5,)))),
        ("at most 1", lambda: _decoded(_encoded(PICTURE), flag=2)),
        ("Cannot read '/there/is/no.png'", lambda: internal._cvimread(filename="/there/is/no.png")),
        ("str_img", lambda: internal._imdecode(mx.nd.zeros((1,)))),
        (r"\(height, width, channels\)", lambda: internal._cvimresize(mx.nd.ones((4, 5)), w=1, h=1)),
        ("at least 1", lambda: internal._cvimresize(mx.nd.ones((4, 5, 3)), w=0, h=1)),
        (r"\(height, width, channels\)", lambda: internal._cvcopyMakeBorder(mx.nd.ones((4, 5)), **FRAME)),
        ("at most 4", lambda: internal._cvcopyMakeBorder(mx.nd.ones((4, 5, 3)), **FRAME, type=5)),
        ("at most 4", lambda: internal._cvcopyMakeBorder(mx.nd.ones((4, 5, 3)), **FRAME, values=(1,) * 5)),
    ],
)
def test_bad_input_is_refused(message, call):
    with pytest.raises(MXNetError, match=message):
        call()
