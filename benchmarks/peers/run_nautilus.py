"""The task on NautilusTrader's backtest engine.

`--oms` is NETTING, a spot account's ordinary one, or HEDGING, where every bracket has a position of its own and no
netting snapshots are taken. `--checks 0` bypasses its risk engine. Logging and the closing analysis are always off.
"""

from decimal import Decimal

import task
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig, RiskEngineConfig, StrategyConfig
from nautilus_trader.indicators import ExponentialMovingAverage, MovingAverageType, RelativeStrengthIndex
from nautilus_trader.model.currencies import BTC, USD
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide, OrderType
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import CurrencyPair
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.persistence.wranglers import BarDataWrangler
from nautilus_trader.trading.strategy import Strategy

chosen = task.options(oms="NETTING", checks=1)
VENUE = Venue("KRAKEN")
NAME = InstrumentId(Symbol("BTC/USD"), VENUE)


class Keys(StrategyConfig, frozen=True):
    bars: BarType


class Cross(Strategy):
    def __init__(self, config: Keys) -> None:
        super().__init__(config)
        self.fast, self.slow = ExponentialMovingAverage(task.FAST), ExponentialMovingAverage(task.SLOW)
        self.rsi = RelativeStrengthIndex(task.RSI_BARS, MovingAverageType.WILDER)
        self.above = True

    def on_start(self) -> None:
        self.instrument = self.cache.instrument(NAME)
        for indicator in (self.fast, self.slow, self.rsi):
            self.register_indicator_for_bars(self.config.bars, indicator)
        self.subscribe_bars(self.config.bars)

    def on_bar(self, bar: Bar) -> None:
        if not self.indicators_initialized():
            return
        was, self.above = self.above, self.fast.value > self.slow.value
        crossed = self.above and not was
        if crossed and self.rsi.value * 100 < task.RSI_BELOW and self.portfolio.is_flat(NAME):
            self.enter(bar.close.as_double())

    def enter(self, price: float) -> None:
        money = self.portfolio.account(VENUE).balance_total(USD).as_double()
        bracket = self.order_factory.bracket(
            instrument_id=NAME,
            order_side=OrderSide.BUY,
            quantity=self.instrument.make_qty(money * task.STAKE / price),
            entry_order_type=OrderType.MARKET,
            sl_trigger_price=self.instrument.make_price(price * (1 - task.STOP)),
            tp_price=self.instrument.make_price(price * (1 + task.TARGET)),
            tp_post_only=False,
        )
        self.submit_order_list(bracket)


pair = CurrencyPair(
    instrument_id=NAME,
    raw_symbol=NAME.symbol,
    base_currency=BTC,
    quote_currency=USD,
    price_precision=1,
    size_precision=8,
    price_increment=Price(0.1, 1),
    size_increment=Quantity(1e-8, 8),
    lot_size=None,
    max_quantity=None,
    min_quantity=None,
    max_notional=None,
    min_notional=None,
    max_price=None,
    min_price=None,
    margin_init=Decimal(0),
    margin_maint=Decimal(0),
    maker_fee=Decimal(str(task.MAKER)),
    taker_fee=Decimal(str(task.TAKER)),
    ts_event=0,
    ts_init=0,
)
engine = BacktestEngine(
    BacktestEngineConfig(
        logging=LoggingConfig(bypass_logging=True),
        risk_engine=RiskEngineConfig(bypass=not chosen.checks),
        run_analysis=False,
    )
)
engine.add_venue(VENUE, OmsType[chosen.oms], AccountType.CASH, [Money(task.CAPITAL, USD)])
engine.add_instrument(pair)
kind = BarType.from_str(f"{NAME}-1-MINUTE-LAST-EXTERNAL")
load_s, table = task.timed(lambda: task.frame(task.load(chosen.rows), zone="UTC"))
convert_s, _ = task.timed(lambda: engine.add_data(BarDataWrangler(kind, pair).process(table)))
last_price = float(table["close"].iloc[-1])
engine.add_strategy(Cross(Keys(bars=kind)))
run_s, _ = task.timed(engine.run)

account = engine.portfolio.account(VENUE)
coins = account.balance_total(BTC)
worth = account.balance_total(USD).as_double() + (coins.as_double() * last_price if coins else 0.0)
entries = sum(1 for order in engine.cache.orders_closed() if order.is_buy and order.filled_qty > 0)
task.answer(
    "nautilus-trader", chosen.rows, run_s, load_s=round(load_s + convert_s, 3), trades=entries, equity=round(worth, 2)
)
