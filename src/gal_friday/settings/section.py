"""The base of every section: frozen, unknown keys refused, and each key's unit declared beside it."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field


class Section(BaseModel):
    """A frozen group of keys. Unknown keys, non-finite numbers and floats where money is meant are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)


def key(
    default: Any,
    help_text: str,
    *,
    unit: str = "",
    decides: bool = True,
    reloadable: bool = False,
    ordered: bool = True,
    **bounds: Any,
) -> Any:
    """Declare a key: its meaning, unit and range, whether it can change a decision, and whether a reload may change it.

    `decides=False` keeps the key out of the configuration hash, `ordered=False` the order of its members;
    `bounds` are pydantic's (ge, gt, le, lt, …).
    """
    extra: dict[str, Any] = {"unit": unit, "decides": decides, "reloadable": reloadable}
    if not ordered:
        extra["ordered"] = False
    if callable(default):
        return Field(
            default_factory=default,
            description=help_text,
            json_schema_extra=extra,
            **bounds,
        )
    return Field(default, description=help_text, json_schema_extra=extra, **bounds)


Percent = Annotated[Decimal, Field(ge=0, le=100)]
PositivePercent = Annotated[Decimal, Field(gt=0, le=100)]
Money = Annotated[Decimal, Field(ge=0)]
