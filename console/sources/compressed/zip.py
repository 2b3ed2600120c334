"""Evidence packs: ZIP archives, whose ledgers are read in place and whose files are checked against their manifest.

An archive comes from anybody, so nothing is unpacked: names are only compared and shown, a directory of many members is
refused before a library loads it, and a member has a limit.
"""

import hashlib
import json
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from console.model.finding import Finding
from console.model.trust import Severity
from console.model.words import count
from console.sources.content import ForwardWindow, Window
from console.sources.files import file_state, opened, read_at
from console.sources.findings import unreadable
from console.sources.protocol import CHUNK, FileState, SourceError

MEMBERS = 10_000
MEMBER_SIZE = 1024 * 1024 * 1024
"""Decoded bytes of one member that are read."""
MANIFEST = "manifest.json"

_DIRECTORY_SIZE = 16 * 1024 * 1024
_MANIFEST_SIZE = 16 * 1024 * 1024
_MISMATCHES = 1000
_END = struct.Struct("<4s4H2LH")
_READERS_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    struct.error,
)
_ENCRYPTED = 0x1
_LEDGER_LIKE = (".jsonl", ".ndjson", ".json")


class PackContent:
    """One member of an archive. Its end also ends its last record, because the archive is closed."""

    kind = "zip"
    sealed = True

    def __init__(self, path: str, member: str) -> None:
        self.path = path
        self.member = member

    def state(self) -> FileState:
        return file_state(self.path)

    @contextmanager
    def open(self) -> Iterator[Window]:
        with _archive(self.path) as archive:
            findings: list[Finding] = []

            def decode(_: int) -> tuple[int, Iterator[bytes]]:
                findings.clear()
                return 0, _blocks(archive, self.path, self.member, findings)

            yield ForwardWindow(decode, lambda: list(findings))


def ledger_members(path: str) -> list[PackContent | Finding]:
    """Members whose names end like a ledger's, in name order; a finding for each that cannot be read.

    Of several members of one name the last is the one that is read, here and by whoever unpacks the archive.

    Names are only ever compared and shown, never used as paths. Raises SourceError.
    """
    found: list[PackContent | Finding] = []
    with _archive(path) as archive:
        for info in sorted(archive.infolist(), key=lambda one: one.filename):
            if info.is_dir() or not info.filename.lower().endswith(_LEDGER_LIKE):
                continue
            if info is not archive.getinfo(info.filename):
                message = f"{info.filename} stands several times in the archive: only the last of them is read."
                found.append(Finding("container.unreadable", Severity.ERROR, message))
            elif problem := _problem(info):
                found.append(Finding("container.unreadable", Severity.ERROR, f"{info.filename}: {problem}"))
            else:
                found.append(PackContent(path, info.filename))
    return found


def read_members(path: str, wanted: re.Pattern[str], limit: int, count: int) -> dict[str, bytes]:
    """Readable members of at most ``limit`` bytes whose names match, up to ``count``. Raises SourceError."""
    found: dict[str, bytes] = {}
    with _archive(path) as archive:
        for info in archive.infolist():
            if len(found) >= count:
                break
            if info.is_dir() or not wanted.match(info.filename) or _problem(info) or info.file_size > limit:
                continue
            findings: list[Finding] = []
            data = b"".join(_blocks(archive, path, info.filename, findings))
            if not findings and len(data) <= limit:
                found[info.filename] = data
    return found


def check_manifest(path: str) -> list[Finding]:
    """``container.zip-manifest-mismatch`` for each file of the manifest's ``files`` that is missing or differs, and for
    each of the archive that is not among them, but for ledgers.

    The manifest is ``manifest.json`` at the archive's root, its entries are ``{path, sha256Hex}``. No manifest, or one
    that lists no files, gives no finding. Raises SourceError.
    """
    with _archive(path) as archive:
        names = set(archive.namelist())
        if MANIFEST not in names or archive.getinfo(MANIFEST).file_size > _MANIFEST_SIZE:
            return []
        damage: list[Finding] = []
        text = b"".join(_blocks(archive, path, MANIFEST, damage))
        try:
            manifest = json.loads(text)
        except (ValueError, RecursionError):
            return [*damage, _mismatch(MANIFEST, "The manifest is not JSON.")]
        files = manifest.get("files") if isinstance(manifest, dict) else None
        listed = {MANIFEST}
        for entry in files if isinstance(files, list) else []:
            if len(damage) >= _MISMATCHES:
                break
            if not isinstance(entry, dict) or not isinstance(name := entry.get("path"), str):
                damage.append(_mismatch(MANIFEST, "An entry of the manifest names no file."))
                continue
            listed.add(name)
            expected = entry.get("sha256Hex")
            if name not in names:
                damage.append(_mismatch(name, f"{name} is named in the manifest, but not in the archive."))
            elif (actual := _sha256(archive, path, name)) != str(expected).lower():
                message = f"{name} differs from the manifest."
                damage.append(_mismatch(name, message, str(expected), actual or "unreadable"))
        # A ledger is protected by its own chain; real packs do not list it.
        own = ("/", *_LEDGER_LIKE[:2])
        more = [name for name in names - listed if not name.endswith(own)] if len(listed) > 1 else []
        damage += [
            _mismatch(name, f"{name} is in the archive, but not named in its manifest.")
            for name in sorted(more)[: max(0, _MISMATCHES - len(damage))]
        ]
    return damage


