"""The hash of everything in the settings that can change a decision, and of nothing that cannot."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import PurePath
from typing import Any

from pydantic.fields import FieldInfo

from gal_friday.domain.numbers import plain
from gal_friday.settings.section import Section


def config_hash(settings: Section) -> str:
    """SHA-256, in hex, over the canonical JSON of every key that is not declared `decides=False`."""
    text = json.dumps(canonical(settings), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def canonical(value: Any) -> Any:
    """JSON values in which equal settings are equal texts: 0.50 and 0.5 are one number."""
    if isinstance(value, Section):
        return {
            name: canonical(getattr(value, name) if _declared(field, "ordered") else sorted(getattr(value, name)))
            for name, field in type(value).model_fields.items()
            if _declared(field, "decides")
        }
    if isinstance(value, Mapping):
        return {str(name): canonical(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [canonical(member) for member in value]
    if isinstance(value, PurePath):
        return str(value)
    return decimal_text(value) if isinstance(value, Decimal) else value


def _declared(field: FieldInfo, name: str) -> bool:
    extra = field.json_schema_extra
    return not (isinstance(extra, Mapping) and extra.get(name) is False)


def decimal_text(amount: Decimal) -> str:
    """The shortest plain text of a number, digit for digit and independent of the arithmetic context."""
    if not amount:
        return "0"
    text = plain(amount)
    return text.rstrip("0").rstrip(".") if "." in text else text
