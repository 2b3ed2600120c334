"""Why the memory cannot be used. The messages are for people, and end a sentence that begins with "the memory"."""


class WitnessError(Exception):
    """All of them."""


class NoMemoryError(WitnessError):
    """It cannot be read or written at its place: no rights, a full disk, somebody else's folder, a planted link."""


class DamagedMemoryError(WitnessError):
    """What is kept of a ledger contradicts itself: it is not believed."""


class BusyMemoryError(WitnessError):
    """Another process holds the lock of this ledger for long."""
