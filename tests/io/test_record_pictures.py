"""Iterators over record files of pictures; expected numbers are real MXNet 1.9.1's, in pictures_of_mxnet.npz."""

import threading
from pathlib import Path

import numpy as np
import pytest

import mxnet as mx
from mxnet import recordio
from mxnet.base import MXNetError

RECORDED = np.load(Path(__file__).parents[1] / "data" / "pictures_of_mxnet.npz")


def picture(number, height, width, channels=3):
    y, x = np.mgrid[:height, :width].astype("float64")
    waves = [127 + 100 * np.sin(0.9 * x + 0.5 * y + number + 1.3 * i) for i in range(channels)]
    return np.clip(np.round(np.stack(waves, 2)), 0, 255).astype("uint8")


SIZES = np.random.default_rng(1).integers(0, 9, (23, 2)) + 8
FILES = {
    "one": [(picture(0, 20, 30), 5)],
    "small": [(picture(0, 6, 5), 1)],
    "tall": [(picture(0, 20, 6), 1)],
    "gray": [(picture(0, 20, 30)[..., 0], 5)],
    "rgba": [(np.dstack([picture(0, 12, 12), picture(1, 12, 12)[..., :1]]), 5)],
    "wide": [(picture(k, 8, 8), [k, 2, 3]) for k in range(4)],
    "many": [(picture(k, *SIZES[k]), k) for k in range(23)],
    "sizes": [
        (picture(k, *size), k) for k, size in enumerate([(20, 30), (30, 20), (13, 17), (8, 8), (9, 40)])
    ],
    "boxes": [
        (picture(0, 20, 30), [2, 5, 0, 0.1, 0.2, 0.4, 0.5]),
        (picture(1, 30, 20), [4, 6, 7, 8, 1, 0.1, 0.15, 0.4, 0.55, 9, 2, 0.2, 0.15, 0.5, 0.55, 9]),
        (picture(2, 6, 5), [2, 5, 1, 0.5, 0.5, 0.9, 1.0]),
    ],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("records")
    for name, samples in FILES.items():
        with recordio.MXIndexedRecordIO(folder / f"{name}.idx", folder / f"{name}.rec", "w") as records:
            for i, (pixels, label) in enumerate(samples):
                number = 100 - i if name == "many" else i
                records.write_idx(number, recordio.pack_img((0, label, number, 0), pixels, 3, ".png"))
    (folder / "many.lst").write_text("".join(f"{100 - k}\t{10 * k}\tx.png\n" for k in range(23)))
    return folder


@pytest.fixture
def pictures(folder):
    def make(name, data_shape=(3, 8, 8), batch_size=1, kind="ImageRecordIter", **parameters):
        path = str(folder / f"{name}.rec")
        parameters.setdefault("preprocess_threads", 1)
        return getattr(mx.io, kind)(
            path_imgrec=path, data_shape=data_shape, batch_size=batch_size, **parameters
        )

    return make


def labels(batches):
    return [(batch.label[0].asnumpy().tolist(), batch.pad) for batch in batches]


def numbers(batches):
    return [n for given, pad in labels(batches) for n in given[: len(given) - pad]]


# ---------------------------------------------------------------------------------------------------- pictures

UINT8, INT8 = {"kind": "ImageRecordUInt8Iter"}, {"kind": "ImageRecordInt8Iter"}
MEAN = {"mean_r": 10, "mean_g": 20, "mean_b": 30, "std_r": 2, "std_g": 4, "std_b": 5, "scale": 0.5}
PICTURES = [
    ("crop", "one", {}),
    ("resize12", "one", {"resize": 12}),
    ("resize12tall", "tall", {"resize": 12}),
    ("resize40", "one", {"resize": 40}),
    ("resize12i0", "one", {"resize": 12, "inter_method": 0}),
    ("resize12i9", "one", {"resize": 12, "inter_method": 9}),
    ("resize40i9", "one", {"resize": 40, "inter_method": 9}),
    ("resize13i3", "one", {"resize": 13, "inter_method": 3}),
    ("small", "small", {}),
    ("tall", "tall", {}),
    ("small_resize", "small", {"resize": 8}),
    ("smallr5", "one", {"resize": 5}),
    ("rotate0", "one", {"rotate": 0}),
    ("rotate90", "one", {"rotate": 90}),
    ("scalehalf", "one", {"min_random_scale": 0.5, "max_random_scale": 0.5}),
    ("scalehalfS", "one", {"min_random_scale": 0.5, "max_random_scale": 0.5, "data_shape": (3, 10, 15)}),
    ("minimg", "one", {"min_img_size": 40}),
    ("maximg", "one", {"max_img_size": 14}),
    ("pad3", "small", {"pad": 3}),
    ("pad3f", "small", {"pad": 3, "fill_value": 9}),
    ("padbig", "small", {"pad": 3, "data_shape": (3, 12, 11)}),
    ("cropsize", "one", {"min_crop_size": 16, "max_crop_size": 16}),
    ("cropi0", "one", {"min_crop_size": 16, "max_crop_size": 16, "inter_method": 0}),
    ("gray", "one", {"data_shape": (1, 8, 8)}),
    ("rgb_of_gray", "gray", {}),
    ("gray_of_gray", "gray", {"data_shape": (1, 8, 8)}),
    ("four", "rgba", {"data_shape": (4, 12, 12)}),
    ("rgba3", "rgba", {"data_shape": (3, 12, 12)}),
    ("mean", "one", {**MEAN, "mirror": True}),
    ("meana", "rgba", {"data_shape": (4, 12, 12), "mean_r": 10, "mean_a": 3, "std_a": 2}),
    ("graymean", "one", {"data_shape": (1, 8, 8), "mean_r": 10, "mean_g": 3, "std_r": 2}),
    ("onlyg", "one", {"mean_g": 10}),
    ("onlystd", "one", {"std_g": 10}),
    ("uint8", "one", UINT8),
    ("uint8mean", "one", {**UINT8, "mean_r": 10, "scale": 0.5, "mirror": True}),
    ("int8", "one", INT8),
    ("int8mean", "one", {**INT8, "mean_r": 128, "mean_g": 128, "mean_b": 128}),
    ("int8small", "one", {**INT8, "mean_r": 100, "scale": 0.3}),
    ("dtype uint8", "one", {"dtype": "uint8", "mean_r": 10, "scale": 0.5}),
    ("v1", "one", {"kind": "ImageRecordIter_v1", "resize": 12}),
    ("v1u", "one", {"kind": "ImageRecordUInt8Iter_v1", "resize": 12}),
]
BENT = [  # OpenCV has changed the rounding since
    ("rotate30s", "one", {"rotate": 30, "fill_value": 7, "data_shape": (3, 20, 30)}),
    ("resizerotate", "one", {"rotate": 30, "resize": 12}),
    ("scale2", "one", {"min_random_scale": 2, "max_random_scale": 2}),
    ("aspect", "one", {"min_aspect_ratio": 1.5, "max_aspect_ratio": 1.5}),
    ("aspectS", "one", {"min_aspect_ratio": 1.5, "max_aspect_ratio": 1.5, "data_shape": (3, 20, 30)}),
]


@pytest.mark.parametrize(("name", "file", "parameters"), PICTURES, ids=[each[0] for each in PICTURES])
def test_pictures_are_mxnets(pictures, name, file, parameters):
    expected = RECORDED[f"pictures {name}"]
    batches = pictures(file, **parameters)
    got = next(batches).data[0]
    assert got.dtype == batches.provide_data[0].dtype
    np.testing.assert_allclose(got.asnumpy().astype("float64"), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(("name", "file", "parameters"), BENT, ids=[each[0] for each in BENT])
def test_turned_and_stretched_pictures_are_mxnets(pictures, name, file, parameters):
    got = next(pictures(file, **parameters)).data[0].asnumpy()
    np.testing.assert_allclose(got, RECORDED[f"pictures {name}"], atol=3)


def test_a_mean_picture_is_made_once_and_subtracted(pictures, tmp_path):
    path = str(tmp_path / "mean.bin")
    first = next(pictures("sizes", batch_size=2, mean_img=path)).data[0].asnumpy()
    np.testing.assert_allclose(first, RECORDED["pictures mean_img"], atol=1e-4)
    np.testing.assert_allclose(
        mx.nd.load(path)["mean_img"].asnumpy(), RECORDED["pictures mean_file"], atol=1e-4
    )
    again = next(pictures("sizes", batch_size=2, mean_img=path, scale=0.5)).data[0].asnumpy()
    np.testing.assert_allclose(again, RECORDED["pictures mean_img2"], atol=1e-4)


BOXES = [
    ("plain", {}),
    ("pad30", {"label_pad_width": 30}),
    ("pad30v", {"label_pad_width": 30, "label_pad_value": -5}),
    ("shrink", {"resize_mode": "shrink", "data_shape": (3, 24, 24)}),
    ("fit", {"resize_mode": "fit", "data_shape": (3, 24, 24)}),
    ("force24", {"data_shape": (3, 24, 24)}),
    ("i0", {"inter_method": 0}),
    ("mirror", {"rand_mirror_prob": 1.0}),
    ("mean", MEAN),
    ("resize", {"resize": 12}),
    ("gray", {"data_shape": (1, 8, 8)}),
]


@pytest.mark.parametrize(("name", "parameters"), BOXES, ids=[each[0] for each in BOXES])
def test_pictures_with_boxes_are_mxnets(pictures, name, parameters):
    batch = next(pictures("boxes", batch_size=3, kind="ImageDetRecordIter", **parameters))
    np.testing.assert_allclose(batch.data[0].asnumpy(), RECORDED[f"boxes {name}"], atol=2e-6)
    np.testing.assert_allclose(batch.label[0].asnumpy(), RECORDED[f"boxes {name}L"], atol=1e-6)


# ------------------------------------------------------------------------------------------------------ batches


def test_what_fills_up_a_batch_is_left_out_of_the_next_epoch(pictures):
    batches = pictures("many", batch_size=10)
    assert labels(batches)[-1] == ([20, 21, 22, 0, 1, 2, 3, 4, 5, 6], 7)
    batches.reset()
    assert labels(batches) == [
        ([7, 8, 9, 10, 11, 12, 13, 14, 15, 16], 0),
        ([17, 18, 19, 20, 21, 22, 0, 1, 2, 3], 4),
    ]
    batches.reset()
    assert labels(batches)[0] == ([4, 5, 6, 7, 8, 9, 10, 11, 12, 13], 0)


def test_without_rounding_the_last_batch_ends_with_nothing(pictures):
    batches = pictures("many", batch_size=10, round_batch=False)
    for _ in range(2):
        assert labels(batches)[-1] == ([20, 21, 22, 0, 0, 0, 0, 0, 0, 0], 0)
        batches.reset()


def test_a_batch_may_be_larger_than_the_file(pictures):
    assert labels(pictures("wide", batch_size=9, label_width=3))[0][1] == 5


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (2, [12, 11]),
        (3, [8, 7, 8]),
        (4, [6, 6, 5, 6]),
        (7, [4, 3, 3, 3, 4, 3, 3]),
    ],
)
def test_parts_are_of_equal_bytes(pictures, parts, expected):
    found = [numbers(pictures("many", batch_size=4, num_parts=parts, part_index=k)) for k in range(parts)]
    assert np.concatenate(found).tolist() == list(range(23))
    assert [len(each) for each in found] == expected


