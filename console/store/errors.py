"""The one error of a store: users of an index need not know what keeps it."""


class StoreError(Exception):
    """The index itself fails: no room, no right, damage. A value that it cannot hold is not meant.

    ``damaged``: what is kept cannot be read any more, so that only a new index helps.
    """

    def __init__(self, message: str, *, damaged: bool = False) -> None:
        super().__init__(message)
        self.damaged = damaged
