"""Desk, account and matching engine together under random bars: covered to the lot, and never twice."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gal_friday.domain.numbers import exact
from gal_friday.domain.orders import Side
from gal_friday.settings.sections.execution import ExecutionSettings
from gal_friday.settings.sections.simulation import SimulationSettings, SlippageSettings
from tests.execution.street import LEVEL, PAIRS, Street

D = Decimal
small = st.integers(0, 25)
# Closes at an end of the range are met exactly in the mirror.
moves = st.tuples(
    st.integers(-25, 25), small, small, st.sampled_from([0, 100]), st.sampled_from([0, 7, 900, 20_000, 10**6])
)
bars = st.fixed_dictionaries({}, optional=dict.fromkeys(PAIRS, moves))
pairs = st.sampled_from(PAIRS)
sizes = st.integers(1, 3_000)
stops, targets = st.integers(1, 30), st.none() | st.integers(1, 40)
limits = st.none() | st.integers(-25, 10)
simulations = st.builds(
    SimulationSettings,
    latency_ms=st.sampled_from([0, 50, 9_000, 70_000]),
    latency_jitter_ms=st.sampled_from([0, 40, 20_000]),
    limit_fill=st.sampled_from(["touch", "cross"]),
    max_volume_share_pct=st.sampled_from([None, D(1), D(10), D("33.3")]),
    slippage=st.builds(
        SlippageSettings,
        kind=st.sampled_from(["fixed", "volatility", "volume"]),
        fixed_bp=st.sampled_from([D(0), D(7)]),
    ),
)
executions = st.builds(
    ExecutionSettings,
    entry_timeout_s=st.sampled_from([1.0, 15.0, 90.0, 300.0]),
    on_entry_timeout=st.sampled_from(["cancel", "market"]),
    target_exit=st.sampled_from(["limit", "market"]),
    exit_timeout_s=st.sampled_from([1.0, 15.0, 150.0]),
)


class StreetMachine(RuleBasedStateMachine):
    """Random bars with gaps and silences; entries, exits and halts between them."""

    def __init__(self):
        super().__init__()
        self.context = exact()
        self.context.__enter__()

    def teardown(self):
        self.context.__exit__(None, None, None)

    @initialize(simulation=simulations, execution=executions)
    def open(self, simulation, execution):
        self.street = Street(simulation, execution)

    @rule(moves=bars)
    def bar(self, moves):
        self.street.bar(moves)

    @rule(moves=st.lists(bars, min_size=2, max_size=5))
    def some_bars(self, moves):
        for one in moves:
            self.street.bar(one)
            self.street.at_rest()

    @precondition(lambda self: len(self.street.desk.brackets) < len(PAIRS))
    @rule(data=st.data(), side=st.sampled_from(Side), lots=sizes, stop=stops, goal=targets, limit=limits)
    def enter(self, data, side, lots, stop, goal, limit):
        free = [pair for pair in PAIRS if pair not in self.street.desk.brackets]
        self.street.enter(data.draw(st.sampled_from(free)), side, lots, stop, goal, limit)

    @precondition(lambda self: self.street.desk.brackets)
    @rule(pair=pairs)
    def leave(self, pair):
        self.street.leave(pair)

    @precondition(lambda self: self.street.desk.brackets)
    @rule(liquidate=st.booleans())
    def halt(self, liquidate):
        self.street.halt(liquidate=liquidate)

    @invariant()
    def everything_agrees(self):
        if hasattr(self, "street"):
            self.street.at_rest()


TestStreet = StreetMachine.TestCase


@pytest.mark.acceptance
class TestStreetAtLength(StreetMachine.TestCase):
    settings = settings.get_profile("acceptance")


# --- properties of whole scripts

acts = st.one_of(
    st.tuples(st.just("bar"), bars),
    st.tuples(st.just("bar"), bars),
    st.tuples(st.just("enter"), pairs, st.sampled_from(Side), sizes, stops, targets, limits),
    st.tuples(st.just("leave"), pairs),
    st.tuples(st.just("halt"), st.booleans()),
)
scripts = st.lists(acts, min_size=5, max_size=30)


def play(street, script, *, mirrored=False):
    for kind, *words in script:
        if kind == "bar":
            (moves,) = words
            if mirrored:
                moves = {p: (-gap, down, up, 100 - share, v) for p, (gap, up, down, share, v) in moves.items()}
            street.bar(moves)
        elif kind == "enter":
            pair, side, *rest = words
            if pair not in street.desk.brackets:
                street.enter(pair, side.opposite if mirrored else side, *rest)
        elif kind == "leave":
            street.leave(*words)
        else:
            street.halt(liquidate=words[0])
        street.at_rest()
    return street


@given(simulations, executions, scripts)
def test_the_order_of_registration_changes_nothing(simulation, execution, script):
    with exact():
        one = play(Street(simulation, execution), script)
        other = play(Street(simulation, execution, pairs=PAIRS[::-1]), script)
    assert one.told == other.told
    assert one.matching.balances == other.matching.balances
    assert one.account.ledger.sha256() == other.account.ledger.sha256()


@given(executions, scripts, st.sampled_from(["touch", "cross"]), st.sampled_from([None, D(10)]), st.integers(0, 90))
def test_a_short_in_a_mirrored_market_is_a_long(execution, script, how, share, latency_s):
    # Slippage by price is not the same on both sides of the mirror; that by range is.
    simulation = SimulationSettings(
        latency_ms=latency_s * 1000,
        limit_fill=how,
        max_volume_share_pct=share,
        slippage=SlippageSettings(kind="volatility", range_pct=D(10)),
    )
    with exact():
        one = play(Street(simulation, execution), script)
        other = play(Street(simulation, execution), script, mirrored=True)
    assert len(one.news) == len(other.news)
    for here, there in zip(one.news, other.news, strict=True):
        assert (here.kind, here.client_id, here.lots, here.phase, here.bar_ns, here.venue_ns, here.liquidity) == (
            there.kind, there.client_id, there.lots, there.phase, there.bar_ns, there.venue_ns, there.liquidity,
        )  # fmt: skip
        if here.kind == "fill":
            assert here.ticks + there.ticks == 2 * LEVEL
            assert here.slippage == there.slippage
    for pair in PAIRS:
        assert one.account.position(pair).quantity == -other.account.position(pair).quantity
