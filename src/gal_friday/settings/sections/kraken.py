"""Keys of the connection to Kraken; the API key and its secret are never among them."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator

from gal_friday.settings.section import Section, key

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def _endpoint(text: str) -> str:
    url = urlsplit(text)
    if url.username is not None or url.password is not None:
        raise ValueError("expected an address without a user name or password")
    encrypted = url.scheme in ("https", "wss")
    if not url.hostname or not (encrypted or (url.scheme in ("http", "ws") and url.hostname in _LOOPBACK)):
        raise ValueError("expected an https:// or wss:// address (http:// and ws:// on the local machine only)")
    return text


Endpoint = Annotated[str, AfterValidator(_endpoint)]


def _address(default: str, help_text: str) -> Any:
    return key(default, help_text, unit="URL", decides=False, max_length=500)


class KrakenSettings(Section):
    """Where the exchange is reached and where its keys are looked for."""

    rest_url: Endpoint = _address("https://api.kraken.com", "REST interface")
    websocket_url: Endpoint = _address("wss://ws.kraken.com/v2", "Public stream")
    private_websocket_url: Endpoint = _address("wss://ws-auth.kraken.com/v2", "Private stream")
    keyring_service: str = key(
        "gal-friday", "Name under which the operating system's keyring holds the keys", decides=False, min_length=1
    )
    credentials_file: str = key(
        "~/.config/gal-friday/kraken.yaml",
        "File of mode 0600 with the keys `key` and `secret`, read where no keyring or systemd credential has them",
        decides=False,
    )
