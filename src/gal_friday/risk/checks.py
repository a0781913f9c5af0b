"""The pre-trade checks in their order: each gives its limit, the actual value, and whether it holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

import msgspec

from gal_friday.domain.figures import Figures
from gal_friday.domain.instrument import Instrument
from gal_friday.domain.numbers import percent_of, plain
from gal_friday.domain.orders import Proposal, Side
from gal_friday.settings.sections.risk import RiskSettings


class Texts:
    """The limits of the settings as payload texts, made once."""

    def __init__(self, settings: RiskSettings) -> None:
        self.clock_offset = str(settings.max_clock_offset_ms)
        self.total = plain(settings.total_drawdown_pct)
        self.day = plain(settings.daily_drawdown_pct)
        self.week = plain(settings.weekly_drawdown_pct)
        self.losses = str(settings.max_consecutive_losses)
        self.fat_finger = plain(settings.fat_finger_pct)
        self.order_value = plain(settings.max_order_value)
        self.position = plain(settings.max_position_pct)
        self.exposure = plain(settings.max_exposure_pct)
        self.open_orders = str(settings.max_open_orders)
        self.order_rate = str(settings.max_orders_per_minute)


class Facts(msgspec.Struct, frozen=True):
    """Everything that one entry is judged by; prices and money in quote, `quantity` in base after caps."""

    proposal: Proposal
    settings: RiskSettings
    texts: Texts
    figures: Figures
    instrument: Instrument
    price: Decimal | None
    last_price: Decimal | None
    quantity: Decimal
    notional: Decimal
    notional_pct: Decimal
    cut_by: str | None
    in_position: Decimal
    fee_rate: Decimal
    halted: str | None
    stale: bool
    paused: bool
    clock_offset_ms: int
    model_expired: bool
    duplicate: bool
    open_entries: int
    recent_entries: int


# Whether the check holds, its limit, and the actual value; both None where there is no figure to tell.
Finding = tuple[bool, str | None, str | None]
Check = Callable[[Facts], Finding]

_PASSED: Finding = (True, None, None)


def _flag(fails: bool, actual: str) -> Finding:
    return (False, None, actual) if fails else _PASSED


def halted(f: Facts) -> Finding:
    """Trading must not be halted."""
    return _flag(f.halted is not None, f.halted or "")


def market_data(f: Facts) -> Finding:
    """The pair's data must be fresh, and a last price known."""
    return _flag(f.stale or f.last_price is None, "stale" if f.stale else "no price yet")


def venue(f: Facts) -> Finding:
    """The venue must take all orders for the pair."""
    status = f.instrument.status
    return status == "online", "online", status


def pair_paused(f: Facts) -> Finding:
    """An operator must not have paused the pair."""
    return _flag(f.paused, "paused")


def clock_offset(f: Facts) -> Finding:
    """Our clock must agree with the venue's."""
    return abs(f.clock_offset_ms) <= f.settings.max_clock_offset_ms, f.texts.clock_offset, str(f.clock_offset_ms)


def model_expired(f: Facts) -> Finding:
    """The model behind the signal must be in its time of validity."""
    return _flag(f.model_expired, "expired")


def duplicate(f: Facts) -> Finding:
    """One entry per strategy, pair, side and bar."""
    return _flag(f.duplicate, "same strategy, pair, side and bar")


def total_drawdown(f: Facts) -> Finding:
    """Equity against its highest value ever."""
    actual = f.figures.total_pct
    return actual < f.settings.total_drawdown_pct, f.texts.total, plain(actual)


def daily_drawdown(f: Facts) -> Finding:
    """Equity against the UTC day's highest."""
    actual = f.figures.day_pct
    return actual < f.settings.daily_drawdown_pct, f.texts.day, plain(actual)


def weekly_drawdown(f: Facts) -> Finding:
    """Equity against the ISO week's highest."""
    actual = f.figures.week_pct
    return actual < f.settings.weekly_drawdown_pct, f.texts.week, plain(actual)


def consecutive_losses(f: Facts) -> Finding:
    """Losing trades in a row."""
    losses = f.figures.losses
    return losses < f.settings.max_consecutive_losses, f.texts.losses, str(losses)


