"""The task on jesse's research.backtest; stop and target are set when the position opens."""

import os
import tempfile

# It writes beside its working directory as soon as it is imported.
os.chdir(tempfile.mkdtemp())

import jesse.indicators as ta
import numpy as np
import task
from jesse import research, utils
from jesse.strategies import Strategy

EXCHANGE, SYMBOL = "Kraken", "BTC-USD"
LOOK_BACK = 240  # what its indicators look at by default
chosen = task.options(fast=0)


class Cross(Strategy):
    above = True
    signal = False
    entered = 0

    def before(self) -> None:
        recent = self.candles[-LOOK_BACK:]
        was, self.above = self.above, ta.ema(recent, task.FAST) > ta.ema(recent, task.SLOW)
        self.signal = self.above and not was and ta.rsi(recent, task.RSI_BARS) < task.RSI_BELOW

    def should_long(self) -> bool:
        return self.index >= task.SLOW and self.signal

    def go_long(self) -> None:
        self.buy = utils.size_to_qty(self.balance * task.STAKE, self.price, precision=8), self.price

    def on_open_position(self, order: object) -> None:
        Cross.entered += 1
        self.stop_loss = self.position.qty, self.position.entry_price * (1 - task.STOP)
        self.take_profit = self.position.qty, self.position.entry_price * (1 + task.TARGET)

    def should_cancel_entry(self) -> bool:
        return True

    def should_short(self) -> bool:
        return False

    def go_short(self) -> None:
        return None


def candles() -> np.ndarray:
    columns = task.load(chosen.rows)
    prices = [columns[name] for name in ("open", "close", "high", "low", "volume")]
    return np.column_stack([columns["second"] * 1000.0, *prices])


load_s, series = task.timed(candles)
config = {
    "starting_balance": task.CAPITAL,
    "fee": task.TAKER,
    "type": "spot",
    "simulation_model": "spot",
    "annualization": 365,
    "futures_leverage": 1,
    "futures_leverage_mode": "cross",
    "exchange": EXCHANGE,
    "warm_up_candles": 0,
}
routes = [{"exchange": EXCHANGE, "strategy": Cross, "symbol": SYMBOL, "timeframe": "1m"}]
data = {f"{EXCHANGE}-{SYMBOL}": {"exchange": EXCHANGE, "symbol": SYMBOL, "candles": series}}
run_s, result = task.timed(lambda: research.backtest(config, routes, [], data, fast_mode=bool(chosen.fast)))
task.answer(
    "jesse",
    chosen.rows,
    run_s,
    load_s=round(load_s, 3),
    trades=Cross.entered,
    equity=round(result["metrics"].get("finishing_balance", 0.0), 2),
)
