"""Keys and secrets are found in order, and show themselves nowhere."""

import json
import os

import pytest

from gal_friday.domain.errors import SettingsError
from gal_friday.settings.explain import explained, shown
from gal_friday.settings.manager import ConfigurationManager

CANARY = "hunter2-canary"
VARIABLES = {"GAL_FRIDAY_KRAKEN_API_KEY": "from-variable", "GAL_FRIDAY_KRAKEN_API_SECRET": CANARY}


@pytest.fixture
def credentials(tmp_path):
    path = tmp_path / "kraken.yaml"
    path.touch(mode=0o600)
    path.write_text(f"key: from-file\nsecret: {CANARY}\n")
    return path


def manager(path, environ):
    return ConfigurationManager("", environ=environ, overrides={"kraken.credentials_file": str(path)})


def revealed(config):
    return {name: value.get_secret_value() for name, value in config.get_api_keys()["kraken"].items()}


def test_a_systemd_credential_comes_before_the_file_and_the_file_before_the_environment(tmp_path, credentials):
    systemd = tmp_path / "credentials"
    systemd.mkdir()
    (systemd / "kraken.key").write_text("from-systemd\n")
    (systemd / "kraken.secret").write_text(f"{CANARY}\n")
    environ = {**VARIABLES, "CREDENTIALS_DIRECTORY": str(systemd)}
    assert revealed(manager(credentials, environ)) == {"key": "from-systemd", "secret": CANARY}
    assert revealed(manager(credentials, VARIABLES)) == {"key": "from-file", "secret": CANARY}
    assert revealed(manager(tmp_path / "none", VARIABLES)) == {"key": "from-variable", "secret": CANARY}


def test_none_anywhere_names_all_places(tmp_path):
    with pytest.raises(SettingsError, match=r"keyring.*systemd.*none.*GAL_FRIDAY_KRAKEN_API_KEY"):
        manager(tmp_path / "none", {}).get_api_keys()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o700])
def test_a_file_that_others_may_read_is_refused(credentials, mode):
    credentials.chmod(mode)
    with pytest.raises(SettingsError, match="chmod 600") as caught:
        manager(credentials, {}).get_api_keys()
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [f"key: {CANARY}", f"{CANARY}", f"key: [{CANARY}]\nsecret: x", f"key: 'a\nsecret: *{CANARY}", f"x: {CANARY}"],
)
def test_a_malformed_file_is_refused_without_its_content(credentials, content):
    credentials.write_text(content)
    with pytest.raises(SettingsError) as caught:
        manager(credentials, {}).get_api_keys()
    assert CANARY not in f"{caught.value}{caught.value.__cause__}"


def test_nothing_that_prints_shows_a_secret(credentials):
    config = manager(credentials, VARIABLES)
    keys = config.get_api_keys()
    printed = f"{keys}{keys!r}{config!r}{shown(config)}{explained(config, 'kraken')}{config.settings!r}"
    assert CANARY not in printed
    assert "from-file" not in printed
    assert CANARY not in json.dumps(keys, default=str)
    assert config.config_hash == ConfigurationManager("", environ={}).config_hash


@pytest.mark.parametrize(
    "content",
    [
        f"kraken: {{api_key: {CANARY}}}",
        f"kraken: {{secret: {CANARY}}}",
        f"kraken: {{anything: {CANARY}}}",
        f"kraken: {{rest_url: 'https://me:{CANARY}@api.kraken.com'}}",
        f"api_secret: {CANARY}",
        f"kraken: *{CANARY}",
        f"token: [{CANARY}",
        f"password: {CANARY}",
        f"logging: {{webhook_token: {CANARY}}}",
    ],
)
def test_a_secret_written_in_the_settings_is_refused_unseen(tmp_path, content):
    path = tmp_path / "a.yaml"
    path.write_text(content)
    with pytest.raises(SettingsError) as caught:
        ConfigurationManager(str(path), environ={})
    assert CANARY not in str(caught.value)
    assert os.fspath(path) in str(caught.value)
    for variable in ("GAL_FRIDAY__KRAKEN__API_KEY", "GAL_FRIDAY__KRAKEN__SECRET"):
        with pytest.raises(SettingsError) as caught:
            ConfigurationManager("", environ={variable: CANARY})
        assert CANARY not in str(caught.value)
