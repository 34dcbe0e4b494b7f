"""How an engine in a child says why it failed."""


class EngineError(Exception):
    """A statement or a file was refused: `cause` is one of those in `file_frames`."""

    def __init__(self, cause: str, text: str) -> None:
        super().__init__(text)
        self.cause = cause
        self.text = text
