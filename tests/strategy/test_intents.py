"""However reports come (sparse, twice, late), a pair's intent agrees with a plain count of what was traded."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gal_friday.domain.orders import CLOSED, OrderType, Report, Role, Side, Status
from gal_friday.strategy.intents import Intent, State

PAIR = "XRP/USD"
ENDS = st.sampled_from([Status.CANCELED, Status.REJECTED, Status.EXPIRED, Status.ERROR])


class Order:
    def __init__(self, name: str, signal: str, role: Role, side: Side) -> None:
        self.name, self.signal, self.role, self.side = name, signal, role, side
        self.filled = 0
        self.status = Status.NEW

    def report(self) -> Report:
        return Report(
            self.signal, self.role, self.name, None, PAIR, self.status, OrderType.MARKET, self.side,
            Decimal(10), Decimal(self.filled), None, None, None, None, Decimal(0), "USD", 0,
        )  # fmt: skip


class Book(RuleBasedStateMachine):
    """The model: orders with what they filled; the position is their sum."""

    def __init__(self) -> None:
        super().__init__()
        self.intent = Intent()
        self.orders: list[Order] = []
        self.told: list[Report] = []
        self.signals = 0
        self.waiting_entry: str | None = None
        self.waiting_exit: str | None = None
        self.side = Side.BUY

    # --- the model's view

    def held(self) -> int:
        return sum(o.filled if o.role is Role.ENTRY else -o.filled for o in self.orders)

    def working(self, *roles: Role) -> list[Order]:
        return [o for o in self.orders if o.role in roles and o.status not in CLOSED]

    def state(self) -> State:
        if self.held() > 0:
            return State.OPEN
        return State.PENDING if self.waiting_entry or self.working(Role.ENTRY) else State.IDLE

    def tell(self, order: Order) -> None:
        self.told.append(order.report())
        self.intent.on_report(self.told[-1])
        if self.held() == 0:
            self.waiting_exit = None
            if not self.working(Role.ENTRY):  # the venue side clears what is left of a closed position
                for left in self.working(Role.EXIT, Role.STOP, Role.TARGET):
                    left.status = Status.CANCELED
                    self.told.append(left.report())
                    self.intent.on_report(self.told[-1])

    # --- what can happen

    @precondition(lambda self: self.state() is State.IDLE)
    @rule(side=st.sampled_from(Side))
    def propose_entry(self, side: Side) -> None:
        self.signals += 1
        self.waiting_entry, self.side = f"s{self.signals}", side
        self.intent.propose_entry(self.waiting_entry, 0)

    @precondition(lambda self: self.waiting_entry)
    @rule(approve=st.booleans())
    def answer_entry(self, approve: bool) -> None:
        signal, self.waiting_entry = self.waiting_entry, None
        assert signal is not None
        if approve:
            self.orders.append(Order(f"e{len(self.orders)}", signal, Role.ENTRY, self.side))
            self.tell(self.orders[-1])
        else:
            self.intent.on_rejected(signal)

    @precondition(lambda self: self.state() is State.OPEN and not self.intent.exiting)
    @rule()
    def propose_exit(self) -> None:
        self.signals += 1
        self.waiting_exit = f"s{self.signals}"
        self.intent.propose_exit(self.waiting_exit)
        assert self.intent.blocked

    @precondition(lambda self: self.waiting_exit)
    @rule(approve=st.booleans())
    def answer_exit(self, approve: bool) -> None:
        signal, self.waiting_exit = self.waiting_exit, None
        assert signal is not None
        if approve:
            self.orders.append(Order(f"x{len(self.orders)}", signal, Role.EXIT, self.side.opposite))
            self.tell(self.orders[-1])
        else:
            self.intent.on_rejected(signal)
            assert not self.intent.exiting

    @precondition(lambda self: self.held() > 0 and not self.working(Role.STOP))
    @rule()
    def place_stop(self) -> None:
        self.orders.append(Order(f"p{len(self.orders)}", f"s{self.signals}", Role.STOP, self.side.opposite))
        self.tell(self.orders[-1])

    @precondition(lambda self: self.working(*Role))
    @rule(data=st.data(), more=st.integers(1, 10), silent=st.booleans(), last=st.booleans())
    def fill(self, data: st.DataObject, more: int, silent: bool, last: bool) -> None:
        order = data.draw(st.sampled_from(self.working(*Role)))
        room = 10 - order.filled if order.role is Role.ENTRY else self.held()
        more = min(more, room)
        if more <= 0:
            return
        order.filled += more
        ends = order.filled == 10 or (last and order.role is not Role.ENTRY)
        order.status = Status.FILLED if ends else Status.PARTIALLY_FILLED
        self.tell(order)

    @precondition(lambda self: self.working(*Role))
    @rule(data=st.data(), status=ENDS)
    def end(self, data: st.DataObject, status: Status) -> None:
        order = data.draw(st.sampled_from(self.working(*Role)))
        order.status = status
        self.tell(order)

    @precondition(lambda self: self.told)
    @rule(back=st.integers(1, 6))
    def told_again(self, back: int) -> None:
        self.intent.on_report(self.told[-min(back, len(self.told))])

    @rule()
    def refusal_of_a_stranger(self) -> None:
        self.intent.on_rejected("stranger")

    # --- what always holds

    @invariant()
    def agrees(self) -> None:
        assert self.intent.state is self.state()
        assert self.intent.quantity == self.held()
        assert self.intent.held is (self.side if self.held() else None)
        if self.state() is State.IDLE:
            assert not self.intent.blocked
            assert not self.intent.exiting


Book.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestBook = Book.TestCase
