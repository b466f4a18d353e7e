"""A few photos teach a model what their objects are; the same seed teaches the same."""

import json
import shutil
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from napari_zsris.errors import ProposalError, ZsrisError, ZsrisWarning
from napari_zsris.imagenet import feature_maps
from napari_zsris.progress import finish
from napari_zsris.proposals.coco_masks import read_instances
from napari_zsris.proposals.objects import Objects, load_model
from napari_zsris.proposals.objects.examples import Example, find_photos
from napari_zsris.proposals.objects.lesson import teach
from napari_zsris.proposals.objects.photo import photo_regions
from napari_zsris.proposals.objects.train import Settings, training

# In proportion to the photos, of which there are four: 12, 12 and 60 steps.
QUICK = Settings(folds=2, regions=300, pairs=300, groups=1500)


@pytest.fixture(scope="module")
def lesson(coco):
    return finish(teach(coco, settings=QUICK))


@pytest.fixture(scope="module")
def examples(network, draw):
    """Two small pictures, cut into regions."""
    made = []
    for seed in (11, 12):
        picture, masks = draw(seed)
        photo = finish(photo_regions(picture, partial(feature_maps, network)))
        made.append(Example.of(photo, masks, picture.shape[:2]))
    return made


def test_what_was_learnt_finds_the_objects_of_another_photo(lesson, network, draw):
    picture, masks = draw(77)
    proposals = Objects(lesson.trained.model.eval(), network)(picture)
    stack = proposals.masks
    for mask in masks:
        iou = (stack & mask).sum((1, 2)) / (stack | mask).sum((1, 2))
        assert iou.max() > 0.75
        # What it calls an object is one more often than not.
        assert proposals.scores[iou.argmax()] > np.median(proposals.scores)


def test_the_card_says_what_was_learnt_from(lesson, coco):
    card = lesson.card
    assert (card.data, card.photos, card.instances, card.seed) == (coco.name, 4, 8, 0)


def test_the_same_seed_teaches_the_same(examples):
    short = Settings(folds=2, regions=0, pairs=0, groups=0)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    one, same = (finish(training(examples, short)) for _ in range(2))
    other = finish(training(examples, replace(short, seed=1)))
    # What is drawn here is of no effect on what others draw.
    torch.testing.assert_close(torch.rand(3), expected)
    numbers = [each.model.objectness.layers[0].weight for each in (one, same, other)]
    assert torch.equal(numbers[0], numbers[1])
    assert not torch.equal(numbers[0], numbers[2])
    assert len(one.fold_models) == 2
    assert not torch.equal(one.fold_models[0].objectness.layers[0].weight, numbers[0])


def test_files_keep_what_was_learnt(lesson, tmp_path):
    (tmp_path / "all.safetensors").write_bytes(lesson.to_bytes())
    lesson.save_folds(tmp_path / "folds")
    names = sorted(path.name for path in (tmp_path / "folds").iterdir())
    assert names == ["0.safetensors", "1.safetensors"]
    kept = load_model(tmp_path / "all.safetensors").state_dict()
    for name, tensor in lesson.trained.model.state_dict().items():
        torch.testing.assert_close(kept[name], tensor, rtol=1e-3, atol=1e-4)


def test_more_photos_than_are_wanted_are_drawn_from_aloud(coco):
    steps = teach(coco, most=2, settings=QUICK)
    with pytest.warns(ZsrisWarning, match="4 photos have objects; 2 of them"):
        next(steps)


def test_too_few_photos_are_refused(examples):
    with pytest.raises(ProposalError, match="2 photos with objects are too few"):
        finish(training(examples, Settings(folds=3)))


def test_regions_share_the_objects(examples, draw):
    example, (picture, masks) = examples[0], draw(11)
    assert example.sizes.sum() == picture.shape[0] * picture.shape[1]
    np.testing.assert_array_equal(example.areas, [mask.sum() for mask in masks])
    for number in range(2):
        members = (example.owner == number)[None]
        assert example.iou(members)[0, number] > 0.7
    assert example.figure.min() >= 0
    assert example.figure.max() <= 1


def test_a_file_or_its_folder_names_the_photos(coco, tmp_path):
    found = find_photos(coco)
    assert [path.name for path, _ in found] == ["0.png", "1.png", "2.png", "3.png"]
    assert [path for path, _ in find_photos(coco / "instances.json")] == [path for path, _ in found]
    moved = tmp_path / "set"
    shutil.copytree(coco / "images", moved / "images")
    (moved / "annotations").mkdir()
    shutil.copy(coco / "instances.json", moved / "annotations" / "instances_train.json")
    assert len(find_photos(moved)) == 4


def test_crowds_are_no_objects(tmp_path):
    rows = [
        {"id": 1, "image_id": 1, "segmentation": [[0, 0, 4, 0, 4, 4]], "iscrowd": 1},
        {"id": 2, "image_id": 1, "segmentation": [[0, 0, 4, 0, 4, 4]], "iscrowd": 0},
    ]
    file = tmp_path / "a.json"
    file.write_text(json.dumps({"images": [{"id": 1, "file_name": "a.png"}], "annotations": rows}))
    assert [row.get("id") for row in read_instances(file)[0].rows] == [2]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "is not JSON"),
        ("[]", "lists no photos"),
        ('{"annotations": []}', "no list of images"),
        (
            (
                '{"images": [{"id": 1, "file_name": "../a"}],'
                ' "annotations": [{"image_id": 1, "segmentation": [[1]]}]}'
            ),
            "neither beside it",
        ),
        (
            '{"images": [{"id": 1}], "annotations": [{"image_id": 1, "segmentation": [[1]]}]}',
            "neither beside it",
        ),
    ],
)
def test_broken_annotations_are_refused_in_one_line(tmp_path, content, reason):
    (tmp_path / "instances.json").write_text(content)
    with pytest.raises(ZsrisError, match=reason) as caught:
        find_photos(tmp_path)
    assert "\n" not in str(caught.value)


def test_several_files_or_none_are_refused(tmp_path):
    with pytest.raises(ProposalError, match="holds 0 files"):
        find_photos(tmp_path)
    with pytest.raises(ZsrisError, match="cannot read"):
        find_photos(tmp_path / "absent.json")
    for name in ("instances_a.json", "instances_b.json"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(ProposalError, match="name one of them"):
        find_photos(tmp_path)