def test_parts_by_an_index_are_of_equal_numbers(folder, pictures):
    index = str(folder / "many.idx")
    found = [
        numbers(pictures("many", batch_size=4, num_parts=3, part_index=k, path_imgidx=index))
        for k in range(3)
    ]
    assert [len(each) for each in found] == [8, 8, 7]
    assert np.concatenate(found).tolist() == list(range(23))


def test_several_files_are_read_as_one(folder):
    paths = ";".join(str(folder / f"{name}.rec") for name in ("sizes", "one"))
    batches = mx.io.ImageRecordIter(paths, (3, 8, 8), 6)
    assert numbers(batches) == [0, 1, 2, 3, 4, 5]


def test_labels_come_from_a_list_by_number(folder, pictures):
    batches = pictures("many", batch_size=23, path_imglist=str(folder / "many.lst"))
    assert numbers(batches) == [10 * k for k in range(23)]


def test_several_labels_make_a_matrix(pictures):
    batches = pictures("wide", batch_size=2, label_width=3)
    assert batches.provide_label == [("softmax_label", (2, 3))]
    assert next(batches).label[0].asnumpy().tolist() == [[0, 2, 3], [1, 2, 3]]


def test_shuffling_goes_through_all_pictures_in_another_order_each_epoch(pictures):
    batches = pictures("many", batch_size=23, shuffle=True, seed=3)
    first = numbers(batches)
    batches.reset()
    second = numbers(batches)
    assert sorted(first) == sorted(second) == list(range(23))
    assert first != second
    assert numbers(pictures("many", batch_size=23, shuffle=True, seed=3)) == first
    assert numbers(pictures("many", batch_size=23, shuffle=True, seed=4)) != first


