"""The replayed world: one timeline for all pairs, volumes in lots, and costs that everybody pays alike."""

from datetime import datetime, timedelta
from decimal import Decimal

from gal_friday.backtest.benchmark import purchase
from gal_friday.backtest.engine import BacktestingEngine
from gal_friday.backtest.grid import grid_of
from gal_friday.backtest.world import build
from gal_friday.domain.numbers import exact, share
from tests.backtest.markets import Market
from tests.backtest.worlds import Case

BOTH = Case((Market("XRP/USD", 5, 60), Market("DOGE/USD", 6, 60)))


def test_volumes_finer_than_a_lot_are_rounded_down_to_lots():
    case = Case((Market("XRP/USD", 5, 200, volume_decimals=10),))
    world = build(case.config(), case.series())
    lots = world.instruments["XRP/USD"].lot_decimals
    assert lots == 8
    volumes = world.series["XRP/USD"].volume.tolist()
    assert any(volume % 100 for volume in volumes)
    for row, volume in enumerate(volumes):
        of_lots = world.facts("XRP/USD", row).volume
        assert of_lots == int(Decimal(volume).scaleb(lots - 10))
        assert 0 <= volume - of_lots * 100 < 100


def test_volumes_coarser_than_a_lot_are_kept_whole():
    case = Case((Market("XRP/USD", 5, 50, volume_decimals=3),))
    world = build(case.config(), case.series())
    assert [world.facts("XRP/USD", row).volume for row in range(50)] == [
        volume * 10**5 for volume in world.series["XRP/USD"].volume.tolist()
    ]


def test_neither_the_order_of_the_data_nor_that_of_the_configured_pairs_matters():
    series = BOTH.series()
    there = build(BOTH.config(**{"trading.pairs": ["XRP/USD", "DOGE/USD"]}), series)
    back = build(BOTH.config(**{"trading.pairs": ["DOGE/USD", "XRP/USD"]}), dict(reversed(series.items())))
    assert there.pairs == back.pairs == ("DOGE/USD", "XRP/USD")
    assert there.config.config_hash == back.config.config_hash


def test_buy_and_hold_pays_the_multiplied_fees_too():
    plain, dear = (run_of(BOTH, **{"simulation.fee_multiple": multiple}) for multiple in ("1", "3"))
    with exact():
        for pair in BOTH.series():
            assert dear.instruments[pair].taker_fee_pct == 3 * plain.instruments[pair].taker_fee_pct
            for run in (plain, dear):
                grid, budget = grid_of(run, pair), Decimal(1_000)
                lots, left = purchase(grid, budget)
                paid = grid.money(lots * grid.close(0))
                fee = budget - left - paid
                assert abs(fee - paid * share(grid.instrument.taker_fee_pct)) <= Decimal("0.00001")


def run_of(case, **changes):
    engine = BacktestingEngine(case.config(**changes), series=case.series())
    engine.run_backtest(datetime(2024, 1, 1), datetime(2024, 1, 1) + timedelta(days=900), case.money)
    assert engine.run is not None
    return engine.run
