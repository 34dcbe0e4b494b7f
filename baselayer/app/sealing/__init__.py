"""Secrets at rest: sealed by a key ring, bound to the record they belong to."""
