"""CLIP models opened up: towers split where masks enter, text encoders, the bundled `lite`."""