def test_shuffled_epochs_leave_out_what_filled_up_the_last_batch(pictures):
    batches = pictures("many", batch_size=10, shuffle=True)
    filling = labels(batches)[-1][0][3:]
    batches.reset()
    rest = numbers(batches)
    assert sorted(filling + rest) == list(range(23))


RANDOM = {
    "rand_crop": True,
    "rand_mirror": True,
    "brightness": 0.3,
    "contrast": 0.3,
    "saturation": 0.3,
    "pca_noise": 0.1,
    "random_h": 10,
    "random_l": 10,
    "random_s": 10,
    "max_rotate_angle": 10,
    "max_shear_ratio": 0.1,
    "max_aspect_ratio": 0.2,
    "max_random_contrast": 0.1,
    "max_random_illumination": 5,
    "resize": 14,
    "inter_method": 10,
}


def pixels(batches):
    return np.concatenate([batch.data[0].asnumpy() for batch in batches])


def test_random_changes_do_not_depend_on_the_threads(pictures):
    one, four = (pixels(pictures("many", batch_size=4, preprocess_threads=n, **RANDOM)) for n in (1, 4))
    np.testing.assert_array_equal(one, four)


def test_random_changes_differ_between_epochs_unless_they_have_a_seed(pictures):
    for seed, same in ((None, False), (7, True)):
        batches = pictures("sizes", batch_size=5, seed_aug=seed, **RANDOM)
        first = pixels(batches)
        batches.reset()
        assert np.array_equal(first, pixels(batches)) == same


