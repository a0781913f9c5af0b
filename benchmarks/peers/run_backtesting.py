"""The task on Backtesting.py: the reference for how many trades there are.

It trades whole units only, so prices are put per millionth of a coin. One fee for both liquidities.
"""

import numpy as np
import pandas as pd
import task
from backtesting import Backtest, Strategy
from backtesting.lib import crossover

MILLIONTH = 1e-6
chosen = task.options()


def average(values: np.ndarray, span: int) -> np.ndarray:
    return pd.Series(values).ewm(span=span, adjust=False).mean().to_numpy()


def strength(values: np.ndarray, bars: int) -> np.ndarray:
    moves = pd.Series(values).diff()
    gains = moves.clip(lower=0).ewm(alpha=1 / bars, adjust=False).mean()
    losses = (-moves).clip(lower=0).ewm(alpha=1 / bars, adjust=False).mean()
    return (100 * gains / (gains + losses)).to_numpy()


class Cross(Strategy):
    spent = -1

    def init(self) -> None:
        close = self.data.Close
        self.fast, self.slow = self.I(average, close, task.FAST), self.I(average, close, task.SLOW)
        self.rsi = self.I(strength, close, task.RSI_BARS)

    def allowed(self) -> bool:
        if chosen.entries == "all":
            return True
        day, last = self.data.index[-1].toordinal(), self.spent
        self.spent = day
        return day != last

    def next(self) -> None:
        if chosen.entries == "all" and self.position:
            return
        signal = crossover(self.fast, self.slow) and self.rsi[-1] < task.RSI_BELOW
        if signal and self.allowed() and not self.position:
            price = self.data.Close[-1]
            self.buy(
                size=int(self.equity * task.STAKE / price), sl=price * (1 - task.STOP), tp=price * (1 + task.TARGET)
            )


load_s, table = task.timed(lambda: task.frame(task.load(chosen.rows)))
table.columns = [name.capitalize() for name in table.columns]
table[["Open", "High", "Low", "Close"]] *= MILLIONTH
test = Backtest(table, Cross, cash=task.CAPITAL, commission=task.TAKER, finalize_trades=True)
run_s, result = task.timed(test.run)
task.answer(
    "backtesting",
    chosen.rows,
    run_s,
    load_s=round(load_s, 3),
    trades=int(result["# Trades"]),
    equity=round(float(result["Equity Final [$]"]), 2),
)
