"""Drawdowns against the whole list of equities: UTC day, ISO week, and ever."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from gal_friday.domain.numbers import exact, units_decimal
from gal_friday.domain.time import DAY, HOUR, to_datetime
from gal_friday.portfolio.drawdown import Drawdowns

START = 1_704_067_200_000_000_000 - 5 * DAY  # a Wednesday; the year and the week turn on the Monday after
equities = st.integers(-(10**9), 10**9).map(lambda points: units_decimal(points + 10**9, 4))
steps = st.lists(st.tuples(st.integers(0, 60), equities), max_size=40)


def naive(history, same):
    """Percent below the highest equity of the period, which begins with what was known before it."""
    now, equity = history[-1]
    within = [i for i, (at, _) in enumerate(history) if same(to_datetime(at), to_datetime(now))]
    peak = max(value for _, value in history[max(within[0] - 1, 0) :])
    return Fraction(peak - equity) / Fraction(peak) * 100 if peak > equity else Fraction(0)


def rounded(value):
    return Fraction(round(value * 10**8), 10**8)


@given(equities, steps)
def test_drawdowns_are_those_of_the_whole_history(first, moves):
    at = START
    history = [(at, first)]
    with exact():
        drawdowns = Drawdowns(first, at)
        for hours, equity in moves:
            at += hours * HOUR
            drawdowns.update(equity, at)
            history.append((at, equity))
            for got, same in (
                (drawdowns.day_pct, lambda a, b: a.date() == b.date()),
                (drawdowns.week_pct, lambda a, b: a.isocalendar()[:2] == b.isocalendar()[:2]),
                (drawdowns.total_pct, lambda a, b: True),
            ):
                assert Fraction(got) == rounded(naive(history, same))


@given(equities, steps, st.tuples(*[st.integers(1, 10_000).map(lambda bp: Decimal(bp) / 100)] * 3))
def test_the_cheap_look_never_misses_a_crossing(first, moves, limits):
    at = START
    day, week, total = limits
    with exact():
        drawdowns = Drawdowns(first, at)
        for hours, equity in moves:
            at += hours * HOUR
            drawdowns.update(equity, at)
            crossed = drawdowns.day_pct >= day or drawdowns.week_pct >= week or drawdowns.total_pct >= total
            assert drawdowns.may_cross(day, week, total) or not crossed


def test_a_fall_over_midnight_counts_for_the_new_day():
    with exact():
        drawdowns = Drawdowns(Decimal(100), START)
        drawdowns.update(Decimal(110), START + HOUR)
        drawdowns.update(Decimal(99), START + DAY)
        assert (drawdowns.day_pct, drawdowns.total_pct) == (10, 10)
        drawdowns.update(Decimal(99), START + 2 * DAY)
        assert (drawdowns.day_pct, drawdowns.week_pct) == (0, 10)
        drawdowns.update(Decimal(99), START + 5 * DAY)
        assert (drawdowns.day_pct, drawdowns.week_pct, drawdowns.total_pct) == (0, 0, 10)
