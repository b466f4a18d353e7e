"""What the dock does, without Qt or napari: requests, the engine, the review and what it keeps."""
