"""Stop, target and limit prices lie on the grid and on the right side."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gal_friday.domain.errors import Fault
from gal_friday.domain.numbers import exact
from gal_friday.domain.orders import Side
from gal_friday.domain.time import MINUTE
from gal_friday.settings.sections.strategy import StopSettings, TargetSettings
from gal_friday.strategy.exits import hold_ends_ns, limit_price, on_grid, reverses, stop_price, target_price

prices = st.decimals(min_value=Decimal("0.0001"), max_value=10**7, places=7)
ticks = st.sampled_from([Decimal(t) for t in ("0.0000001", "0.00001", "0.0005", "0.01", "0.1", "1", "25")])
percents = st.decimals(min_value=Decimal("0.01"), max_value=100, places=2)
sides = st.sampled_from(Side)


def is_on_grid(price: Decimal, tick: Decimal) -> bool:
    return price > 0 and price % tick == 0


@given(prices, ticks, st.booleans())
def test_the_grid_is_next_to_the_price(price: Decimal, tick: Decimal, up: bool) -> None:
    with exact():
        found = on_grid(price, tick, up=up)
        assert is_on_grid(found, tick)
        if price >= tick:
            assert 0 <= (found - price if up else price - found) < tick


@given(prices, ticks, sides, percents, percents)
def test_stop_and_target_are_at_least_as_far_as_configured(
    price: Decimal, tick: Decimal, side: Side, away: Decimal, gain: Decimal
) -> None:
    with exact():
        stop = stop_price(price, side, StopSettings(pct=away), {}, tick)
        target = target_price(price, side, TargetSettings(pct=gain), {}, tick, stop=stop)
        assert is_on_grid(stop, tick)
        assert is_on_grid(target, tick)
        sign = 1 if side is Side.BUY else -1
        clamped = tick  # the lowest price there is
        assert sign * (price - stop) * 100 >= price * away or stop == clamped
        assert sign * (target - price) * 100 >= price * gain or target == clamped


@given(prices, ticks, sides, st.floats(1e-8, 1e5), st.decimals(min_value=Decimal("0.1"), max_value=9, places=1))
def test_distances_by_atr_and_reward(price: Decimal, tick: Decimal, side: Side, atr: float, multiple: Decimal) -> None:
    with exact():
        features = {"atr_14": atr}
        stop = stop_price(price, side, StopSettings(kind="atr", atr_multiple=multiple), features, tick)
        reward = TargetSettings(kind="reward_risk", reward_risk=multiple)
        target = target_price(price, side, reward, features, tick, stop=stop)
        assert is_on_grid(stop, tick)
        assert is_on_grid(target, tick)
        distance = Decimal(repr(atr))
        assert abs(price - stop) + tick > min(distance * multiple, price) - tick or stop == tick
        by_atr = target_price(price, side, TargetSettings(kind="atr"), features, tick, stop=stop)
        assert (by_atr > price) if side is Side.BUY else (by_atr < price or by_atr == tick)


@given(prices, ticks, sides, st.decimals(min_value=0, max_value=1000, places=1))
def test_a_limit_is_never_beyond_the_last_price(price: Decimal, tick: Decimal, side: Side, offset: Decimal) -> None:
    with exact():
        limit = limit_price(price, side, offset, tick)
        assert is_on_grid(limit, tick)
        assert limit <= max(price, tick) if side is Side.BUY else limit >= price


def test_examples() -> None:
    with exact():
        tick = Decimal("0.01")
        stop = stop_price(Decimal("100"), Side.BUY, StopSettings(pct=Decimal("1.005")), {}, tick)
        assert stop == Decimal("98.99")
        reward = TargetSettings(kind="reward_risk", reward_risk=Decimal("1.5"))
        assert target_price(Decimal("100"), Side.BUY, reward, {}, tick, stop=stop) == Decimal("101.52")
        assert stop_price(Decimal("100"), Side.SELL, StopSettings(), {}, tick) == Decimal("101.00")
        flat = stop_price(Decimal("100"), Side.BUY, StopSettings(kind="atr"), {"atr_14": 0.0}, tick)
        assert flat == Decimal("100")
    assert hold_ends_ns(7, 2) == 7 + 2 * MINUTE
    assert reverses(Side.BUY, 0.49, 0.5)
    assert not reverses(Side.BUY, 0.5, 0.5)
    assert reverses(Side.SELL, 0.61, 0.4)
    assert not reverses(Side.SELL, 0.6, 0.4)


def test_many_digits_in_the_settings_lose_nothing() -> None:
    third = StopSettings(pct=Decimal("0.33333333333333333333333333333333333333"))
    with exact():
        assert stop_price(Decimal("0.1234567"), Side.BUY, third, {}, Decimal("0.0000001")) == Decimal("0.1230451")


def test_a_missing_atr_is_named() -> None:
    with exact(), pytest.raises(Fault, match=r"atr_14.*have rsi_14"):
        stop_price(Decimal(1), Side.BUY, StopSettings(kind="atr"), {"rsi_14": 1.0}, Decimal("0.1"))