ONE_CHANGE = [
    ({"rand_mirror": True}, 2),
    ({"rand_crop": True}, 13 * 23),
    ({"brightness": 0.2}, 300),
    ({"contrast": 0.2}, 300),
    ({"saturation": 0.2}, 300),
    ({"pca_noise": 0.1}, 300),
    ({"random_h": 10}, 21),
    ({"random_s": 20}, 41),
    ({"random_l": 20}, 41),
    ({"max_rotate_angle": 10}, 300),
    ({"max_shear_ratio": 0.3}, 300),
    ({"max_aspect_ratio": 0.3}, 300),
    ({"min_random_scale": 0.5, "max_random_scale": 1.5}, 300),
    ({"random_resized_crop": True, "min_random_area": 0.1, "max_aspect_ratio": 0.3}, 300),
    ({"min_crop_size": 8, "max_crop_size": 16}, 9),
    ({"max_random_contrast": 0.3}, 300),
    ({"max_random_illumination": 30}, 300),
    ({"inter_method": 10, "resize": 12}, 5),
]


@pytest.mark.parametrize(("change", "most"), ONE_CHANGE, ids=[next(iter(each[0])) for each in ONE_CHANGE])
def test_each_random_change_changes(pictures, change, most):
    batches = pictures("one", batch_size=40, **change)
    seen = pixels(batches)
    plain = pixels(pictures("one", **({"resize": 12} if "resize" in change else {})))
    distinct = len(np.unique(seen.reshape(40, -1), axis=0))
    assert 2 <= distinct <= most
    assert abs(seen.mean() - plain.mean()) < 30


