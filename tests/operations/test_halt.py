"""The halt switch holds across threads, processes and restarts, and a damaged one counts as set."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from gal_friday.domain.errors import StoreError
from gal_friday.domain.ports import Halt, SimulatedClock
from gal_friday.operations.halt import NEXT, HaltMachine, HaltSwitch, Move, SystemState


def elsewhere(path: Path, code: str) -> subprocess.Popen[str]:
    """Run code with the switch as `switch` in another process."""
    start = f"from gal_friday.operations.halt import HaltSwitch; switch = HaltSwitch({str(path)!r}); "
    return subprocess.Popen([sys.executable, "-c", start + code], stdout=subprocess.PIPE, text=True)


@pytest.fixture(params=["memory", "file"])
def switch(request: pytest.FixtureRequest, tmp_path: Path) -> Halt:
    return HaltSwitch(None if request.param == "memory" else tmp_path / "state" / "halt.json")


def test_the_first_reason_stays_until_it_is_cleared(switch: Halt) -> None:
    assert not switch.is_set()
    assert switch.reason() is None
    switch.set("drawdown")
    switch.set("later")
    assert switch.is_set()
    assert switch.reason() == "drawdown"
    switch.clear()
    switch.clear()
    assert not switch.is_set()
    assert switch.reason() is None
    switch.set("again")
    assert switch.reason() == "again"


def test_it_survives_a_restart_and_leaves_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "halt.json"
    HaltSwitch(path, clock=SimulatedClock(1_500_000_000)).set("drawdown")
    assert path.read_text() == '{"reason":"drawdown","since":"1970-01-01T00:00:01.500000000Z"}'
    assert [p.name for p in tmp_path.iterdir()] == ["halt.json"]
    assert HaltSwitch(path).reason() == "drawdown"


def test_another_process_sets_sees_and_clears_it(tmp_path: Path) -> None:
    path = tmp_path / "halt.json"
    here = HaltSwitch(path)
    assert elsewhere(path, "switch.set('from afar')").wait() == 0
    assert here.reason() == "from afar"
    here.set("too late")
    told, _ = elsewhere(path, "print(switch.is_set(), switch.reason()); switch.clear()").communicate()
    assert told.strip() == "True from afar"
    assert not here.is_set()
    here.set("mine")
    assert elsewhere(path, "switch.clear()").wait() == 0
    assert not here.is_set()


def test_of_many_who_set_it_at_once_one_wins(tmp_path: Path) -> None:
    path = tmp_path / "halt.json"
    processes = [elsewhere(path, f"switch.set('process {i}')") for i in range(3)]
    switches = [HaltSwitch(path) for _ in range(8)]
    threads = [threading.Thread(target=s.set, args=(f"thread {i}",)) for i, s in enumerate(switches)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert len({s.reason() for s in switches}) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["halt.json"]


@pytest.mark.parametrize(
    "content", [b"", b"{", b'{"reason": 3}', b"\xff\xfe", b"null", b'{"since":"2024"}', b'{"reason":"half'],
)  # fmt: skip
def test_a_damaged_file_is_a_halt(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "halt.json"
    path.write_bytes(content)
    switch = HaltSwitch(path)
    assert switch.is_set()
    assert "cannot be read" in str(switch.reason())
    switch.set("more")
    switch.clear()
    assert not switch.is_set()


def test_a_file_that_cannot_be_looked_at_is_a_halt(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    switch = HaltSwitch(tmp_path / "file" / "halt.json")
    assert switch.is_set()
    assert switch.reason()


def test_where_it_cannot_be_written_it_halts_in_memory_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    switch = HaltSwitch(tmp_path / "halt.json")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match=r"No space left.*monitoring\.state_dir"):
        switch.set("drawdown")
    assert switch.is_set()
    assert switch.reason() == "drawdown"
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    switch.clear()
    assert not switch.is_set()


@pytest.mark.parametrize("move", Move)
@pytest.mark.parametrize("state", SystemState)
def test_every_move_is_in_the_table_or_changes_nothing(state: SystemState, move: Move) -> None:
    machine = HaltMachine()
    machine.state, machine.reason = state, "before"
    moved = machine.move(move, "after")
    assert moved is ((state, move) in NEXT)
    assert (machine.state, machine.reason) == ((NEXT[state, move], "after") if moved else (state, "before"))


def test_stopping_is_final_and_halts_come_from_everywhere_else() -> None:
    assert not any(state is SystemState.STOPPING for state, _ in NEXT)
    assert {s for s, move in NEXT if move is Move.HALT} == {SystemState.RUNNING, SystemState.DEGRADED}
