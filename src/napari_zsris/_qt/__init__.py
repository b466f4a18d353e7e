"""The napari plugin: the only place that imports Qt or napari."""
