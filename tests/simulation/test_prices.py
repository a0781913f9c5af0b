"""What a simulated taker concedes is always to its own disadvantage, in whole ticks of the venue's grid."""

from decimal import Decimal
from fractions import Fraction
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from gal_friday.settings.sections.simulation import SimulationSettings, SlippageSettings
from gal_friday.simulation.prices import Slippage, on_grid

D = Decimal
kinds = st.sampled_from(["fixed", "volatility", "volume"])
tenths = st.integers(0, 9_999).map(lambda n: D(n) / 10)


@st.composite
def concessions(draw):
    chosen = SlippageSettings(kind=draw(kinds), fixed_bp=draw(tenths), range_pct=draw(tenths), impact_bp=draw(tenths))
    return SimulationSettings(slippage=chosen, slippage_multiple=D(draw(st.integers(0, 300))) / 100)


sizes = st.integers(0, 10**12)


@given(concessions(), st.integers(1, 10**9), st.integers(1, 10**12), sizes, sizes)
def test_a_concession_is_its_definition_rounded_against_us(settings, price, lots, previous, volume):
    got = Slippage(settings).ticks(price, lots, previous, volume)
    chosen, factor = settings.slippage, Fraction(settings.slippage_multiple)
    wanted = {
        "fixed": Fraction(chosen.fixed_bp) / 10_000 * price,
        "volatility": Fraction(chosen.range_pct) / 100 * previous,
        "volume": Fraction(chosen.impact_bp) / 10_000 * price * lots / max(volume, 1),
    }[chosen.kind]
    assert got == ceil(wanted * factor)
    assert got >= 0


@given(concessions(), st.integers(1, 10**9), st.integers(1, 10**9), st.integers(1, 10**9), sizes, sizes)
def test_a_larger_order_never_pays_less(settings, price, lots, more, previous, volume):
    slippage = Slippage(settings)
    one = slippage.ticks(price, lots, previous, volume)
    assert slippage.ticks(price, lots + more, previous, volume) >= one


@given(st.integers(1, 10**9), st.integers(1, 1_000))
def test_the_grid_is_met_in_the_direction_that_hurts(ticks, grid):
    up, down = on_grid(ticks, grid, up=True), on_grid(ticks, grid, up=False)
    assert up % grid == down % grid == 0
    assert down <= ticks <= up
    assert up - down == (grid if ticks % grid else 0)
