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


class Facts(msgspec.Struct, frozen=True):
    """Everything that one entry is judged by; prices and money in quote, `quantity` in base after caps."""

    proposal: Proposal
    settings: RiskSettings
    figures: Figures
    instrument: Instrument
    price: Decimal | None
    last_price: Decimal | None
    quantity: Decimal
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


class Finding(msgspec.Struct, frozen=True):
    """The outcome of one check."""

    holds: bool
    limit: str | None
    actual: str | None


Check = Callable[[Facts], Finding]

_PASSED = Finding(True, None, None)


def _flag(fails: bool, actual: str) -> Finding:
    return Finding(False, None, actual) if fails else _PASSED


def _at_most(actual: Decimal, limit: Decimal) -> Finding:
    return Finding(actual <= limit, plain(limit), plain(actual))


def _below(actual: Decimal, limit: Decimal) -> Finding:
    return Finding(actual < limit, plain(limit), plain(actual))


def _notional(f: Facts) -> Decimal:
    return f.quantity * f.price if f.price is not None else Decimal(0)


def halted(f: Facts) -> Finding:
    """Trading must not be halted."""
    return _flag(f.halted is not None, f.halted or "")


def market_data(f: Facts) -> Finding:
    """The pair's data must be fresh, and a last price known."""
    return _flag(f.stale or f.last_price is None, "stale" if f.stale else "no price yet")


def venue(f: Facts) -> Finding:
    """The venue must take all orders for the pair."""
    status = f.instrument.status
    return Finding(status == "online", "online", status)


def pair_paused(f: Facts) -> Finding:
    """An operator must not have paused the pair."""
    return _flag(f.paused, "paused")


def clock_offset(f: Facts) -> Finding:
    """Our clock must agree with the venue's."""
    return Finding(
        abs(f.clock_offset_ms) <= f.settings.max_clock_offset_ms,
        str(f.settings.max_clock_offset_ms),
        str(f.clock_offset_ms),
    )


def model_expired(f: Facts) -> Finding:
    """The model behind the signal must be in its time of validity."""
    return _flag(f.model_expired, "expired")


def duplicate(f: Facts) -> Finding:
    """One entry per strategy, pair, side and bar."""
    return _flag(f.duplicate, "same strategy, pair, side and bar")


def total_drawdown(f: Facts) -> Finding:
    """Equity against its highest value ever."""
    return _below(f.figures.total_pct, f.settings.total_drawdown_pct)


def daily_drawdown(f: Facts) -> Finding:
    """Equity against the UTC day's highest."""
    return _below(f.figures.day_pct, f.settings.daily_drawdown_pct)


def weekly_drawdown(f: Facts) -> Finding:
    """Equity against the ISO week's highest."""
    return _below(f.figures.week_pct, f.settings.weekly_drawdown_pct)


def consecutive_losses(f: Facts) -> Finding:
    """Losing trades in a row."""
    limit = f.settings.max_consecutive_losses
    return Finding(f.figures.losses < limit, str(limit), str(f.figures.losses))


def fat_finger(f: Facts) -> Finding:
    """The entry price against the last price."""
    if f.price is None or f.last_price is None:
        return Finding(False, plain(f.settings.fat_finger_pct), "no price")
    return _at_most(percent_of(abs(f.price - f.last_price), f.last_price), f.settings.fat_finger_pct)


def stop_loss(f: Facts) -> Finding:
    """The stop must lie on the losing side of the entry; short entries must be allowed."""
    proposal = f.proposal
    if proposal.side is Side.SELL and not f.settings.allow_short:
        return Finding(False, "risk.allow_short", "short entry")
    if proposal.sl is None or f.price is None:
        return Finding(False, "a stop", "none")
    right = 0 < proposal.sl < f.price if proposal.side is Side.BUY else proposal.sl > f.price
    return Finding(right, plain(f.price), plain(proposal.sl))


def minimum_order(f: Facts) -> Finding:
    """The venue's smallest size and notional, after rounding."""
    rules = f.instrument
    if f.quantity < rules.ordermin:
        return Finding(False, plain(rules.ordermin), plain(f.quantity))
    return Finding(_notional(f) >= rules.costmin, plain(rules.costmin), plain(_notional(f)))


def order_value(f: Facts) -> Finding:
    """Notional of one entry."""
    return _at_most(_notional(f), f.settings.max_order_value)


def position_share(f: Facts) -> Finding:
    """The pair's position after the fill, as percent of equity."""
    return _at_most(percent_of(f.in_position + _notional(f), f.figures.equity), f.settings.max_position_pct)


def exposure_share(f: Facts) -> Finding:
    """All positions and approved entries after the fill, as percent of equity."""
    after = f.figures.exposure_pct + percent_of(_notional(f), f.figures.equity)
    return _at_most(after, f.settings.max_exposure_pct)


def open_orders(f: Facts) -> Finding:
    """Entries approved and not ended."""
    limit = f.settings.max_open_orders
    return Finding(f.open_entries < limit, str(limit), str(f.open_entries))


def order_rate(f: Facts) -> Finding:
    """Entries approved within the last minute."""
    limit = f.settings.max_orders_per_minute
    return Finding(f.recent_entries < limit, str(limit), str(f.recent_entries))


def funds(f: Facts) -> Finding:
    """What the entry costs, fees included."""
    return _at_most(_notional(f) * (1 + f.fee_rate), f.figures.available)


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
        if not finding.holds:
            # A size that a cap cut below the venue's minimum is refused in the cap's name.
            named = facts.cut_by if code == "BELOW_MINIMUM_ORDER" and facts.cut_by else code
            return Verdict(named, finding, found)
        if finding.limit is not None and finding.actual is not None:
            found[code] = {"limit": finding.limit, "actual": finding.actual}
    return Verdict(None, None, found)
