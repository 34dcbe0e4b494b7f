"""The HTTP API: one file a noun, its routes at the foot."""
