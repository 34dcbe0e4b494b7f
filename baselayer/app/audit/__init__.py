"""The audit: an append-only record of who did what, and of what was refused."""
