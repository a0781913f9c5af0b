"""The program: reads the command line, runs one command, and says in plain words what went wrong."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

from typer.exceptions import Abort, TyperException

from gal_friday.domain.errors import GalFridayError
from gal_friday.interface.commands.root import app
from gal_friday.interface.terminal import (
    FAILED,
    INTERNAL,
    INTERRUPTED,
    MISTAKE,
    OK,
    Complaint,
    complaint,
    exit_code,
    say_error,
)


def main() -> None:
    """Run the command that the process was started with, and leave with its exit code."""
    sys.exit(run())


def run() -> int:
    """Run the command of `sys.argv`; 0 ok, 1 failed, 2 a mistake in the input, 70 our fault, 130 interrupted."""
    as_json = "--json" in sys.argv[1:]
    try:
        return _command()
    except GalFridayError as error:
        say_error(complaint(error), as_json=as_json)
        return exit_code(error)
    except TyperException as error:
        why = error.format_message() if hasattr(error, "format_message") else str(error)
        do = f"`{_command_path(error)} --help` lists what there is"
        say_error(Complaint("the command line is not understood", why, do), as_json=as_json)
        return MISTAKE
    except (KeyboardInterrupt, Abort):
        print("stopped", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has gone, as in `gal-friday config show | head`: nothing more to say, and nobody to say it to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        why = f"{error.filename or 'the system'}: {error.strerror or error}"
        do = "check the path, its permissions and the free space"
        say_error(Complaint("a file or folder cannot be used", why, do), as_json=as_json)
        return FAILED
    except Exception as error:
        said = Complaint(f"internal error: {type(error).__name__}", str(error), f"report it with {_write_trace()}")
        print(f"{said.what}: {said.why}; {said.do}", file=sys.stderr)
        return INTERNAL


def _command() -> int:
    result = app(sys.argv[1:] or ["--help"], standalone_mode=False, prog_name="gal-friday")
    sys.stdout.flush()
    return result if isinstance(result, int) else OK


def _command_path(error: TyperException) -> str:
    context = getattr(error, "ctx", None)
    return context.command_path if context is not None else "gal-friday"


def _write_trace() -> Path:
    folder = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "gal-friday"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "errors.log"
        with path.open("a", encoding="utf-8") as log:
            traceback.print_exc(file=log)
    except OSError:
        import tempfile

        handle, name = tempfile.mkstemp(prefix="gal-friday-", suffix=".log", text=True)
        path = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8") as log:
            traceback.print_exc(file=log)
    return path


if __name__ == "__main__":
    main()
