"""The tables of the lab notebook, version by version."""
