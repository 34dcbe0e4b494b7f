"""The way out: which addresses may be dialled, and the one place that dials them."""
