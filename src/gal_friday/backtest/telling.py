"""The reports of a plain trade as journal lines: the bytes that encoding its six reports would give.

Written out because a year has thousands of such trades; the comparison of the two drivers holds these lines
against the encoded reports of the desk.
"""

from __future__ import annotations

from decimal import Decimal

from gal_friday.backtest.stride import Leg, Trade
from gal_friday.domain.instrument import Instrument
from gal_friday.domain.numbers import plain, units_text
from gal_friday.domain.orders import EXCHANGE, OrderType, Role, Status
from gal_friday.domain.time import iso
from gal_friday.events import types


class Telling:
    """Writes the lines of one pair's plain trades."""

    def __init__(self, rules: Instrument) -> None:
        self._rules = rules
        self._asset = f'","commission_asset":"{rules.quote}","exchange":"{EXCHANGE}","exchange_order_id":"'
        self._pair = f'","trading_pair":"{rules.pair}"}},"timestamp":"'
        self._end = f'","type":"{types.EXECUTION_REPORT}"}}'

    def lines(self, trade: Trade, entry_id: str, stop_id: str, target_id: str | None) -> list[str]:
        """The lines in order: entry accepted and filled, stop accepted, then how it ended.

        The ids are the venue's; `target_id` is None where the stop ended the trade.
        """
        approval, entry, leave = trade.approval, trade.entry, trade.exit
        quantity = plain(approval.quantity)
        size = f'"quantity_ordered":"{quantity}","role":"'
        signal = f'","signal_id":"{approval.signal_id}","stop_price":'
        stop = self._level(approval.sl)
        away = f'STOP","side":"{leave.side}{signal}{stop},"timestamp_exchange":"'
        enter = f'ENTRY","side":"{entry.side}{signal}null,"timestamp_exchange":"'
        said = [
            self._accepted(entry, entry_id, "null", size, enter),
            self._filled(entry, entry_id, "null", size, enter, quantity),
            self._waiting(trade.stop_id, stop_id, Status.NEW, size, away, trade.stop_arrival_ns, entry.heard_ns),
        ]
        if target_id is None:
            said.append(self._filled(leave, stop_id, "null", size, away, quantity))
            return said
        limit = self._level(approval.tp) if leave.order_type is OrderType.LIMIT else "null"
        leaving = f'{Role.TARGET}","side":"{leave.side}{signal}null,"timestamp_exchange":"'
        said.append(self._waiting(trade.stop_id, stop_id, Status.CANCELED, size, away, leave.told_ns, leave.told_ns))
        said.append(self._accepted(leave, target_id, limit, size, leaving))
        said.append(self._filled(leave, target_id, limit, size, leaving, quantity))
        return said

    def _level(self, price: Decimal | None) -> str:
        # An order states its price in ticks, which may be finer than the grid that the level was put on.
        return "null" if price is None else f'"{plain(self._rules.price(self._rules.ticks(price)))}"'

    def _accepted(self, leg: Leg, exchange_id: str, limit: str, size: str, who: str) -> str:
        return (
            f'{{"payload":{{"average_fill_price":null,"client_order_id":"{leg.client_id}","commission":"0'
            f'{self._asset}{exchange_id}","limit_price":{limit},"order_status":"NEW","order_type":"{leg.order_type}"'
            f',"quantity_filled":"0",{size}{who}{iso(leg.arrival_ns)}{self._pair}{iso(leg.told_ns)}{self._end}'
        )

    def _filled(self, leg: Leg, exchange_id: str, limit: str, size: str, who: str, quantity: str) -> str:
        price, paid = units_text(leg.ticks, self._rules.price_decimals), plain(leg.commission)
        return (
            f'{{"payload":{{"average_fill_price":"{price}","client_order_id":"{leg.client_id}","commission":"{paid}'
            f'{self._asset}{exchange_id}","last_fill":{{"commission":"{paid}","fill_id":"{leg.client_id}-1",'
            f'"liquidity":"{leg.liquidity}","price":"{price}","quantity":"{quantity}"}},"limit_price":{limit},'
            f'"order_status":"FILLED","order_type":"{leg.order_type}","quantity_filled":"{quantity}",'
            f"{size}{who}{iso(leg.fill_ns)}{self._pair}{iso(leg.heard_ns)}{self._end}"
        )

    def _waiting(
        self, client_id: str, exchange_id: str, status: str, size: str, who: str, venue_ns: int, now_ns: int
    ) -> str:
        return (
            f'{{"payload":{{"average_fill_price":null,"client_order_id":"{client_id}","commission":"0'
            f'{self._asset}{exchange_id}","limit_price":null,"order_status":"{status}","order_type":"STOP_LOSS"'
            f',"quantity_filled":"0",{size}{who}{iso(venue_ns)}{self._pair}{iso(now_ns)}{self._end}'
        )
