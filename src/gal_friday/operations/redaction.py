"""Takes secrets out of what is about to be written, by the name of a field and by what a text looks like."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

MASK: Final = "***"
_NAMES: Final = re.compile(
    r"(?i)secret|passw|passphrase|token|credential|authori[sz]ation|cookie|signature|private|api[-_]?(key|sign)|^(key|otp|pwd)$"
)
_TEXTS: Final = (
    (re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"), MASK),  # user and password of an address
    (re.compile(r"(?i)(?<=bearer )[\w.~+/=-]+"), MASK),
    (re.compile(r"(?i)\b(password|secret|token|api[-_]?key)(\s*[=:]\s*)[^\s,;&'\"]+"), rf"\1\2{MASK}"),
    (re.compile(r"(?<![\w+/])[A-Za-z0-9+/]{86}=="), MASK),  # a Kraken private key: 64 bytes in base64
)
# Shorter values would mask ordinary words.
_SHORTEST: Final = 6
_DEEPEST: Final = 8


class Redaction:
    """Masks fields with telling names, texts that look like secrets, and the secrets it was told."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted({s for s in secrets if len(s) >= _SHORTEST}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def text(self, text: str) -> str:
        """The text without secrets."""
        if self._known is not None:
            text = self._known.sub(MASK, text)
        for pattern, mask in _TEXTS:
            text = pattern.sub(mask, text)
        return text

    def value(self, value: Any, depth: int = 0) -> Any:
        """The value without secrets, made of dicts, lists, texts and plain numbers only."""
        if value is None or isinstance(value, (bool, int, float)):
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping) and depth < _DEEPEST:
            return {str(name): self.field(str(name), held, depth + 1) for name, held in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)) and depth < _DEEPEST:
            return [self.value(held, depth + 1) for held in value]
        return self.text(str(value))

    def field(self, name: str, value: Any, depth: int = 0) -> Any:
        """The value of a named field."""
        return MASK if _NAMES.search(name) else self.value(value, depth)
