"""FreeSOLO in plain PyTorch, written from a description of its behaviour.

FreeSOLO's own code is for non-commercial use and none of it is here; its published weights have
no clear licence and are not shipped.
"""

from napari_zsris.proposals.freesolo.source import FreeSolo

__all__ = ["FreeSolo"]
