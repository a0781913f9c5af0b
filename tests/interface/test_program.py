"""The program as a process: exit codes, three-line errors, quick start, and manners at the pipe."""

import json
import os
import resource
import signal
import subprocess
import sys

import pytest

from gal_friday import __main__ as program
from gal_friday.domain.errors import DataError, Fault, SettingsError


@pytest.fixture
def gal_friday(tmp_path):
    def run(*words, **environment):
        return subprocess.run(
            [sys.executable, "-m", "gal_friday", *words],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "HOME": str(tmp_path), **environment},
            check=False,
            timeout=60,
        )

    return run


def test_a_command_that_works(gal_friday):
    done = gal_friday("config", "explain", "risk.on_cap", "--json", GAL_FRIDAY__RISK__ON_CAP="reject")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)[0]["source"] == "GAL_FRIDAY__RISK__ON_CAP"


def test_without_a_command_it_helps(gal_friday):
    done = gal_friday()
    assert done.returncode == 0
    assert "backtest" in done.stdout


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["config", "show", "-c", "none.yaml"], "none.yaml"),
        (["config", "explain", "rsk"], "did you mean risk?"),
        (["config", "shw"], "shw"),
        (["nothing"], "nothing"),
        (["backtest"], "--data"),
        (["data", "list", "--store", "none"], "none: expected a store"),
        (["data", "import", "none.csv", "--store", "s"], "none.csv"),
    ],
)
def test_a_mistake_ends_in_three_lines_and_code_2(gal_friday, words, why):
    done = gal_friday(*words)
    assert (done.returncode, done.stdout) == (2, "")
    lines = done.stderr.splitlines()
    assert [line[:7] for line in lines] == ["error: ", "  why: ", "   do: "]
    assert why in lines[1]
    as_json = gal_friday(*words, "--json") if words != ["nothing"] else None
    if as_json is not None:
        assert set(json.loads(as_json.stderr)["error"]) == {"what", "why", "do"}


def test_a_folder_that_cannot_be_written_is_no_fault_of_ours(gal_friday):
    done = gal_friday("demo", "--days", "1", "--out", "/dev/null/out")
    assert done.returncode == 1
    assert [line[:7] for line in done.stderr.splitlines()] == ["error: ", "  why: ", "   do: "]
    assert "/dev/null/out" in done.stderr


def test_a_reader_that_leaves_is_no_error(tmp_path):
    shown = subprocess.run(
        f"{sys.executable} -m gal_friday config show | head -1", shell=True, capture_output=True, text=True, check=False
    )
    assert shown.stdout.startswith("KEY")
    assert shown.stderr == ""


def test_interrupted_it_says_so_in_a_word(tmp_path):
    script = (
        "import time; from gal_friday import __main__ as program;"
        "program._command = lambda: print('up', flush=True) or time.sleep(60);"
        "program.main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "up\n"
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=10)[1] == "stopped\n"
    assert process.returncode == 130


@pytest.mark.parametrize(
    ("error", "code"), [(SettingsError("a"), 2), (DataError("a"), 2), (Fault("a"), 1), (KeyboardInterrupt(), 130)]
)
def test_exit_codes(monkeypatch, capsys, error, code):
    def fail():
        raise error

    monkeypatch.setattr(program, "_command", fail)
    assert program.run() == code
    assert "Traceback" not in capsys.readouterr().err


def test_our_own_fault_is_one_line_and_the_traceback_goes_to_a_file(monkeypatch, capsys, tmp_path):
    def fail():
        raise ZeroDivisionError("by nothing")

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(program, "_command", fail)
    assert program.run() == 70
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    log = tmp_path / "gal-friday" / "errors.log"
    assert str(log) in said
    assert "ZeroDivisionError: by nothing" in log.read_text()


def test_a_folder_that_cannot_be_written_does_not_hide_the_fault(monkeypatch, capsys):
    def fail():
        raise ZeroDivisionError("by nothing")

    monkeypatch.setenv("XDG_STATE_HOME", "/dev/null")
    monkeypatch.setattr(program, "_command", fail)
    assert program.run() == 70
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_configuration_needs_none_of_the_heavy_libraries():
    script = (
        "import sys; sys.argv = ['gal-friday', 'config', 'explain', 'risk'];"
        "from gal_friday.__main__ import run; run();"
        "print([m for m in ('numba', 'numpy', 'polars', 'plotly', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_it_starts_quickly(gal_friday):
    gal_friday("config", "explain", "risk")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    gal_friday("config", "explain", "risk.on_cap")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Processor time, which a busy machine does not stretch much; half a second on an idle one.
    assert after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime < 1.5
