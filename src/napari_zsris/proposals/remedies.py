"""How to get what a source needs but this package does not bring."""

__all__ = ["DETECTRON2", "SETUPTOOLS", "TRANSFORMERS"]

TRANSFORMERS = "pip install 'napari-zsris[sam]'"
SETUPTOOLS = "pip install 'setuptools<81'"
DETECTRON2 = (
    "it is built from source (about three minutes): in a clone of facebookresearch/detectron2 run"
    " `pip install 'setuptools<81' wheel ninja` and then"
    " `FORCE_CUDA=0 pip install --no-build-isolation .` (FORCE_CUDA=1 for a GPU)"
)
