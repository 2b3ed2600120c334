"""Text as every store can hold it."""


def spelled_out(text: str) -> str:
    """The text, halves of surrogate pairs (which no UTF-8 can hold) spelled out as ``\\ud800``."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