def test_windows_of_objects_keep_boxes_where_the_objects_are(tmp_path):
    scene = np.zeros((40, 60, 3), "uint8")
    scene[10:30, 15:45] = 255
    path = str(tmp_path / "a.rec")
    with recordio.MXRecordIO(path, "w") as records:
        records.write(
            recordio.pack_img((0, [2, 5, 1, 15 / 60, 10 / 40, 45 / 60, 30 / 40], 0, 0), scene, 3, ".png")
        )
    batches = mx.io.ImageDetRecordIter(
        path,
        (3, 60, 60),
        64,
        rand_crop_prob=0.7,
        min_crop_scales=0.4,
        max_crop_scales=1.0,
        min_crop_aspect_ratios=0.5,
        max_crop_aspect_ratios=2.0,
        rand_pad_prob=0.5,
        max_pad_scale=2.0,
        fill_value=0,
        rand_mirror_prob=0.5,
        inter_method=0,
    )
    batch = next(batches)
    moved = 0
    for image, label in zip(batch.data[0].asnumpy(), batch.label[0].asnumpy(), strict=True):
        rows, columns = np.nonzero(image[0] > 127)
        shown = [columns.min() / 60, rows.min() / 60, (columns.max() + 1) / 60, (rows.max() + 1) / 60]
        np.testing.assert_allclose(label[7:11], shown, atol=0.08)
        moved += abs(label[7] - 0.25) > 0.01
    assert moved > 20


# ------------------------------------------------------------------------------------------------- the iterator


def test_it_is_an_mxdataiter_with_names_of_ones_own(pictures):
    batches = pictures("many", batch_size=4, data_name="im", label_name="lab")
    assert type(batches) is mx.io.MXDataIter
    assert batches.provide_data == [("im", (4, 3, 8, 8))]
    assert batches.provide_label == [("lab", (4,))]
    assert batches.getdata().shape == (4, 3, 8, 8)
    assert batches.getlabel().asnumpy().tolist() == [0, 1, 2, 3]
    assert batches.iter_next()
    assert (batches.getpad(), batches.getindex().tolist()) == (0, [0, 1, 2, 3])


def test_it_can_be_timed_without_reading(pictures):
    batches = pictures("many", batch_size=4)
    batches.debug_skip_load()
    assert [next(batches).label[0].asnumpy().tolist() for _ in range(9)] == [[0, 1, 2, 3]] * 9


def test_a_module_trains_on_it(pictures):
    data = mx.sym.Variable("data")
    network = mx.sym.SoftmaxOutput(
        mx.sym.FullyConnected(mx.sym.flatten(data), num_hidden=23, name="fc"), name="softmax"
    )
    module = mx.mod.Module(network)
    module.fit(pictures("many", batch_size=5, scale=1 / 255), num_epoch=2)
    assert module.get_params()[0]["fc_weight"].shape == (23, 192)


def test_its_threads_end_with_it(pictures):
    before = set(threading.enumerate())
    batches = pictures("many", batch_size=4, preprocess_threads=3)
    next(batches)
    own = set(threading.enumerate()) - before
    assert own
    del batches
    for thread in own:
        thread.join(10)
        assert not thread.is_alive()


