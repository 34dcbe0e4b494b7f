"""What crosses the border as JSON: pydantic models, one file per noun; unknown fields refused."""
