"""Questions to the engine that have no answer. The messages are for people."""


class EngineError(Exception):
    """All of them."""


class NoSuchStreamError(EngineError):
    """The stream that was asked for is in none of the ledgers."""


class SeveralStreamsError(EngineError):
    """The question does not name the stream that it is about, and there are several."""


class ExecutorError(EngineError):
    """Work cannot be done, for a reason that lies with its workers."""
