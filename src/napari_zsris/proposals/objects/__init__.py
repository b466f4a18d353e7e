"""Proposals learnt from instance masks: learnt grouping of regions, learnt objectness."""

from napari_zsris.proposals.objects.model_file import load_bundled, load_model
from napari_zsris.proposals.objects.source import Objects

__all__ = ["Objects", "load_bundled", "load_model"]