@pytest.mark.parametrize("threads", [1, 3])
def test_an_error_of_a_thread_reaches_the_caller_and_names_the_record(folder, tmp_path, threads):
    stored = bytearray((folder / "many.rec").read_bytes())
    offset = list(recordio.Records(folder / "many.rec").offsets())[7]
    stored[offset + 32 : offset + 52] = bytes(20)
    path = tmp_path / "damaged.rec"
    path.write_bytes(stored)
    batches = mx.io.ImageRecordIter(str(path), (3, 8, 8), 4, preprocess_threads=threads)
    next(batches)
    with pytest.raises(MXNetError, match=rf"byte {offset} of '.*damaged\.rec' cannot be decoded"):
        next(batches)


def test_a_cut_file_is_refused_at_once(folder, tmp_path):
    path = tmp_path / "cut.rec"
    path.write_bytes((folder / "many.rec").read_bytes()[:-30])
    with pytest.raises(MXNetError, match=r"cut\.rec' is damaged"):
        mx.io.ImageRecordIter(str(path), (3, 8, 8), 4)


def test_unknown_parameters_are_warned_of(pictures):
    with pytest.warns(
        UserWarning, match="no parameter 'rand_corp', which has no effect. Did you mean 'rand_crop'"
    ):
        pictures("one", rand_corp=True)


def test_hints_without_meaning_are_accepted(pictures):
    next(pictures("one", verbose=False, ctx="cpu", device_id=0, shuffle_chunk_size=4, aug_seq="aug_default"))


def test_parameters_may_be_text(pictures):
    expected = pixels(pictures("one", resize=12, rand_crop=False, mean_r=3.5))
    np.testing.assert_array_equal(
        pixels(pictures("one", data_shape="(3, 8, 8)", resize="12", rand_crop="false", mean_r="3.5")),
        expected,
    )


ERRORS = [
    ("There is no record file", {"file": "none"}),
    ("data_shape is", {"file": "one", "data_shape": (8, 8)}),
    ("1, 3 or 4 channels", {"file": "one", "data_shape": (2, 8, 8)}),
    ("at least one picture", {"file": "one", "batch_size": 0}),
    ("floats, uint8 or int8, got dtype='int32'", {"file": "one", "dtype": "int32"}),
    ("part_index is 0 to num_parts - 1, got 2 of 2", {"file": "one", "num_parts": 2, "part_index": 2}),
    ("no records in part 1 of 2", {"file": "one", "num_parts": 2, "part_index": 1}),
    ("has 3 labels, but label_width=1", {"file": "wide"}),
    ("no window of 25 x 25", {"file": "one", "min_crop_size": 25, "max_crop_size": 25}),
    ("has 3 channels, but data_shape asks for 4", {"file": "one", "data_shape": (4, 8, 8)}),
    ("resize is of kind int, got 'x'", {"file": "one", "resize": "x"}),
    ("no inter_method 7", {"file": "one", "resize": 9, "inter_method": 7}),
    ("has the label .*begins with how many", {"file": "one", "kind": "ImageDetRecordIter"}),
    (
        "label_pad_width=10, but a label has 16",
        {"file": "boxes", "kind": "ImageDetRecordIter", "label_pad_width": 10},
    ),
    (
        "a label of 16 numbers, but label_width=7",
        {"file": "boxes", "kind": "ImageDetRecordIter", "label_width": 7},
    ),
    ("resize_mode is one of", {"file": "boxes", "kind": "ImageDetRecordIter", "resize_mode": "x"}),
]


@pytest.mark.parametrize(("message", "parameters"), ERRORS, ids=[each[0] for each in ERRORS])
def test_bad_input_is_refused(pictures, message, parameters):
    parameters = dict(parameters)
    with pytest.raises(MXNetError, match=message):
        next(pictures(parameters.pop("file"), **parameters))
