"""The guard's first wall: what a statement may be, judged before anything is sent."""
