"""Sample photos for the demo, the tests and napari."""
