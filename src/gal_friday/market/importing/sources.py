"""Files as blocks of whole lines: plain, gzip, and the members of a zip; never unpacked to disk."""

from __future__ import annotations

import gzip
import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Protocol

from gal_friday.domain.errors import DataError
from gal_friday.settings.sections.history import HistorySettings

BLOCK = 1024 * 1024
_LONGEST_LINE = 64 * 1024
_TABLES = (".csv", ".txt", ".tsv", ".csv.gz", ".txt.gz", ".tsv.gz", ".gz")
_PACKED = {b"\x1f\x8b": "gzip", b"PK": "zip", b"PAR1": "parquet"}
_FOREIGN = {b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"7z\xbc\xaf": "7z", b"Rar!": "rar"}
_WIDE_TEXT = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


class Stream(Protocol):
    """What blocks are read from."""

    def read1(self, size: int, /) -> bytes:
        """Up to `size` bytes, as they come; none at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Member:
    """One table: a file, or a file inside an archive. `label` names it in messages, `name` tells its pair."""

    path: Path
    kind: str
    inside: str | None = None

    @property
    def label(self) -> str:
        """How messages name it."""
        return f"{self.path}:{self.inside}" if self.inside else str(self.path)

    @property
    def name(self) -> str:
        """The file name that may begin with a pair."""
        return PurePosixPath(self.inside).name if self.inside else self.path.name


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines; `position` bytes of the file on disk are read. `broken` tells why the data ends early."""

    data: bytes
    position: int
    last: bool
    broken: str | None = None


def kind_of(path: Path) -> str:
    """`gzip`, `zip`, `parquet` or `text`, by content; raises `DataError` for what cannot be a table."""
    head = _head(path)
    if not head:
        raise DataError(f"{path}: expected rows of market data, was an empty file; get the file again")
    for magic, kind in _PACKED.items():
        if head.startswith(magic):
            return kind
    for magic, kind in _FOREIGN.items():
        if head.startswith(magic):
            raise DataError(f"{path}: expected text, gzip, zip or Parquet, was {kind}; unpack it first")
    return "text"


def members(path: Path, settings: HistorySettings) -> tuple[list[Member], list[str]]:
    """The tables in a file, in order of name, and the names that were passed over."""
    kind = kind_of(path)
    if kind != "zip":
        return [Member(path, kind)], []
    try:
        with zipfile.ZipFile(path) as archive:
            infos = sorted(archive.infolist(), key=lambda info: info.filename)
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise DataError(f"{path}: expected a whole zip archive, was damaged ({error}); get the file again") from error
    found, passed = [], []
    for info in (info for info in infos if not info.is_dir()):
        _require_safe(path, info)
        if info.filename.lower().endswith(_TABLES) and not info.filename.startswith("__MACOSX/"):
            nested = "gzip" if info.filename.lower().endswith(".gz") else "text"
            found.append(Member(path, nested, info.filename))
        elif settings.foreign_member == "error":
            raise DataError(
                f"{path}: expected tables only, was the member {info.filename!r}; "
                "take it out, or set history.foreign_member to skip"
            )
        else:
            passed.append(info.filename)
    if not found:
        raise DataError(f"{path}: expected a table in the archive, was {passed or 'nothing'}; give another file")
    return found, passed


def blocks(member: Member) -> Iterator[Block]:
    """The table's lines, in blocks of about a megabyte."""
    with member.path.open("rb") as raw:
        if member.inside is None:
            yield from _blocks(_unpacked(raw, member), raw, member)
            return
        with zipfile.ZipFile(raw) as archive, archive.open(member.inside) as inner:
            yield from _blocks(_unpacked(inner, member), raw, member)


def file_sha256(path: Path) -> str:
    """The hash of a file's bytes."""
    with path.open("rb") as raw:
        return hashlib.file_digest(raw, "sha256").hexdigest()


def _blocks(stream: Stream, raw: BinaryIO, member: Member) -> Iterator[Block]:
    rest, broken, started = b"", None, False
    while broken is None:
        read, broken = _read(stream)
        if not started and read:
            _require_text(read[:4096], member)
            started = True
        if not read:
            break
        data = rest + read
        cut = data.rfind(b"\n") + 1
        if cut == 0 and len(data) > _LONGEST_LINE:
            raise DataError(f"{member.label}: expected lines of text, was a line of {len(data)} bytes; is it a table?")
        rest = data[cut:]
        if cut:
            yield Block(data[:cut], raw.tell(), last=False)
    yield Block(rest, raw.tell(), last=True, broken=broken)


def _unpacked(file: Any, member: Member) -> Stream:
    unpacked: Stream = gzip.GzipFile(fileobj=file) if member.kind == "gzip" else file
    return unpacked


def _read(stream: Stream) -> tuple[bytes, str | None]:
    # In small steps, so that what comes before a break in a packed file is not lost with it.
    parts: list[bytes] = []
    size = 0
    try:
        while size < BLOCK and (part := stream.read1(BLOCK)):
            parts.append(part)
            size += len(part)
    except (EOFError, OSError, zlib.error, zipfile.BadZipFile) as error:
        return b"".join(parts), str(error)
    return b"".join(parts), None


def _require_text(head: bytes, member: Member) -> None:
    for magic, name in _WIDE_TEXT.items():
        if head.startswith(magic):
            raise DataError(f"{member.label} line 1: expected UTF-8 text, was {name}; save it as UTF-8")
    if b"\0" in head:
        raise DataError(f"{member.label} line 1: expected UTF-8 text, was binary data; is it a table?")


def _require_safe(path: Path, info: zipfile.ZipInfo) -> None:
    name = PurePosixPath(info.filename.replace("\\", "/"))
    if name.is_absolute() or ".." in name.parts or ":" in name.parts[0]:
        raise DataError(
            f"{path}: expected plain names in the archive, was {info.filename!r}, which leads out of its folder; "
            "do not trust this archive"
        )
    if info.flag_bits & 1:
        raise DataError(f"{path}: expected an open archive, was {info.filename!r} with a password; unpack it first")


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as raw:
            return raw.read(16)
    except OSError as error:
        raise DataError(f"{path}: expected a file that can be read, was {error.strerror}; check the path") from error