def _mismatch(name: str, message: str, expected: str | None = None, actual: str | None = None) -> Finding:
    code = "container.zip-manifest-mismatch"
    return Finding(code, Severity.ERROR, message, field=name, expected=expected, actual=actual)


def _sha256(archive: zipfile.ZipFile, path: str, name: str) -> str | None:
    if _problem(archive.getinfo(name)):
        return None
    findings: list[Finding] = []
    digest = hashlib.sha256()
    for block in _blocks(archive, path, name, findings):
        digest.update(block)
    return None if findings else digest.hexdigest()


@contextmanager
def _archive(path: str) -> Iterator[zipfile.ZipFile]:
    with opened(path) as descriptor:
        _check_directory(path, descriptor)
        with os.fdopen(os.dup(descriptor), "rb") as file:
            try:
                archive = zipfile.ZipFile(file)
            except (*_READERS_ERRORS, OSError) as error:
                raise unreadable(path, f"The ZIP archive's directory is damaged ({_words(error)}).") from error
            with archive:
                yield archive


def _check_directory(path: str, descriptor: int) -> None:
    """Refuse a directory that is too large before anything loads it."""
    size = os.fstat(descriptor).st_size
    end = read_at(path, descriptor, max(0, size - 65_557), 65_557)
    at = end.rfind(b"PK\x05\x06")
    if at < 0 or len(end) - at < _END.size:
        raise unreadable(path, "The ZIP archive has no directory at its end; it may be cut off.")
    _, _, _, _, members, directory_size, _, _ = _END.unpack_from(end, at)
    if members > MEMBERS or directory_size > _DIRECTORY_SIZE:
        raise unreadable(path, f"The ZIP archive has more than {MEMBERS:,} members; evidence packs have a few.")


def _problem(info: zipfile.ZipInfo) -> str:
    """Why a member is not read, or ''."""
    if info.flag_bits & _ENCRYPTED:
        return "The member is encrypted."
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "The member is compressed in a way that is not read here (only stored and deflated are)."
    if info.file_size > MEMBER_SIZE:
        return f"The member is larger than {MEMBER_SIZE // 1024 // 1024:,} MiB."
    return ""


def _words(error: Exception) -> str:
    """What the library found, without the bytes that it quotes."""
    text = str(error)
    if text.startswith("File name in directory"):
        return "the archive's directory and the member's own head name it differently"
    if text.startswith("Bad CRC-32"):
        return "its bytes do not fit its checksum"
    return text if text.isascii() and "b'" not in text and "\\x" not in text else "its head is not one"


def _blocks(archive: zipfile.ZipFile, path: str, member: str, findings: list[Finding]) -> Iterator[bytes]:
    """Decoded blocks of a member up to its end or to the damage, which is then in ``findings``."""
    decoded = 0
    try:
        info = archive.getinfo(member)
        if problem := _problem(info):
            raise unreadable(path, f"{member}: {problem}")
        with archive.open(info) as file:
            while decoded <= MEMBER_SIZE and (block := file.read(CHUNK)):
                decoded += len(block)
                yield block
    except KeyError as error:
        raise unreadable(path, f"The archive has no member {member} any more.") from error
    except SourceError:
        raise
    except (*_READERS_ERRORS, OSError) as error:
        message = f"{member} is damaged in the archive ({_words(error)}); {count(decoded, 'byte')} before it read."
        findings.append(Finding("container.unreadable", Severity.ERROR, message, offset=decoded, standing=True))
