"""The `zsris` command, one file per verb."""

from napari_zsris.cli.app import main

__all__ = ["main"]
