"""Writing so that a reader, or a machine that loses power, sees the old file or the new one and nothing between."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gal_friday.domain.errors import DataError, StoreError

PARTIAL = ".partial"


class Disk:
    """The three steps of a write that lasts."""

    def prepare(self, path: Path, data: bytes) -> Path:
        """Write the content beside its place and wait until the disk has it."""
        partial = path.with_name(path.name + PARTIAL)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise StoreError(f"{path}: expected to write {len(data)} bytes, was {error.strerror}") from error
        return partial

    def commit(self, partial: Path, path: Path) -> None:
        """Put a prepared file in its place, in one step."""
        try:
            partial.replace(path)
            self._sync_folder(path.parent)
        except OSError as error:
            raise StoreError(f"{path}: expected to put the file in place, was {error.strerror}") from error

    def write(self, path: Path, data: bytes) -> None:
        """Replace a file's content."""
        self.commit(self.prepare(path, data), path)

    def _sync_folder(self, folder: Path) -> None:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; raises `DataError` when another process writes there."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DataError(f"{folder}: expected to be its only writer, was in use; wait for the other") from error
        yield
