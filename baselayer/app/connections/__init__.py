"""Stored connections: the records, their secrets, and the drivers that dial them."""
