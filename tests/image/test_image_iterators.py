"""`ImageIter` and `ImageDetIter`; the order of samples and the batches' ends are real MXNet 1.9.1's."""

import cv2
import numpy as np
import pytest

import mxnet as mx
from mxnet import image, recordio
from mxnet.base import MXNetError

LABELS = [3, 1, 4, 1, 5]
CUT = [image.CenterCropAug((8, 8), 0), image.CastAug()]


def picture(number):
    return np.random.default_rng(number).integers(0, 256, (9 + number, 12, 3)).astype("uint8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    with recordio.MXIndexedRecordIO(folder / "a.idx", folder / "a.rec", "w") as records:
        for i, label in enumerate(LABELS):
            cv2.imwrite(str(folder / f"n{i}.png"), picture(i)[..., ::-1])
            records.write_idx(i, recordio.pack_img((0, label, i, 0), picture(i)[..., ::-1], 3, ".png"))
    lines = [f"{i}\t{label}\t{label / 2}\tn{i}.png\n" for i, label in enumerate(LABELS)]
    (folder / "wide.lst").write_text("".join(lines))
    (folder / "bad.png").write_bytes(b"no image")
    return folder


@pytest.fixture
def batches(folder):
    def make(batch_size=2, data_shape=(3, 8, 8), source="list", **parameters):
        parameters.setdefault("aug_list", CUT)
        if source == "list":
            parameters.setdefault("imglist", [[label, f"n{i}.png"] for i, label in enumerate(LABELS)])
            parameters.setdefault("path_root", str(folder))
        else:
            parameters.setdefault("path_imgrec", str(folder / "a.rec"))
        if source == "index":
            parameters.setdefault("path_imgidx", str(folder / "a.idx"))
        return image.ImageIter(batch_size, data_shape, **parameters)

    return make


def labels(batches):
    return [(batch.label[0].asnumpy().tolist(), batch.pad) for batch in batches]


@pytest.mark.parametrize("source", ["list", "records", "index"])
def test_pictures_come_in_order_whatever_they_are_read_from(batches, source):
    made = batches(source=source)
    first = next(made)
    assert (first.label[0].asnumpy().tolist(), first.pad) == ([3, 1], 0)
    np.testing.assert_array_equal(first.data[0].asnumpy()[1], picture(1)[1:9, 2:10].transpose(2, 0, 1))
    assert labels(made) == [([4, 1], 0), ([5, 3], 1)]
    with pytest.raises(StopIteration):
        made.next()
    made.reset()
    assert labels(made) == [([3, 1], 0), ([4, 1], 0), ([5, 3], 1)]


ENDS = {
    "pad": [[([3, 1], 0), ([4, 1], 0), ([5, 3], 1)]] * 3,
    "discard": [[([3, 1], 0), ([4, 1], 0)]] * 3,
    "roll_over": [
        [([3, 1], 0), ([4, 1], 0)],
        [([5, 3], 1), ([1, 4], 0), ([1, 5], 0)],
        [([3, 1], 0), ([4, 1], 0)],
    ],
}


@pytest.mark.parametrize("how", ENDS)
def test_the_last_batch_is_padded_discarded_or_rolled_over(batches, how):
    made = batches(last_batch_handle=how)
    for expected in ENDS[how]:
        assert labels(made) == expected
        made.reset()


def test_what_was_rolled_over_counts_as_padding(batches):
    made = batches(3, last_batch_handle="roll_over")
    for expected in [([3, 1, 4], 0)], [([1, 5, 3], 1), ([1, 4, 1], 0)], [([5, 3, 1], 2), ([4, 1, 5], 0)]:
        assert labels(made) == expected
        made.reset()
    made.hard_reset()
    assert labels(made)[0] == ([3, 1, 4], 0)


def test_several_labels_come_from_a_list(batches, folder):
    made = batches(source="index", path_imglist=str(folder / "wide.lst"), label_width=2)
    assert made.provide_label == [("softmax_label", (2, 2))]
    assert next(made).label[0].asnumpy().tolist() == [[3, 1.5], [1, 0.5]]


def test_parts_are_of_equal_numbers_and_leave_out_the_rest(batches):
    parts = [labels(batches(num_parts=2, part_index=k)) for k in (0, 1)]
    assert parts == [[([3, 1], 0)], [([4, 1], 0)]]


def test_shuffling_goes_through_all_samples(batches):
    made = batches(1, shuffle=True)
    for _ in range(3):
        assert sorted(label[0] for label, _ in labels(made)) == sorted(LABELS)
        made.reset()


def test_augmenters_are_made_of_parameters(batches):
    made = batches(aug_list=None, resize=9, rand_mirror=True, mean=np.array([100.0, 110, 120]))
    assert [type(each).__name__ for each in made.auglist] == [
        "ResizeAug",
        "CenterCropAug",
        "HorizontalFlipAug",
        "CastAug",
        "ColorNormalizeAug",
    ]


def test_a_subclass_changes_how_samples_are_read(folder):
    class Doubled(image.ImageIter):
        def next_sample(self):
            label, encoded = super().next_sample()
            return label * 2, encoded

        def postprocess_data(self, datum):
            return super().postprocess_data(datum) * 0

    made = Doubled(2, (3, 8, 8), imglist=[[7, "n0.png"]], path_root=str(folder), aug_list=CUT)
    batch = next(made)
    assert batch.label[0].asnumpy().tolist() == [14, 14]
    assert not batch.data[0].asnumpy().any()


@pytest.mark.parametrize(
    ("kind", "message", "parameters"),
    [
        (AssertionError, "needs one of path_imgrec", {"imglist": None, "source": "list"}),
        (AssertionError, "give path_imgidx", {"source": "records", "shuffle": True}),
        (AssertionError, "uint8 label not supported", {"dtype": "uint8"}),
        (AssertionError, "part_index is 0 to num_parts - 1", {"num_parts": 2, "part_index": 2}),
        (ValueError, "3 channels here", {"data_shape": (1, 8, 8)}),
        (ValueError, r"must be \(channels, height, width\)", {"data_shape": (8, 8)}),
        (ValueError, "last_batch_handle is", {"last_batch_handle": "x"}),
        (FileNotFoundError, "none.png", {"imglist": [[1, "none.png"]]}),
        (FileNotFoundError, "Cannot read 'none.lst'", {"path_imglist": "none.lst"}),
        (RuntimeError, "cannot be decoded", {"imglist": [[1, "bad.png"]]}),
        (ValueError, r"image of shape \(3, 9, 12\), but data_shape is \(3, 8, 8\)", {"aug_list": []}),
    ],
)
def test_bad_input_is_refused(batches, kind, message, parameters):
    with pytest.raises(MXNetError, match=message) as raised:
        next(batches(**parameters))
    assert isinstance(raised.value, kind)


def test_an_error_names_the_image(batches):
    with pytest.raises(MXNetError) as raised:
        next(batches(imglist=[[1, "bad.png"]]))
    assert raised.value.__notes__ == ["It is the image 'bad.png'."]


def test_a_damaged_list_names_the_line(batches, tmp_path):
    (tmp_path / "bad.lst").write_text("0\t1\tn0.png\nx\t1\tn0.png\n")
    with pytest.raises(MXNetError, match=r"bad\.lst', line 2: expected a key, labels and a path"):
        batches(path_imglist=str(tmp_path / "bad.lst"))


# --------------------------------------------------------------------------------------------------------- boxes

OBJECTS = [
    [2, 5, 0, 0.1, 0.1, 0.4, 0.5],
    [2, 5, 1, 0.1, 0.15, 0.4, 0.55, 2, 0.2, 0.15, 0.5, 0.55],
    [4, 5, 9, 9, 2, 0.5, 0.5, 0.9, 0.9],
]
FIT = [image.DetBorrowAug(image.ForceResizeAug((8, 8), 0)), image.DetBorrowAug(image.CastAug())]


@pytest.fixture
def boxes(folder):
    def make(batch_size=2, objects=OBJECTS, **parameters):
        parameters.setdefault("aug_list", FIT)
        listed = [[*label, f"n{i}.png"] for i, label in enumerate(objects)]
        return image.ImageDetIter(batch_size, (3, 8, 8), imglist=listed, path_root=str(folder), **parameters)

    return make


def test_labels_have_room_for_the_most_objects(boxes):
    made = boxes()
    assert made.provide_label == [("label", (2, 2, 5))]
    np.testing.assert_allclose(
        next(made).label[0].asnumpy(),
        [
            [[0, 0.1, 0.1, 0.4, 0.5], [-1] * 5],
            [[1, 0.1, 0.15, 0.4, 0.55], [2, 0.2, 0.15, 0.5, 0.55]],
        ],
        atol=1e-6,
    )
    assert next(made).pad == 1


def test_label_shapes_grow_and_are_shared(boxes):
    made, other = boxes(), boxes(objects=OBJECTS[:1])
    made.reshape(data_shape=(3, 8, 8), label_shape=(5, 5))
    assert next(made).label[0].shape == (2, 5, 5)
    assert made.sync_label_shape(other) is other
    assert other.label_shape == (5, 5)


def test_boxes_are_drawn_on_pictures(boxes):
    drawn = list(boxes().draw_next(color=(255, 0, 0), thickness=1, id2labels=["cat", "dog", "cow"]))
    assert [(each.shape, each.dtype) for each in drawn] == [((8, 8, 3), np.uint8)] * 3
    assert (drawn[0] == (255, 0, 0)).all(2).any()


def test_the_usual_augmenters_make_batches(boxes):
    made = boxes(aug_list=None, rand_crop=0.5, rand_pad=0.5, rand_mirror=True, brightness=0.1)
    assert next(made).data[0].shape == (2, 3, 8, 8)


@pytest.mark.parametrize(
    ("message", "call"),
    [
        ("a head of two numbers at least", lambda make: make(objects=[[1.0]])),
        ("no object whose edges are in order", lambda make: make(objects=[[2, 5, 0, 0.5, 0.5, 0.4, 0.9]])),
        ("has 8 numbers", lambda make: make(objects=[[2, 5, 0, 0.5, 0.5, 0.6, 0.6, 1]])),
        (
            "3 objects, which do not fit|2 objects, which do not fit",
            lambda make: make().reshape(label_shape=(1, 5)),
        ),
        ("An object has 5 numbers", lambda make: make().reshape(label_shape=(5, 6))),
        ("label_shape is", lambda make: make().reshape(label_shape=(5,))),
        ("takes another ImageDetIter", lambda make: make().sync_label_shape(5)),
    ],
)
def test_bad_labels_are_refused(boxes, message, call):
    with pytest.raises(MXNetError, match=message):
        call(boxes)


def test_a_module_trains_on_it(batches):
    network = mx.sym.SoftmaxOutput(
        mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=6), name="softmax"
    )
    mx.mod.Module(network).fit(batches(last_batch_handle="discard"), num_epoch=1)
