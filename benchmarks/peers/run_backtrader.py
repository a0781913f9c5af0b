"""The task on backtrader: bracket orders that fill at the next open, indicators over the whole series first."""

import backtrader as bt
import task

chosen = task.options()


class Fee(bt.CommInfoBase):
    params = (
        ("commission", task.TAKER),
        ("stocklike", True),
        ("commtype", bt.CommInfoBase.COMM_PERC),
        ("percabs", True),
    )


class Cross(bt.Strategy):
    def __init__(self) -> None:
        close = self.data.close
        self.cross = bt.ind.CrossOver(bt.ind.EMA(close, period=task.FAST), bt.ind.EMA(close, period=task.SLOW))
        self.rsi = bt.ind.RSI(close, period=task.RSI_BARS, safediv=True)
        self.entered = 0

    def next(self) -> None:
        if self.cross[0] > 0 and self.rsi[0] < task.RSI_BELOW and not self.position.size:
            price = self.data.close[0]
            self.buy_bracket(
                size=self.broker.getvalue() * task.STAKE / price,
                exectype=bt.Order.Market,
                stopprice=price * (1 - task.STOP),
                limitprice=price * (1 + task.TARGET),
            )

    def notify_trade(self, trade: bt.Trade) -> None:
        self.entered += trade.justopened


cerebro = bt.Cerebro(stdstats=False)
load_s, table = task.timed(lambda: task.frame(task.load(chosen.rows)))
cerebro.adddata(bt.feeds.PandasData(dataname=table, timeframe=bt.TimeFrame.Minutes, openinterest=None))
cerebro.addstrategy(Cross)
cerebro.broker.setcash(task.CAPITAL)
cerebro.broker.addcommissioninfo(Fee())
run_s, strategies = task.timed(cerebro.run)
task.answer(
    "backtrader",
    chosen.rows,
    run_s,
    load_s=round(load_s, 3),
    trades=strategies[0].entered,
    equity=round(cerebro.broker.getvalue(), 2),
)