def fat_finger(f: Facts) -> Finding:
    """The entry price against the last price."""
    if f.price is None or f.last_price is None:
        return False, f.texts.fat_finger, "no price"
    actual = percent_of(abs(f.price - f.last_price), f.last_price)
    return actual <= f.settings.fat_finger_pct, f.texts.fat_finger, plain(actual)


def stop_loss(f: Facts) -> Finding:
    """The stop must lie on the losing side of the entry; short entries must be allowed."""
    proposal = f.proposal
    if proposal.side is Side.SELL and not f.settings.allow_short:
        return False, "risk.allow_short", "short entry"
    if proposal.sl is None or f.price is None:
        return False, "a stop", "none"
    right = 0 < proposal.sl < f.price if proposal.side is Side.BUY else proposal.sl > f.price
    return right, plain(f.price), plain(proposal.sl)


def minimum_order(f: Facts) -> Finding:
    """The venue's smallest size and notional, after rounding."""
    rules = f.instrument
    if f.quantity < rules.ordermin:
        return False, plain(rules.ordermin), plain(f.quantity)
    return f.notional >= rules.costmin, plain(rules.costmin), plain(f.notional)


def order_value(f: Facts) -> Finding:
    """Notional of one entry."""
    return f.notional <= f.settings.max_order_value, f.texts.order_value, plain(f.notional)


def position_share(f: Facts) -> Finding:
    """The pair's position after the fill, as percent of equity."""
    actual = percent_of(f.in_position + f.notional, f.figures.equity) if f.in_position else f.notional_pct
    return actual <= f.settings.max_position_pct, f.texts.position, plain(actual)


def exposure_share(f: Facts) -> Finding:
    """All positions and approved entries after the fill, as percent of equity."""
    after = f.figures.exposure_pct + f.notional_pct
    return after <= f.settings.max_exposure_pct, f.texts.exposure, plain(after)


def open_orders(f: Facts) -> Finding:
    """Entries approved and not ended."""
    return f.open_entries < f.settings.max_open_orders, f.texts.open_orders, str(f.open_entries)


def order_rate(f: Facts) -> Finding:
    """Entries approved within the last minute."""
    return f.recent_entries < f.settings.max_orders_per_minute, f.texts.order_rate, str(f.recent_entries)


def funds(f: Facts) -> Finding:
    """What the entry costs, fees included."""
    needed = f.notional * (1 + f.fee_rate)
    return needed <= f.figures.available, plain(f.figures.available), plain(needed)


CHECKS: Mapping[str, Check] = {
    "HALTED": halted,
    "STALE_MARKET_DATA": market_data,
    "VENUE_NOT_ONLINE": venue,
    "PAIR_PAUSED": pair_paused,
    "CLOCK_OFFSET": clock_offset,
    "MODEL_EXPIRED": model_expired,
    "DUPLICATE_SIGNAL": duplicate,
    "TOTAL_DRAWDOWN_LIMIT": total_drawdown,
    "DAILY_DRAWDOWN_LIMIT": daily_drawdown,
    "WEEKLY_DRAWDOWN_LIMIT": weekly_drawdown,
    "CONSECUTIVE_LOSSES_LIMIT": consecutive_losses,
    "FAT_FINGER_PRICE": fat_finger,
    "INVALID_STOP_LOSS": stop_loss,
    "BELOW_MINIMUM_ORDER": minimum_order,
    "MAX_ORDER_VALUE": order_value,
    "MAX_POSITION_PCT": position_share,
    "MAX_EXPOSURE_PCT": exposure_share,
    "MAX_OPEN_ORDERS": open_orders,
    "ORDER_RATE": order_rate,
    "INSUFFICIENT_FUNDS": funds,
}


class Verdict(msgspec.Struct, frozen=True):
    """The first check that failed, if any, and what every check up to it found."""

    code: str | None
    failed: Finding | None
    findings: dict[str, dict[str, str]]


def judge(facts: Facts) -> Verdict:
    """Run the checks in order until one fails."""
    found: dict[str, dict[str, str]] = {}
    for code, check in CHECKS.items():
        finding = check(facts)
        holds, limit, actual = finding
        if not holds:
            # A size that a cap cut below the venue's minimum is refused in the cap's name.
            named = facts.cut_by if code == "BELOW_MINIMUM_ORDER" and facts.cut_by else code
            return Verdict(named, finding, found)
        if limit is not None and actual is not None:
            found[code] = {"limit": limit, "actual": actual}
    return Verdict(None, None, found)
