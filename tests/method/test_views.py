import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageFilter
from skimage import data

from napari_zsris.method.method import Method
from napari_zsris.method.views import Statistics, Views, crop_boxes
from napari_zsris.proposals import Proposals

PLAIN = Statistics((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
MASKS = arrays(bool, st.tuples(st.integers(1, 4), st.integers(1, 30), st.integers(1, 30)))


def photo_of(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def crops_of(photo: np.ndarray, masks: np.ndarray, method: Method, boxes=None) -> torch.Tensor:
    views = Views(photo, (32, 32), PLAIN, method)
    return torch.stack(list(views.crops(Proposals.from_masks(masks, boxes))))


@given(MASKS, st.floats(0, 2), st.data())
def test_crop_boxes_lie_in_the_photo_and_are_never_empty(masks, margin, data):
    boxes = data.draw(
        arrays(np.float32, (len(masks), 4), elements=st.floats(-50, 50, width=32)), label="boxes"
    )
    found = crop_boxes(Proposals.from_masks(masks, boxes), margin)
    height, width = masks.shape[1:]
    assert (found[:, :2] >= 0).all()
    assert (found[:, 2:] <= [width, height]).all()
    assert (found[:, 2:] > found[:, :2]).all()


def test_published_boxes_are_truncated_towards_zero():
    masks = np.ones((1, 50, 50), bool)
    found = crop_boxes(Proposals.from_masks(masks, [[-0.5, 9.5, 20.5, 40.9]]), 0.0)
    assert found.tolist() == [[0, 9, 20, 40]]


def test_a_box_that_truncates_to_nothing_falls_back_to_the_tight_box():
    masks = np.zeros((2, 50, 50), bool)
    masks[0, 10:20, 0] = True
    found = crop_boxes(Proposals.from_masks(masks, [[-0.5, 9.5, 0.5, 19.5]] * 2), 0.0)
    assert found[0].tolist() == [0, 10, 1, 20]
    assert found[1].tolist() == [0, 0, 50, 50], "an empty mask shows the whole frame"


def test_a_margin_reaches_out_on_every_side_and_stops_at_the_frame():
    masks = np.zeros((1, 100, 100), bool)
    masks[0, 40:60, 0:40] = True
    assert crop_boxes(Proposals.from_masks(masks), 0.25).tolist() == [[0, 35, 50, 65]]


@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("normalization", ["clip", "imagenet"])
def test_the_whole_view_has_the_towers_size(normalization, antialias):
    method = Method(normalization=normalization, antialias=antialias)
    whole = Views(photo_of(60, 90), (32, 32), PLAIN, method).whole((48, 32))
    assert whole.shape == (1, 3, 48, 32)
    assert whole.dtype == torch.float32


def test_clips_own_normalisation_spans_its_range():
    photo = np.zeros((40, 40, 3), np.uint8)
    photo[:20] = 255
    whole = Views(photo, (40, 40), PLAIN, Method()).whole((40, 40))
    assert whole[0, :, 0].eq(1).all()
    assert whole[0, :, -1].eq(-1).all()


def test_the_local_view_shows_the_object_on_the_mean_colour():
    photo = np.full((40, 40, 3), 255, np.uint8)
    masks = np.zeros((1, 40, 40), bool)
    masks[0, 8:24, 8:40] = True
    boxes = [[0, 0, 40, 40]]
    (crop,) = crops_of(photo, masks, Method(antialias=False), boxes)
    assert crop[:, 8:18, 8:].eq(1).all()
    assert crop[:, :5].eq(0).all(), "the mean colour is zero once normalised"


def test_the_published_background_is_the_mean_in_normalised_space():
    masks = np.zeros((1, 40, 40), bool)
    masks[0, 30:, 30:] = True
    method = Method.paper("refcoco")
    (crop,) = crops_of(photo_of(40, 40), masks, method, [[0, 0, 40, 40]])
    assert torch.allclose(crop[:, 0, 0], torch.tensor([0.485, 0.456, 0.406]))


def test_the_blurred_background_comes_from_the_photo():
    photo = np.zeros((64, 64, 3), np.uint8)
    photo[:, 32:] = 255
    masks = np.zeros((1, 64, 64), bool)
    masks[0, :2, :2] = True
    (crop,) = crops_of(photo, masks, Method(background="blur"), [[0, 0, 64, 64]])
    assert crop[0, 16, 4] < -0.9
    assert crop[0, 16, -4] > 0.9
    assert -0.9 < crop[0, 16, 16] < 0.9, "the edge of the photo is soft"


def test_what_lies_outside_box_and_mask_does_not_matter():
    photo, changed = photo_of(60, 80), photo_of(60, 80)
    masks = np.zeros((1, 60, 80), bool)
    masks[0, 10:30, 20:50] = True
    changed[~masks[0]] = 7
    assert torch.equal(crops_of(photo, masks, Method()), crops_of(changed, masks, Method()))


def contexts_of(photo: np.ndarray, masks: np.ndarray, method: Method) -> torch.Tensor:
    views = Views(photo, (32, 32), PLAIN, method)
    return torch.stack(list(views.contexts(Proposals.from_masks(masks))))


def test_without_a_context_there_is_no_third_view():
    views = Views(photo_of(20, 30), (32, 32), PLAIN, Method())
    assert not list(views.contexts(Proposals.from_masks(np.ones((2, 20, 30), bool))))


def test_the_context_crop_shows_what_is_around_the_object():
    photo = photo_of(100, 100)
    masks = np.zeros((1, 100, 100), bool)
    masks[0, 40:60, 30:70] = True
    crop = contexts_of(photo, masks, Method(context="crop"))[0]
    around = np.ones((1, 28, 56), bool)
    expected = crops_of(photo[36:64, 22:78], around, Method())[0]
    torch.testing.assert_close(crop, expected)


def test_the_context_frame_is_sharp_inside_the_mask_and_blurred_outside():
    photo = photo_of(64, 64)
    masks = np.zeros((3, 64, 64), bool)
    masks[0] = True
    masks[1, :, :32] = True
    whole, half, nothing = contexts_of(photo, masks, Method(context="frame"))
    torch.testing.assert_close(whole, Views(photo, (32, 32), PLAIN, Method()).whole((32, 32))[0])
    torch.testing.assert_close(half[..., :15], whole[..., :15])
    torch.testing.assert_close(half[..., 17:], nothing[..., 17:])
    assert nothing.std() < 0.3 * whole.std(), "noise is gone where it is blurred"


@given(MASKS, st.sampled_from(["crop", "frame"]))
def test_every_mask_has_its_finite_context(masks, context):
    photo = photo_of(*masks.shape[1:])
    found = contexts_of(photo, masks, Method(context=context))
    assert found.shape == (len(masks), 3, 32, 32)
    assert torch.isfinite(found).all()


@pytest.mark.parametrize("background", ["mean", "blur"])
@pytest.mark.parametrize("box", [(3, 5, 2400, 1600), (411, 202, 1933, 1557), (700, 900, 860, 1060)])
def test_large_photos_are_shrunk_first_and_look_the_same(background, box):
    coffee = Image.fromarray(data.coffee()).resize((2400, 1600), Image.Resampling.BICUBIC)
    photo = np.asarray(coffee)
    masks = np.zeros((1, 1600, 2400), bool)
    x0, y0, x1, y1 = box
    rows, columns = np.mgrid[y0:y1, x0:x1]
    masks[0, y0:y1, x0:x1] = ((rows - y0) / (y1 - y0) - 0.5) ** 2 < (columns - x0) / (x1 - x0) / 4
    proposals = Proposals.from_masks(masks)
    x0, y0, x1, y1 = proposals.bitmaps[0].box
    statistics = Statistics((0.5, 0.5, 0.5), (0.25, 0.25, 0.25))
    method = Method(background=background)
    (seen,) = Views(photo, (224, 224), statistics, method).crops(proposals)
    around = np.full(photo.shape, 127.5, np.float32)
    if background == "blur":
        around = np.asarray(coffee.filter(ImageFilter.GaussianBlur(160)), np.float32)
    shown = np.where(masks[0, ..., None], photo, around)[y0:y1, x0:x1]
    pixels = torch.from_numpy((shown / 255 - 0.5) / 0.25).permute(2, 0, 1)[None].float()
    exact = F.interpolate(pixels, (224, 224), mode="bilinear", antialias=True)[0]
    assert (seen - exact).abs().mean() < 0.02
    if (y1 - y0) < 448:
        np.testing.assert_allclose(seen, exact, atol=0.05 if background == "blur" else 1e-4)


def test_without_antialiasing_nothing_is_shrunk_first():
    photo = np.random.default_rng(0).integers(0, 255, (1000, 1000, 3), np.uint8)
    proposals = Proposals.from_masks(np.ones((1, 1000, 1000), bool))
    statistics = Statistics((0.5, 0.5, 0.5), (0.25, 0.25, 0.25))
    method = Method(antialias=False)
    (seen,) = Views(photo, (224, 224), statistics, method).crops(proposals)
    exact = F.interpolate(statistics.normalize(photo)[None], (224, 224), mode="bilinear")[0]
    assert torch.equal(seen, exact)


@given(st.data())
def test_parts_of_any_size_and_place_are_shown_whole(data):
    height, width = (data.draw(st.integers(1, 300)) for _ in range(2))
    y0, x0 = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    y1, x1 = data.draw(st.integers(y0 + 1, height)), data.draw(st.integers(x0 + 1, width))
    masks = np.zeros((1, height, width), bool)
    masks[0, y0:y1, x0:x1] = True
    photo = np.zeros((height, width, 3), np.uint8)
    photo[:] = 200, 100, 50
    photo[masks[0]] = 50, 150, 250
    method = Method(background=data.draw(st.sampled_from(["mean", "blur"])))
    (seen,) = Views(photo, (16, 16), PLAIN, method).crops(Proposals.from_masks(masks))
    expected = PLAIN.normalize(photo[y0 : y0 + 1, x0 : x0 + 1])
    # Only along the edges can shrunk pixels be of what is beside the object.
    inner = seen[:, 2:-2, 2:-2]
    torch.testing.assert_close(inner, expected.expand_as(inner), atol=0.02, rtol=0)
