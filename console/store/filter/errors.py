"""What is wrong with a filter, and where."""


class FilterError(Exception):
    """A filter that cannot be read. ``at`` is the position in the text of what is wrong with it."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at
