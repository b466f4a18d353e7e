"""Who does the work of many photos: this process, or the workers of a Dask cluster."""

from napari_zsris.crew.crew import Crew, InProcess

__all__ = ["Crew", "InProcess"]
