"""Global-local referring segmentation: language, visual features, fusion and ranking."""
