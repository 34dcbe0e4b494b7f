"""A lab notebook: an application of its own, built on baselayer."""
