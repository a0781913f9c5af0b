"""One compiled function for a whole feature set: generated text, one call per bar, machine code kept on disk.

The text depends only on which kinds take part and in what order; parameters, memory and outputs are looked up
in a layout at run time, so one compilation serves every choice of parameters.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numba
import numpy as np
from numba.core.errors import NumbaError

from gal_friday.domain.errors import Fault, SettingsError
from gal_friday.features import kernel as basis
from gal_friday.features.catalogue import Definition
from gal_friday.features.kind import Kind

_HEAD = '''"""A composed feature set; made by gal_friday.features.composition, safe to delete. {address}"""
from gal_friday.features.kernel import cached_kernel, kernel
from gal_friday.features.memory import begin, carry, publish, restart


@kernel
def bars(memory, layout):
    inputs = memory[2 : layout[0]]
{bars}

@kernel
def books(memory, layout):
    inputs = memory[2 : layout[0]]
{books}

@kernel
def advance(memory, layout, open_, high, low, close, volume, start_ns, out):
    begin(memory, open_, high, low, close, volume, start_ns)
    bars(memory, layout)
    books(memory, layout)
    return publish(memory, layout, out)


@cached_kernel
def step(memory, layout, open_, high, low, close, volume, start_ns, out):
    return advance(memory, layout, open_, high, low, close, volume, start_ns, out)


@cached_kernel
def refresh(memory, layout, out):
    books(memory, layout)
    return publish(memory, layout, out)


@cached_kernel
def run(memory, layout, open_, high, low, close, volume, start_ns, fresh, book, values, ready):
    for row in range(open_.shape[0]):
        if fresh[row]:
            restart(memory, layout)
        carry(memory, book, row)
        ready[row] = advance(
            memory, layout, open_[row], high[row], low[row], close[row], volume[row], start_ns[row], values[row]
        )
'''
_GROUP = """    for at in range(layout[{bound}], layout[{bound} + 1]):
        row = {table} + 6 * at
        step_{number}(
            memory[layout[row] : layout[row + 1]],
            inputs,
            memory[layout[row + 2] : layout[row + 3]],
            memory[layout[row + 4] : layout[row + 5]],
        )
"""
BOUNDS = 4


@dataclass(frozen=True, slots=True)
class Composition:
    """The functions of one sequence of kinds: one bar, one change of the book, and a whole block of bars."""

    step: Callable[..., bool]
    refresh: Callable[..., bool]
    run: Callable[..., None]


@contextmanager
def compiling(definitions: Sequence[Definition]) -> Iterator[None]:
    """Report a kernel that does not compile as `SettingsError`, with the kinds that may be at fault."""
    try:
        yield
    except NumbaError as error:
        kinds = ", ".join(sorted({definition.kind.name for definition in definitions}))
        raise SettingsError(
            f"features.definitions: a kernel of {kinds} does not compile; kernels may use numbers, their four arrays "
            f"and other kernels, and allocate nothing. The compiler said: {error}"
        ) from error


@lru_cache(maxsize=256)
def compose(kinds: tuple[Kind, ...]) -> Composition:
    """The functions for these kinds, bar kinds before book kinds; compiled on first use or read from the cache."""
    address = _address(kinds)
    text = source(kinds, address)
    folder = _cache_folder()
    steps = {f"step_{number}": kind.step for number, kind in enumerate(kinds)}
    module = _load(_written(folder / f"{address}.py", text), f"gal_friday_kernels_{address}", steps)
    return Composition(module.step, module.refresh, module.run)


def source(kinds: Sequence[Kind], address: str = "") -> str:
    """The text of the composed functions; it expects `step_0`, `step_1`, … among its globals."""
    table = BOUNDS + len(kinds) + 1
    groups = [_GROUP.format(bound=BOUNDS + n, table=table, number=n) for n in range(len(kinds))]
    on_bar = [group for group, kind in zip(groups, kinds, strict=True) if not kind.needs_book]
    on_book = [group for group, kind in zip(groups, kinds, strict=True) if kind.needs_book]
    return _HEAD.format(address=address, bars="".join(on_bar) or "    pass\n", books="".join(on_book) or "    pass\n")


def _address(kinds: Sequence[Kind]) -> str:
    parts = [
        source(kinds),
        numba.__version__,
        np.__version__,
        platform.python_version(),
        platform.machine(),
        *(str(kind.needs_book) for kind in kinds),
        _text(basis.__file__),
        _text(str(Path(basis.__file__).with_name("memory.py"))),
        *(_fingerprint(kind.step) for kind in kinds),
    ]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def _fingerprint(step: Any) -> str:
    """Digest of everything that compiled code of `step` can depend on: files of all kernels reached, and constants."""
    files: set[str] = set()
    constants: set[str] = set()
    waiting, seen = [step], set()
    while waiting:
        function = waiting.pop()
        plain: FunctionType = getattr(function, "py_func", function)
        if plain in seen:
            continue
        seen.add(plain)
        files.add(plain.__code__.co_filename)
        # Machine code that is read back imports the modules it was made from, by name.
        constants.add(f"{plain.__module__}.{plain.__qualname__} {plain.__code__.co_code.hex()}")
        for name in plain.__code__.co_names:
            value = plain.__globals__.get(name)
            if isinstance(value, ModuleType):
                waiting += [found for found in map(vars(value).get, plain.__code__.co_names) if _is_kernel(found)]
            elif _is_kernel(value):
                waiting.append(value)
            elif isinstance(value, int | float | str | tuple):
                constants.add(f"{plain.__qualname__} {name}={value!r}")
    return "\x1f".join([*sorted(map(_text, files)), *sorted(constants)])


def _is_kernel(value: object) -> bool:
    return hasattr(value, "py_func")


def _text(path: str) -> str:
    file = Path(path)
    return file.read_text(encoding="utf-8") if file.is_file() else path


def _cache_folder() -> Path:
    root = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    folder = Path(root).expanduser() / "gal-friday" / "kernels"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return _own_folder()
    return folder if os.access(folder, os.W_OK) else _own_folder()


@lru_cache(maxsize=1)
def _own_folder() -> Path:
    # Without a writable cache the process compiles for itself, into a folder that nobody else can write to.
    return Path(tempfile.mkdtemp(prefix="gal-friday-kernels-"))


def _written(path: Path, text: str) -> Path:
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return path
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    # The compiled code is kept under the file's time: equal texts get equal times, whoever writes last.
    os.utime(name, (0, 0))
    Path(name).replace(path)
    return path


def _load(path: Path, name: str, steps: dict[str, Any]) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise Fault(f"{path} cannot be loaded as a Python file")
    module = importlib.util.module_from_spec(spec)
    vars(module).update(steps)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
