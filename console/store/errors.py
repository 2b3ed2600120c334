"""The one error of a store: users of an index need not know what keeps it."""


class StoreError(Exception):
    """The index itself fails: no room, no right, damage. A value that it cannot hold is not meant.

    ``damaged``: what is kept cannot be read any more, so that only a new index helps. ``no_place``: there is no room or
    no right to write where it is kept, so that only another place helps.
    """

    def __init__(self, message: str, *, damaged: bool = False, no_place: bool = False) -> None:
        super().__init__(message)
        self.damaged = damaged
        self.no_place = no_place
