"""Stored queries, their runs, and what a statement may be."""
