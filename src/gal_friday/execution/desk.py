"""The order desk: approvals and venue news in, commands and reports out. Pure, one object for all pairs."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from gal_friday.domain.errors import Fault
from gal_friday.domain.instrument import Instrument
from gal_friday.domain.orders import Approval, Fill, Purpose, Report, Role, Status
from gal_friday.domain.venue import Amend, Answer, Cancel, Command, Submit, Update
from gal_friday.execution.orders import On, Order
from gal_friday.execution.protection import Bracket, Commands
from gal_friday.settings.sections.execution import ExecutionSettings


class Outcome(msgspec.Struct, frozen=True):
    """What follows: reports to publish, in order, then commands to send, in order."""

    reports: tuple[Report, ...] = ()
    commands: tuple[Command, ...] = ()


NOTHING = Outcome()
_ENDS = {"canceled": On.CANCELED, "expired": On.EXPIRED, "rejected": On.REJECTED}


class Desk:
    """Brackets by pair, orders by client id. Time comes with each call, UTC ns."""

    def __init__(self, settings: ExecutionSettings, instruments: Mapping[str, Instrument]) -> None:
        self.settings = settings
        self.instruments = dict(instruments)
        self.brackets: dict[str, Bracket] = {}
        self.orders: dict[str, Order] = {}

    # --- wishes

    def on_approved(self, approval: Approval, now_ns: int) -> Outcome:
        """Begin a bracket for an entry, or close one for an exit."""
        bracket = self.brackets.get(approval.pair)
        if approval.purpose is Purpose.EXIT:
            return NOTHING if bracket is None else self._send(self._at(bracket, now_ns).close(Role.EXIT))
        if bracket is not None:
            raise Fault(f"{approval.pair}: entry {approval.signal_id} approved while {bracket.signal_id} is open")
        bracket = Bracket(approval, self.instruments[approval.pair], self.settings, self.orders)
        self.brackets[approval.pair] = bracket
        return self._send(self._at(bracket, now_ns).enter(approval))

    def on_print(self, pair: str, ticks: int, now_ns: int) -> Outcome:
        """A trade printed: swap the stop for the exit when the target is touched."""
        bracket = self.brackets.get(pair)
        if bracket is None or not bracket.touched(ticks):
            return NOTHING
        return self._send(self._at(bracket, now_ns).close(Role.TARGET))

    def on_halt(self, now_ns: int, *, liquidate: bool) -> Outcome:
        """Take every working entry back, and close every position where that is asked for."""
        commands: list[Command] = []
        for _, bracket in sorted(self.brackets.items()):
            self._at(bracket, now_ns)
            wanted = bracket.close(Role.EXIT) if liquidate and bracket.held else bracket.cancel_entry()
            commands.extend(self._send(wanted).commands)
        return Outcome((), tuple(commands))

    # --- what the venue says

    def on_answer(self, command: Command, answer: Answer) -> Outcome:
        """The venue's answer to one command."""
        order = self.orders[command.client_id]
        if isinstance(command, Cancel):
            if not answer.accepted and order.status is Status.PENDING_CANCEL:
                order.advance(On.CANCEL_REFUSED)
                return Outcome((order.report(answer.venue_ns, error=answer.error),))
            return NOTHING
        if not answer.accepted:
            return self._refused(order, command, answer)
        if isinstance(command, Amend):
            order.lots = command.lots
            order.advance(On.AMENDED)
        else:
            order.exchange_id = answer.exchange_id
            order.advance(On.ACK)
        return Outcome((order.report(answer.venue_ns),))

    def _refused(self, order: Order, command: Command, answer: Answer) -> Outcome:
        if isinstance(command, Submit):
            order.advance(On.REJECTED)
        return self._after(order, order.report(answer.venue_ns, error=answer.error))

    def on_unanswered(self, command: Command, venue_ns: int, error: str) -> Outcome:
        """No answer came: the order's fate is unknown, and nothing is sent again."""
        order = self.orders[command.client_id]
        order.advance(On.NO_ANSWER)
        return Outcome((order.report(venue_ns, error=error),))

    def on_update(self, update: Update) -> Outcome:
        """A fill or an end that the venue tells by itself; news of an order that is not ours is ignored."""
        order = self.orders.get(update.client_id)
        if order is None or not order.is_open:
            return NOTHING
        if update.kind == "fill":
            order.fill(update.lots, update.ticks, update.commission)
            rules = order.instrument
            fill = Fill(
                update.fill_id,
                rules.quantity(update.lots),
                rules.price(update.ticks),
                update.commission,
                update.liquidity,
            )
            bracket = self.brackets[order.pair]
            bracket.held += update.lots if order.role is Role.ENTRY else -update.lots
            return self._after(order, order.report(update.venue_ns, fill=fill))
        order.advance(_ENDS[update.kind])
        return self._after(order, order.report(update.venue_ns, error=update.reason))

    # --- consequences

    def _after(self, order: Order, report: Report) -> Outcome:
        bracket = self._at(self.brackets[order.pair], report.venue_ns)
        commands: Commands = ()
        reports: tuple[Report, ...] = (report,)
        if order.role is Role.ENTRY:
            if order.status is Status.EXPIRED:
                commands = bracket.entry_ended()
                if commands and bracket.entry is not None:
                    # Told before the old order's end, so that nobody takes the entry for over.
                    reports = (bracket.entry.report(report.venue_ns), report)
            commands += bracket.exit_next() if bracket.exit_role is not None else bracket.protect()
        elif order.role is Role.STOP:
            commands = self._after_stop(bracket, order)
        elif not order.is_open and bracket.held:
            commands = bracket.exit_ended(refused=order.status is Status.REJECTED)
        self._sent(commands)
        if bracket.over:
            self._forget(bracket)
        return Outcome(reports, commands)

    def _after_stop(self, bracket: Bracket, order: Order) -> Commands:
        # A stop that trades must not meet an entry that adds to the position.
        commands = bracket.cancel_entry() if order.filled else ()
        if order.is_open or not bracket.held:
            return commands
        if bracket.exit_role is None and order.status is not Status.FILLED:
            # The venue took the stop away or refused it: a position is never left bare.
            return commands + bracket.close(Role.EXIT)
        return commands + bracket.exit_next()

    @staticmethod
    def _at(bracket: Bracket, now_ns: int) -> Bracket:
        bracket.now_ns = now_ns
        return bracket

    def _sent(self, commands: Commands) -> None:
        for command in commands:
            if isinstance(command, Cancel):
                self.orders[command.client_id].advance(On.CANCEL_SENT)

    def _send(self, commands: Commands) -> Outcome:
        self._sent(commands)
        return Outcome((), commands) if commands else NOTHING

    def _forget(self, bracket: Bracket) -> None:
        del self.brackets[bracket.pair]
        for key in [key for key, order in self.orders.items() if order.signal_id == bracket.signal_id]:
            del self.orders[key]
