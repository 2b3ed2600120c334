"""Addresses of PostgreSQL databases, and how they are shown: never with a password."""

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

SCHEMES = ("postgresql://", "postgres://")
_SECRET = ("password", "sslpassword", "passfile", "oauth_client_secret")


@dataclass(frozen=True, slots=True)
class Address:
    """``text`` connects, ``shown`` is the same without what is secret, ``name`` is a file's stem for it."""

    text: str
    shown: str
    name: str
    secrets: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Address({self.shown!r})"

    def without_secrets(self, words: str) -> str:
        """A text of the server's or the driver's, in which no password stands."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            words = words.replace(secret, "***")
        return words


def is_address(text: str) -> bool:
    """True for the address of a database, which is no path."""
    return text.lower().startswith(SCHEMES)


def address_of(text: str) -> Address:
    """The address that a text is. Raises ValueError for one that cannot be read; its message repeats no secret."""
    try:
        parts = urlsplit(text)
        user, _, where = parts.netloc.rpartition("@")
        name, _, password = user.partition(":")
        query = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        raise ValueError("This is no address of a database: postgresql://user@host:port/database") from None
    secrets = {unquote(password), *(value for key, value in query if key.lower() in _SECRET)} - {""}
    kept = urlencode([(key, value) for key, value in query if key.lower() not in _SECRET])
    shown = f"postgresql://{name}@{where}" if name else f"postgresql://{where}"
    shown += parts.path + (f"?{kept}" if kept else "")
    place = re.sub(r"[^A-Za-z0-9.]+", "-", f"{where or 'local'}-{parts.path.strip('/') or name}").strip("-.")[:48]
    digest = hashlib.sha256(shown.encode("utf-8", "surrogateescape")).hexdigest()[:10]
    given = {*secrets, *(quote(each, safe="") for each in secrets), password} - {""}
    return Address(text, shown, f"{place or 'database'}-{digest}", tuple(given))
