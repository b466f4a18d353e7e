"""Any model of detectron2 that predicts instance masks, as a source."""

from __future__ import annotations

import pickle
import warnings
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.error import URLError

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from napari_zsris.errors import ModelUnavailableError, ProposalError
from napari_zsris.placement import DevicePlacement
from napari_zsris.progress import Progress, Steps
from napari_zsris.proposals.enlarging import Enlarging, Layout, ScoreMaps, as_size
from napari_zsris.proposals.proposals import Proposals
from napari_zsris.proposals.quality import Quality
from napari_zsris.proposals.remedies import DETECTRON2, SETUPTOOLS, reason
from napari_zsris.proposals.source import ProposalSource
from napari_zsris.proposals.upsampling import working_size

__all__ = ["DEFAULT_QUALITY", "Detectron2", "read_weights"]

DEFAULT_QUALITY = Quality(max_count=100, min_area=0.0005, max_overlap=0.8)
WORKING_SIDE = 1333
ARRAYS: Final = frozenset(
    {
        ("_codecs", "encode"),
        ("collections", "OrderedDict"),
        ("numpy", "dtype"),
        ("numpy", "ndarray"),
        *(
            (f"numpy.{core}.multiarray", name)
            for core in ("core", "_core")
            for name in ("_reconstruct", "scalar")
        ),
    }
)


class Detectron2(ProposalSource):
    """A detectron2 model, its classes ignored: Mask R-CNN, PointRend, Mask2Former, ...

    Wu et al., "Detectron2", 2019.

    Parameters
    ----------
    config : str
        A YAML file, or the name of one in detectron2's model zoo
        ("COCO-InstanceSegmentation/mask_rcnn_R_50_FPN_3x.yaml").
    weights : str
        A file or an address that detectron2 knows; empty for the zoo's or the configuration's.
    device : torch.device
        Where the network runs.
    quality : Quality, optional
        Text-free controls; by default 100 masks, one of several with the same outline.

    Raises
    ------
    ModelUnavailableError
        detectron2, the configuration or the weights are not here.
    """

    def __init__(
        self,
        config: str,
        weights: str,
        device: torch.device,
        quality: Quality = DEFAULT_QUALITY,
    ) -> None:
        self.name = f"detectron2:{config}" + (f":{weights}" if weights else "")
        self.quality = quality
        settings = _settings(config, weights)
        self._configuration: str = settings.dump()
        self._format: str = settings.INPUT.FORMAT
        self._resize = _resize(settings)
        self.placement = DevicePlacement(_model(settings), device, self.name)

    @property
    def settings(self) -> dict[str, object]:
        """All that shapes the masks besides the weights, fit for JSON."""
        return super().settings | {"configuration": self._configuration}

    @property
    def networks(self) -> tuple[nn.Module, ...]:
        """What has the source's weights."""
        return (self.placement.model,)

    def steps(self, image: npt.NDArray[np.uint8]) -> Steps[Proposals]:
        """Propose masks for a photo.

        Parameters
        ----------
        image : (H, W, 3) uint8 array
            The photo, RGB; the network sees it at its own size, masks come back at the photo's.

        Yields
        ------
        Progress
            Before the network, and after each batch of masks.

        Returns
        -------
        Proposals
            Best first by the detector's score.

        Raises
        ------
        ProposalError
            The model predicts no masks.
        """
        self.placement.restart()
        yield Progress("detectron2", 0, 1)
        photo = as_size(image.shape[:2])
        working = working_size(photo, WORKING_SIDE)
        pixels = self._pixels(image)
        inputs = {"image": pixels, "height": working[0], "width": working[1]}
        maps = self.placement.whole(lambda _: self._predict(inputs))
        layout = Layout(photo, working, working, two_steps=False)
        enlarging = Enlarging(self.placement, layout, WORKING_SIDE, "detectron2 masks")
        return (yield from enlarging.proposals(maps, self.quality, self.name))

    def _pixels(self, image: npt.NDArray[np.uint8]) -> Tensor:
        channels = image if self._format == "RGB" else image[:, :, ::-1]
        resized = self._resize.get_transform(channels).apply_image(channels)
        return torch.from_numpy(np.ascontiguousarray(resized.transpose(2, 0, 1), np.float32))

    def _predict(self, inputs: dict[str, Any]) -> ScoreMaps:
        with self.placement.half():
            output = self.placement.model([inputs])[0]
        if "instances" not in output or not output["instances"].has("pred_masks"):
            raise ProposalError(
                f"{self.name} predicts no instance masks: choose a configuration with masks, such "
                "as COCO-InstanceSegmentation/mask_rcnn_R_50_FPN_3x.yaml"
            )
        found = output["instances"]
        return ScoreMaps(found.pred_masks > 0.5, found.scores.float(), 0.5)


