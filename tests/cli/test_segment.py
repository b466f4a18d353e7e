"""`zsris segment` as a person uses it: in a folder of photos, good and bad."""

import json

import numpy as np
import pytest
from PIL import Image

from napari_zsris.samples import find_photo


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An otherwise empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("missing.jpg", None, "there is no file missing.jpg"),
        ("empty.jpg", b"", "empty.jpg is empty (0 bytes)"),
        ("text.jpg", b"a letter, not a photo", "text.jpg is not a picture that can be read"),
        ("short.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "short.png is "),
        (".", None, ". is a folder; give one photo in it"),
    ],
)
def test_bad_photos_are_refused_before_any_work(folder, refused, name, content, reason):
    if content is not None:
        (folder / name).write_bytes(content)
    before = names(folder)
    assert reason in refused("segment", name, "the cat")
    assert names(folder) == before


def test_a_truncated_jpeg_is_refused(folder, refused):
    Image.fromarray(find_photo("coffee").load()).save(folder / "whole.jpg")
    content = (folder / "whole.jpg").read_bytes()
    (folder / "a.jpg").write_bytes(content[: len(content) // 2])
    assert "a.jpg is damaged or cut short" in refused("segment", "a.jpg", "the cup")


def test_bad_masks_are_refused_before_any_work(folder, photo, refused):
    (folder / "masks.npy").write_bytes(b"")
    line = refused("segment", photo, "the square", "--masks", "masks.npy")
    assert "cannot read masks from masks.npy" in line


def test_an_output_folder_that_cannot_be_is_refused_before_any_work(folder, photo, refused):
    line = refused("segment", photo, "the square", "--out", photo)
    assert f"{photo} is a file; choose another folder with --out" in line
    (folder / "overlay.png").write_text("mine")
    line = refused("segment", photo, "the square", "--out", ".")
    assert f"{folder / 'overlay.png'} is there already" in line
    assert (folder / "overlay.png").read_text() == "mine"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--clip", "nope"], "no CLIP architecture is called 'nope'"),
        (["--clip", "ViT-B-32:nope.pt"], "nope.pt"),
        (["--proposals", "nope"], "no proposal source is named 'nope'"),
        (["--device", "abacus"], "abacus"),
        (["--language", "xx_nope"], "xx_nope"),
        (["--alpha", "1.5"], "alpha is 1.5"),
        (["--alpha", "nan"], "alpha is nan"),
        (["--beta", "-1"], "beta is -1"),
        (["--mask-layers", "0"], "mask_layers is 0"),
        (["--set", "gamma"], "--set 'gamma' has no value: write NAME=VALUE, as in gamma=0.2"),
        (["--set", "gamma=much"], "'gamma=much': gamma takes a number, as in gamma=0.2"),
        (["--set", "mask_layers=2.5"], "mask_layers takes a whole number, as in mask_layers=3"),
        (["--set", "spatial=maybe"], "spatial takes on or off, as in spatial=on"),
        (["--set", "context=all"], "context is 'all', but must be one among none, crop, frame"),
        (["--set", "colour=red"], "setting is 'colour', but must be one among alpha, beta"),
    ],
)
def test_bad_settings_are_refused(folder, photo, refused, options, reason):
    assert reason in refused("segment", photo, "the square", *options)
    assert names(folder) == ["square.png"]


@pytest.mark.parametrize("phrase", ["", "   ", "...", "\n"])
def test_a_phrase_without_words_is_refused(folder, photo, refused, phrase):
    assert "phrase" in refused("segment", photo, phrase)
    assert names(folder) == ["square.png"]


def test_masks_of_another_size_are_refused(folder, photo, refused):
    np.save(folder / "masks.npy", np.ones((1, 5, 5), bool))
    line = refused("segment", photo, "the square", "--masks", "masks.npy")
    assert "the masks in masks.npy are 5 x 5 pixels, the photo is 64 x 48" in line


def test_no_masks_at_all_are_refused(folder, photo, refused):
    np.save(folder / "masks.npy", np.zeros((48, 64), np.uint8))
    line = refused("segment", photo, "the square", "--masks", "masks.npy")
    assert "no mask" in line
    assert names(folder) == ["masks.npy", "square.png"]


def test_a_photo_and_a_phrase_give_a_table_and_a_folder(folder, photo, zsris):
    ended = zsris("segment", "square.png", "the [yellow] square", "--top", 3, "--explain")
    assert ended.code == 0
    assert ended.err == ""
    assert '"the [yellow] square" in square.png' in ended.out
    (explained,) = [line for line in ended.out.splitlines() if line.split()[:1] == ["appearance"]]
    assert len(explained.split()) == 4
    assert "Results in square-the-yellow-square: overlay.png, mask-1.png" in ended.out
    assert max(map(len, ended.out.splitlines())) <= 80
    results = names(folder / "square-the-yellow-square")
    assert results == ["annotations.json", "mask-1.png", "mask-2.png", "mask-3.png", "overlay.png"]


def test_json_is_all_that_is_printed_and_writes_no_files(folder, photo, zsris):
    ended = zsris("segment", "square.png", "the yellow square", "--json", "--top", 2)
    document = json.loads(ended.out)
    assert ended.err == ""
    assert [candidate["rank"] for candidate in document["candidates"]] == [1, 2]
    assert document["clip"] == "lite"
    assert document["folder"] is None
    assert document["files"] == []
    assert names(folder) == ["square.png"]


def test_json_with_files(folder, photo, zsris):
    ended = zsris("segment", "square.png", "the square", "--json", "--top", 1, "--out", "results")
    document = json.loads(ended.out)
    assert document["folder"] == "results"
    assert sorted(document["files"]) == names(folder / "results")


