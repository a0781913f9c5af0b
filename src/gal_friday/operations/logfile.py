"""A file of lines that is put aside when it has grown, and the line in which entries wait for their writer."""

from __future__ import annotations

import threading
from collections import deque
from pathlib import Path
from typing import IO, Generic, TypeVar

T = TypeVar("T")


class RotatingFile:
    """Appends lines; from `max_bytes` on the file becomes `.1`, the one before `.2`, up to `backups`."""

    def __init__(self, path: Path | str, max_bytes: int, backups: int) -> None:
        self._path = Path(path).expanduser()
        self._max_bytes = max_bytes
        self._backups = backups
        self._file: IO[bytes] | None = None

    def write(self, line: str) -> None:
        """Append one line."""
        file = self._file or self._open()
        data = line.encode("utf-8", "backslashreplace") + b"\n"
        if file.tell() and file.tell() + len(data) > self._max_bytes:
            self._rotate()
            file = self._open()
        file.write(data)

    def flush(self) -> None:
        """Hand everything written to the operating system."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Close the file; a later write opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self) -> IO[bytes]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = file = self._path.open("ab")
        return file

    def _rotate(self) -> None:
        self.close()
        for number in range(self._backups, 0, -1):
            earlier = self._numbered(number - 1) if number > 1 else self._path
            if earlier.exists():
                earlier.replace(self._numbered(number))
        if self._backups == 0:
            self._path.unlink(missing_ok=True)

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")


class Waiting(Generic[T]):
    """Entries on their way to one writer thread: putting never waits.

    Beyond `capacity` the oldest ordinary entry is dropped and counted; an important one never is.
    """

    def __init__(self, capacity: int) -> None:
        self._ordinary: deque[tuple[int, T]] = deque()
        self._important: deque[tuple[int, T]] = deque()
        self._capacity = capacity
        self._number = 0
        self._closed = False
        self._changed = threading.Condition()
        self.dropped = 0

    def put(self, entry: T, *, important: bool = False) -> None:
        """Add an entry."""
        with self._changed:
            self._number += 1
            if important:
                self._important.append((self._number, entry))
            else:
                if len(self._ordinary) >= self._capacity:
                    self._ordinary.popleft()
                    self.dropped += 1
                self._ordinary.append((self._number, entry))
            self._changed.notify()

    def take(self) -> list[T] | None:
        """Wait for entries and take them all, in the order they came; None once closed and empty."""
        with self._changed:
            while not (self._ordinary or self._important or self._closed):
                self._changed.wait()
            entries = sorted([*self._ordinary, *self._important], key=lambda numbered: numbered[0])
            self._ordinary.clear()
            self._important.clear()
        return [entry for _, entry in entries] or None

    def close(self) -> None:
        """Let the writer end when it has taken everything."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
