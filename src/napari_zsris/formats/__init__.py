"""What other programs write: JSON, tables, ids, COCO segmentations; each is read here only."""
