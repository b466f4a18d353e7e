"""The review queue: a project's phrases one after the other, with every decision in its file."""
