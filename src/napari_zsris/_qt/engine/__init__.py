"""The process that segments, and how it is spoken with; without Qt and napari."""
