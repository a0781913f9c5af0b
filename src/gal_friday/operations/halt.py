"""Whether trading is halted: the switch that outlives the process, and the states the system moves between."""

from __future__ import annotations

import contextlib
import os
import threading
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from gal_friday.domain.errors import StoreError
from gal_friday.domain.ports import Clock, SystemClock
from gal_friday.domain.time import iso


class _Record(msgspec.Struct, frozen=True):
    reason: str
    since: str


class HaltSwitch:
    """Set or not, with the first reason; safe to use from any thread and, with a file, from any process.

    The file's existence is the halt: it is created whole and synced, and one that cannot be read or
    understood counts as a halt. `path` None keeps the switch in memory.
    """

    def __init__(self, path: Path | str | None, *, clock: Clock | None = None) -> None:
        self._path = None if path is None else Path(path).expanduser()
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._kept: str | None = None  # without a file, or while the file could not be written

    def is_set(self) -> bool:
        """Whether trading is halted; an unreadable file counts as halted."""
        return self._kept is not None or (self._path is not None and _present(self._path))

    def reason(self) -> str | None:
        """Why trading is halted; None while it is not."""
        if self._path is not None and _present(self._path):
            return _reason(self._path) or self._kept
        return self._kept

    def set(self, reason: str) -> None:
        """Halt; setting twice keeps the first reason. Raises `StoreError`, halted in memory, when the file fails."""
        with self._lock:
            if self.is_set():
                return
            self._kept = reason
            if self._path is None:
                return
            record = _Record(reason, iso(self._clock.now_ns()))
            try:
                _create(self._path, msgspec.json.encode(record))
            except OSError as error:
                raise StoreError(
                    f"cannot write the halt file {self._path}: {error}; this process is halted, another would not be: "
                    "check monitoring.state_dir"
                ) from error
            self._kept = None  # from now on the file speaks, also when another process removes it

    def clear(self) -> None:
        """Let trading resume; raises `StoreError`, still halted, when the file cannot be removed."""
        with self._lock:
            if self._path is not None:
                try:
                    self._path.unlink(missing_ok=True)
                    if self._path.parent.is_dir():
                        _sync_folder(self._path.parent)
                except OSError as error:
                    raise StoreError(
                        f"cannot remove the halt file {self._path}: {error}; trading stays halted"
                    ) from error
            self._kept = None


def _present(path: Path) -> bool:
    try:
        os.stat(path)
    except FileNotFoundError:
        return False
    except OSError:
        return True  # whoever cannot look must not trade
    return True


def _reason(path: Path) -> str | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Record).reason
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        return f"the halt file {path} cannot be read ({error}); resume removes it"


def _create(path: Path, content: bytes) -> None:
    # Written aside and linked into place: it appears whole or not at all, and never over an earlier one.
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class SystemState(StrEnum):
    """What the system as a whole is doing."""

    RUNNING = "RUNNING"
    DEGRADED = "DEGRADED"
    HALTED = "HALTED"
    STOPPING = "STOPPING"


class Move(StrEnum):
    """What may change that."""

    HALT = "HALT"
    RESUME = "RESUME"
    DEGRADE = "DEGRADE"
    RECOVER = "RECOVER"
    STOP = "STOP"


NEXT: Final[dict[tuple[SystemState, Move], SystemState]] = {
    (SystemState.RUNNING, Move.DEGRADE): SystemState.DEGRADED,
    (SystemState.RUNNING, Move.HALT): SystemState.HALTED,
    (SystemState.RUNNING, Move.STOP): SystemState.STOPPING,
    (SystemState.DEGRADED, Move.RECOVER): SystemState.RUNNING,
    (SystemState.DEGRADED, Move.HALT): SystemState.HALTED,
    (SystemState.DEGRADED, Move.STOP): SystemState.STOPPING,
    (SystemState.HALTED, Move.RESUME): SystemState.RUNNING,
    (SystemState.HALTED, Move.STOP): SystemState.STOPPING,
}


class HaltMachine:
    """The system's state and why it is in it; a move that the table does not name changes nothing."""

    def __init__(self) -> None:
        self.state = SystemState.RUNNING
        self.reason = "started"

    def move(self, move: Move, reason: str) -> bool:
        """Make the move; False, and the earlier reason kept, where it does not apply."""
        following = NEXT.get((self.state, move))
        if following is None:
            return False
        self.state, self.reason = following, reason
        return True
