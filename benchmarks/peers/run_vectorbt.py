"""The task on vectorbt: whole arrays, stops and targets inside from_signals; compiled code is warmed up first.

A zoned index would make it twenty times slower, so it gets a naive one.
"""

from typing import Any

import task
import vectorbt as vbt

chosen = task.options()


def run(table: Any, second: Any) -> tuple[int, float]:
    close = table["close"]
    fast, slow = vbt.MA.run(close, task.FAST, ewm=True), vbt.MA.run(close, task.SLOW, ewm=True)
    # Wilder's smoothing over n bars is an exponential one of span 2n - 1.
    rsi = vbt.RSI.run(close, 2 * task.RSI_BARS - 1, ewm=True).rsi
    entries = fast.ma_crossed_above(slow).to_numpy() & (rsi.to_numpy() < task.RSI_BELOW)
    if chosen.entries == "daily":
        entries = task.first_of_day(entries, second)
    portfolio = vbt.Portfolio.from_signals(
        close,
        entries,
        False,
        open=table["open"],
        high=table["high"],
        low=table["low"],
        size=task.STAKE,
        size_type="percent",
        init_cash=task.CAPITAL,
        fees=task.TAKER,
        sl_stop=task.STOP,
        tp_stop=task.TARGET,
        freq="1min",
    )
    return int(portfolio.orders.count()) // 2, float(portfolio.final_value())


columns = task.load(10_000)
compile_s, _ = task.timed(lambda: run(task.frame(columns), columns["second"]))
load_s, columns = task.timed(lambda: task.load(chosen.rows))
table = task.frame(columns)
run_s, (trades, equity) = task.timed(lambda: run(table, columns["second"]))
task.answer(
    "vectorbt",
    chosen.rows,
    run_s,
    load_s=round(load_s, 3),
    warm_s=round(compile_s, 3),
    trades=trades,
    equity=round(equity, 2),
)
