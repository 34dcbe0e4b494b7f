"""The rules of the house as code: they take the root of a tree, and tell every fault in it."""