def read_weights(path: Path) -> dict[str, Any]:
    """Read a checkpoint without running anything in it.

    Parameters
    ----------
    path : Path
        A PyTorch checkpoint, or a pickle of numpy arrays as in detectron2's model zoo (.pkl).

    Returns
    -------
    dict
        "model" holds the weights; "matching_heuristics" and "__author__" say how old names fit.

    Raises
    ------
    pickle.UnpicklingError
        It holds more than numbers.
    """
    if path.suffix != ".pkl":
        content = torch.load(path, map_location="cpu", weights_only=True)
        return content if "model" in content else {"model": content}
    with path.open("rb") as file:
        content = _ArraysOnly(file, encoding="latin1").load()
    if "model" in content:
        return dict(content)
    blobs = content.get("blobs", content)
    weights = {name: value for name, value in blobs.items() if not name.endswith("_momentum")}
    return {"model": weights, "__author__": "Caffe2", "matching_heuristics": True}


class _ArraysOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401
        if (module, name) in ARRAYS:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, not for numbers")


def _settings(config: str, weights: str) -> Any:  # noqa: ANN401
    """Read a configuration, without the YAML tags that run code."""
    zoo = _zoo()
    from detectron2.config import get_cfg

    settings = get_cfg()
    _know_projects(settings)
    path = Path(config).expanduser()
    try:
        settings.merge_from_file(
            str(path) if path.is_file() else zoo.get_config_file(config), allow_unsafe=False
        )
        if not path.is_file() and not weights:
            weights = zoo.get_checkpoint_url(config)
    except Exception as error:
        # yacs, yaml and the zoo have no common error.
        raise ModelUnavailableError(
            f"detectron2: the configuration {config!r} cannot be used ({reason(error)}): give a "
            "YAML file, or a name in its model zoo with its folder and .yaml"
        ) from error
    settings.MODEL.WEIGHTS = weights or settings.MODEL.WEIGHTS
    settings.MODEL.DEVICE = "cpu"
    return settings


def _zoo() -> Any:  # noqa: ANN401
    try:
        with warnings.catch_warnings():
            # setuptools announces the end of pkg_resources, which the zoo still imports.
            warnings.simplefilter("ignore")
            from detectron2 import model_zoo
    except ImportError as error:
        if error.name == "pkg_resources":
            raise ModelUnavailableError(
                f"detectron2's model zoo needs an older setuptools: {SETUPTOOLS}"
            ) from error
        raise ModelUnavailableError(f"detectron2 is not installed: {DETECTRON2}") from error
    return model_zoo


def _know_projects(settings: Any) -> None:  # noqa: ANN401
    """Add the settings of projects that are installed, so that their configurations can be read."""
    from detectron2.projects.point_rend import add_pointrend_config

    add_pointrend_config(settings)
    if find_spec("mask2former") is not None:
        from detectron2.projects.deeplab import add_deeplab_config

        add_deeplab_config(settings)
        import_module("mask2former").add_maskformer2_config(settings)


def _resize(settings: Any) -> Any:  # noqa: ANN401
    from detectron2.data.transforms import ResizeShortestEdge

    shortest = settings.INPUT.MIN_SIZE_TEST
    return ResizeShortestEdge([shortest, shortest], settings.INPUT.MAX_SIZE_TEST)


def _model(settings: Any) -> Any:  # noqa: ANN401
    from detectron2.checkpoint import DetectionCheckpointer
    from detectron2.modeling import build_model

    class SafeCheckpointer(DetectionCheckpointer):  # type: ignore[misc]
        def _load_file(self, filename: str) -> dict[str, Any]:
            return read_weights(Path(filename))

    model = build_model(settings).eval().requires_grad_(requires_grad=False)
    weights = settings.MODEL.WEIGHTS
    try:
        SafeCheckpointer(model).load(weights)
    except (OSError, URLError, AssertionError, pickle.UnpicklingError, RuntimeError) as error:
        raise ModelUnavailableError(
            f"detectron2: the weights {weights!r} cannot be used ({reason(error)}): connect to "
            "the network, or fetch them elsewhere and give the file as detectron2:CONFIG:FILE"
        ) from error
    return model
