"""Finds the exchange's API key and secret; they are never settings, and the values returned do not print."""

from __future__ import annotations

import importlib
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType

from pydantic import SecretStr

from gal_friday.domain.errors import SettingsError
from gal_friday.settings.documents import read_text
from gal_friday.settings.sections.kraken import KrakenSettings

KEY_VARIABLE = "GAL_FRIDAY_KRAKEN_API_KEY"
SECRET_VARIABLE = "GAL_FRIDAY_KRAKEN_API_SECRET"
_CREDENTIALS = ("kraken.key", "kraken.secret")

Pair = tuple[str | None, str | None]


def kraken_keys(settings: KrakenSettings, environ: Mapping[str, str]) -> dict[str, SecretStr]:
    """`key` and `secret` from the first source that has them.

    Sources in order: the operating system's keyring, systemd credentials, a file of mode 0600, the environment.
    Raises `SettingsError` when none has them, when one has only half, or when the file may be read by others.
    """
    sources: dict[str, Callable[[], Pair]] = {
        f"keyring service {settings.keyring_service}": lambda: _from_keyring(settings.keyring_service),
        "systemd credentials kraken.key and kraken.secret": lambda: _from_systemd(environ),
        f"file {settings.credentials_file}": lambda: _from_file(settings.credentials_file),
        f"variables {KEY_VARIABLE} and {SECRET_VARIABLE}": lambda: _from_environment(environ),
    }
    for name, read in sources.items():
        key, secret = read()
        if key and secret:
            return {"key": SecretStr(key), "secret": SecretStr(secret)}
        if key or secret:
            missing = "secret" if key else "key"
            raise SettingsError(f"{name}: expected a key and a secret, was without the {missing}; store both there")
    raise SettingsError(f"no API key for kraken: looked in {'; '.join(sources)}; store key and secret in one of them")


def _from_keyring(service: str) -> Pair:
    keyring = _keyring()
    if keyring is None:
        return None, None
    try:
        return keyring.get_password(service, "kraken.key"), keyring.get_password(service, "kraken.secret")
    except keyring.errors.KeyringError:  # a machine without a desktop has the library but no keyring
        return None, None


def _keyring() -> ModuleType | None:
    try:
        return importlib.import_module("keyring")
    except ImportError:
        return None


def _from_systemd(environ: Mapping[str, str]) -> Pair:
    if not (folder := environ.get("CREDENTIALS_DIRECTORY")):
        return None, None
    key, secret = (_content(Path(folder, name)) for name in _CREDENTIALS)
    return key, secret


def _content(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: expected a readable credential; check its permissions and content") from error


def _from_file(name: str) -> Pair:
    path = Path(name).expanduser()
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            mode = stat.S_IMODE(status.st_mode)
            if mode & 0o177:
                raise SettingsError(f"{path}: expected mode 0600, was {mode:04o}; run `chmod 600 {path}`")
            if status.st_uid not in (os.geteuid(), 0):
                raise SettingsError(f"{path}: expected to be owned by the user who runs this; run `chown` on it")
            raw = file.read(65_536)
    except FileNotFoundError:
        return None, None
    except OSError as error:
        raise SettingsError(f"{path}: not readable ({error.strerror}); check its permissions") from error
    return _pair(raw, path)


def _pair(raw: bytes, path: Path) -> Pair:
    wrong = f"{path}: expected two lines, `key: …` and `secret: …`; correct the file"
    try:
        values = read_text(raw.decode("utf-8"), str(path)).values
    except (SettingsError, UnicodeDecodeError):
        raise SettingsError(wrong) from None  # the cause might quote the content
    if not set(values) <= {"key", "secret"} or not all(isinstance(value, str) for value in values.values()):
        raise SettingsError(wrong)
    return values.get("key"), values.get("secret")


def _from_environment(environ: Mapping[str, str]) -> Pair:
    return environ.get(KEY_VARIABLE), environ.get(SECRET_VARIABLE)
