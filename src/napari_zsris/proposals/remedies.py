"""How to get what a source needs but this package does not bring."""

__all__ = ["DETECTRON2", "SETUPTOOLS", "TRANSFORMERS", "reason"]

TRANSFORMERS = "pip install 'napari-zsris[sam]'"
SETUPTOOLS = "pip install 'setuptools<81'"
DETECTRON2 = (
    "it is built from source (about three minutes): in a clone of facebookresearch/detectron2 run"
    " `pip install 'setuptools<81' wheel ninja` and then"
    " `FORCE_CUDA=0 pip install --no-build-isolation .` (FORCE_CUDA=1 for a GPU)"
)


def reason(error: Exception) -> str:
    """Tell another library's error within a sentence of ours.

    Parameters
    ----------
    error : Exception
        Its message may have many lines, or none.

    Returns
    -------
    str
        The message's first line without its full stop, or the error's name.
    """
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].removeprefix("Got: ").rstrip(".")
