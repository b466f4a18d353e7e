"""`zsris evaluate` from the dataset to its tables."""

import json
from typing import get_args

import pytest

from napari_zsris.cli.evaluate import Compared, StartFrom
from napari_zsris.crew import InProcess
from napari_zsris.evaluation import Comparison, Start


def test_options_have_the_choices_that_there_are():
    # Written twice, because the command line does not import torch for its help.
    for option, choices in ((Compared, Comparison), (StartFrom, Start)):
        assert get_args(get_args(option)[0]) == get_args(choices)


def test_a_dataset_is_evaluated_and_the_run_kept(referring, zsris, tmp_path):
    out = tmp_path / "run"
    arguments = ("evaluate", referring, "--proposals", "ground-truth", "--out", out)
    ended = zsris(*arguments)
    assert ended.code == 0, ended.err
    assert "shapes (unc): 2 photos, 8 phrases" in ended.out
    assert "HybridGL" in ended.out
    assert {path.name for path in out.iterdir()} == {"answers.jsonl", "results.json", "results.md"}
    results = json.loads((out / "results.json").read_text())
    assert results["scores"][0]["figures"]["mIoU"]["value"] >= 0.5
    assert results["settings"]["contestants"][0]["proposals"] == "ground-truth"
    answers = (out / "answers.jsonl").read_text()
    assert zsris(*arguments).code == 0
    assert (out / "answers.jsonl").read_text() == answers


def test_a_run_that_is_broken_off_says_what_is_kept(referring, zsris, tmp_path, monkeypatch):
    work = InProcess.work

    def interrupted(crew, tasks):
        yield next(work(crew, tasks))
        raise KeyboardInterrupt

    options = ("evaluate", referring, "--proposals", "ground-truth")
    with monkeypatch.context() as patch:
        patch.setattr(InProcess, "work", interrupted)
        bare = zsris(*options)
        kept = zsris(*options, "--out", tmp_path / "run")
    assert (bare.code, kept.code) == (130, 130)
    assert bare.err == "zsris: warning: stopped: nothing is kept without --out FOLDER\n"
    assert f"stopped: 1 of 2 photos are in {tmp_path / 'run' / 'answers.jsonl'}; the" in kept.err
    ended = zsris(*options, "--out", tmp_path / "run")
    assert ended.code == 0
    assert "2 photos, 8 phrases" in ended.out


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_workers_of_dask_can_do_it(referring, zsris):
    pytest.importorskip("distributed", reason="the extra `distributed` is not installed")
    options = ("evaluate", referring, "--proposals", "ground-truth", "--json", "--device", "cpu")
    alone = json.loads(zsris(*options).out)
    shared = json.loads(zsris(*options, "--dask", "local", "--workers", 1).out)
    for document in (alone, shared):
        assert document["settings"]["device"] == "cpu"
    assert shared["scores"][0]["figures"] == alone["scores"][0]["figures"]


def test_comparisons_as_json(referring, zsris):
    options = ("--proposals", "ground-truth", "--compare", "contexts", "--limit", 1, "--json")
    ended = zsris("evaluate", referring, *options)
    assert ended.code == 0, ended.err
    document = json.loads(ended.out)
    assert len(document["scores"]) == 9
    assert document["photos"] == 1


def test_a_run_with_other_settings_is_not_mixed_in(referring, zsris, refused, tmp_path):
    options = ("--proposals", "ground-truth", "--limit", 1, "--out", tmp_path / "run")
    assert zsris("evaluate", referring, *options).code == 0
    line = refused("evaluate", referring, *options, "--alpha", 0.3)
    assert "other settings (contestants)" in line


def test_masks_that_this_machine_lacks_are_left_out_of_their_comparison(referring, zsris):
    options = ("--proposals", "ground-truth", "--proposals", "nope", "--compare", "masks")
    ended = zsris("evaluate", referring, *options, "--limit", 1)
    assert ended.code == 0, ended.err
    assert "1 not evaluated, first masks by nope: no proposal source is named 'nope'" in ended.err


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--proposals", "nope"], "no proposal source is named 'nope'"),
        (["--proposals", "nope", "--compare", "masks"], "no source of masks can be used here"),
        (["--clip", "nope"], "nope"),
        (["--split", "train"], 'no ref is of split "train"'),
        (["--split-by", "umd"], "umd"),
        (["--images", "nowhere"], "there is no folder of photos nowhere"),
        (["--alpha", "2"], "alpha is 2.0"),
    ],
)
def test_bad_options_are_refused(referring, refused, options, reason):
    assert reason in refused("evaluate", referring, *options)


def test_a_dataset_of_which_no_photo_can_be_read_is_refused(referring, refused):
    for picture in (referring / "images").iterdir():
        picture.write_bytes(b"no picture")
    line = refused("evaluate", referring, "--proposals", "ground-truth")
    assert "none of 2 photos could be evaluated, the first because" in line
    assert "1.png is not a picture" in line


def test_a_missing_dataset_is_refused(refused, tmp_path):
    assert "there is no dataset" in refused("evaluate", tmp_path / "nothing")