def test_own_masks_and_settings_are_used(folder, photo, zsris):
    labels = np.zeros((48, 64), np.uint8)
    labels[12:36, 20:44] = 1
    labels[:10] = 2
    Image.fromarray(labels).save(folder / "labels.png")
    options = ["--masks", "labels.png", "--alpha", 0.25, "--beta", 1, "--no-spatial"]
    options += ["--set", "context=frame", "--set", "consensus=off", "--set", "gamma=0.5"]
    document = json.loads(zsris("segment", "square.png", "the square", "--json", *options).out)
    assert document["proposals"] == "given"
    assert document["proposal_count"] == 2
    assert sorted(candidate["area"] for candidate in document["candidates"]) == [576, 640]
    settings = document["method"]
    assert (settings["alpha"], settings["beta"], settings["spatial"]) == (0.25, 1, False)
    assert settings["context"] == "frame"
    assert (settings["gamma"], settings["consensus"]) == (0.5, False)


@pytest.mark.parametrize("mode", ["L", "RGBA", "I;16"])
def test_photos_of_every_kind(folder, zsris, mode):
    grey = np.linspace(0, 255, 48 * 64).reshape(48, 64)
    pixels = {
        "L": grey.astype(np.uint8),
        "RGBA": np.dstack([grey.astype(np.uint8)] * 4),
        "I;16": (grey * 257).astype(np.uint16),
    }[mode]
    Image.fromarray(pixels).save(folder / "a.png")
    assert zsris("segment", "a.png", "the dark side", "--top", 1, "--out", "results").code == 0


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (2, 3)])
def test_tiny_photos(folder, zsris, size):
    Image.fromarray(np.full((*size, 3), 90, np.uint8)).save(folder / "a.png")
    ended = zsris("segment", "a.png", "the dot", "--out", "results")
    assert ended.code == 0
    assert "mask-1.png" in names(folder / "results")


@pytest.mark.slow
def test_a_very_wide_photo(folder, zsris):
    photo = np.zeros((60, 20_000, 3), np.uint8)
    photo[20:40, 3_000:9_000] = (200, 30, 30)
    Image.fromarray(photo).save(folder / "a.png")
    assert zsris("segment", "a.png", "the red bar", "--out", "results").code == 0
    with Image.open(folder / "results" / "mask-1.png") as mask:
        assert mask.size == (20_000, 60)


def test_an_animation_is_warned_of_in_one_line(folder, photo, zsris):
    with Image.open(photo) as picture:
        picture.save("a.gif", save_all=True, append_images=[picture.rotate(90), picture])
    ended = zsris("segment", "a.gif", "the yellow square", "--top", 1)
    assert ended.code == 0
    assert ended.err == (
        "zsris: warning: a.gif holds 3 pictures (an animation, or pages); the first one is used\n"
    )


def test_a_picture_that_is_no_photo_is_told_of_beside_its_masks(folder, zsris):
    pixels = np.full((48, 64, 3), 90, np.uint8)
    pixels[20:30, 20:30] += 4
    Image.fromarray(pixels).save(folder / "plain.png")
    masks = np.zeros((1, 48, 64), bool)
    masks[0, 20:30, 20:30] = True
    np.save(folder / "masks.npy", masks)
    ended = zsris("segment", "plain.png", "the cat", "--masks", "masks.npy", "--json")
    assert ended.code == 0
    document = json.loads(ended.out)
    assert len(document["candidates"]) == 1
    assert document["doubt"].startswith("This does not look like a photo: it is almost one plain")
    assert ended.err == f"zsris: warning: {document['doubt']}\n"


def test_each_warning_of_a_long_phrase_is_shown_once_beside_clean_json(folder, photo, zsris):
    masks = np.zeros((2, 48, 64), bool)
    masks[0, 12:36, 20:44] = masks[1, :10] = True
    np.save(folder / "masks.npy", masks)
    phrase = "the yellow square of metal " * 100
    assert len(phrase) == 2700
    ended = zsris("segment", photo, phrase, "--masks", "masks.npy", "--json")
    assert ended.code == 0
    cut, lite = ended.err.splitlines()
    assert cut.startswith("zsris: warning: the phrase has 2,700 characters: only the first 1,000")
    assert lite.startswith("zsris: warning: the phrase 'the yellow square of metal")
    assert "has 185 words, but lite reads 40: the rest is ignored" in lite
    assert len(json.loads(ended.out)["candidates"]) == 2


def test_masks_turned_with_a_photo_are_told_of(folder, zsris):
    exif = Image.Exif()
    exif[274] = 6
    pixels = np.full((48, 64, 3), 40, np.uint8)
    pixels[4:20, 40:60] = (220, 180, 60)
    pixels += np.linspace(0, 34, 64).astype(np.uint8)[:, None]
    Image.fromarray(pixels).save(folder / "turned.png", exif=exif)
    Image.fromarray(np.uint8(pixels[..., 0] > 100)).save(folder / "labels.png")
    options = ["--masks", "labels.png", "--json"]
    ended = zsris("segment", "turned.png", "the yellow box", *options)
    assert ended.err == (
        "zsris: warning: labels.png: each mask was drawn on the pixels as they are stored, and was "
        "turned with its photo\n"
    )
    document = json.loads(ended.out)
    assert (document["height"], document["width"]) == (64, 48)
    assert document["candidates"][0]["box"] == [28, 40, 44, 60]


def test_the_same_question_again_replaces_its_results(folder, photo, zsris):
    for _ in range(2):
        assert zsris("segment", "square.png", "the square", "--top", 1).code == 0
    assert names(folder) == ["square-the-square", "square.png"]
