"""The result of a run: one Arrow file, written batch by batch and read page by page."""
