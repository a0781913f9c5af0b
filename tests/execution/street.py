"""Desk, account and matching engine on one street: what the machines and the properties drive."""

from dataclasses import dataclass
from decimal import Decimal

from gal_friday.domain.instrument import Instrument
from gal_friday.domain.numbers import power_of_ten
from gal_friday.domain.orders import CLOSED, Approval, OrderType, Purpose, Role, Side, Status
from gal_friday.domain.time import MILLISECOND, MINUTE
from gal_friday.domain.venue import Submit
from gal_friday.execution.desk import Desk
from gal_friday.portfolio.account import Account
from gal_friday.settings.sections.execution import ExecutionSettings
from gal_friday.settings.sections.simulation import SimulationSettings
from gal_friday.simulation.matching import BarFacts, Matching

D = Decimal
GRACE = 1_500 * MILLISECOND
CAPITAL = D(10_000_000)
GRIDS = {"DOGE/USD": 5, "XRP/USD": 1}
PAIRS = tuple(GRIDS)
LEVEL = 10_000  # ticks around which the world moves
REDUCING = (Role.STOP, Role.EXIT, Role.TARGET)


def instrument(pair):
    tick = power_of_ten(4) * GRIDS[pair]
    return Instrument(pair, 4, 1, tick, D(1), D(1), D("0.40"), D("0.25"))


@dataclass
class Sent:
    """An order with what was known when it left."""

    order: Submit
    at: int
    bar_ns: int  # the bar it may fill in at the earliest
    phase: str


class Street:
    """One account trading on one simulated venue, with every fill and every report checked as it comes."""

    def __init__(self, simulation=None, execution=None, *, pairs=PAIRS):
        self.simulation = simulation or SimulationSettings()
        self.settings = execution or ExecutionSettings()
        rules = {pair: instrument(pair) for pair in pairs}
        self.matching = Matching(self.simulation, rules, seed=3, balances={"USD": CAPITAL})
        self.desk = Desk(self.settings, rules)
        self.account = Account("USD", CAPITAL, 0)
        self.start = self.now = 0
        self.signals = 0
        self.sent, self.told, self.news = {}, [], []
        self.facts, self.taken, self.fills = {}, {}, dict.fromkeys(PAIRS, 0)
        self.states = {}
        self.last = dict.fromkeys(PAIRS, LEVEL)
        self.ranges = dict.fromkeys(PAIRS, 0)

    # --- wishes

    def enter(self, pair, side, lots, stop, target=None, limit=None):
        """Approve an entry; prices in grid steps from the last close, stop and target in our favour's sense."""
        self.signals += 1
        rules, grid, sign = instrument(pair), GRIDS[pair], 1 if side is Side.BUY else -1
        at = self.last[pair] // grid * grid
        price = at if limit is None else at + sign * limit * grid
        approval = Approval(
            f"s{self.signals}",
            Purpose.ENTRY,
            pair,
            side,
            OrderType.MARKET if limit is None else OrderType.LIMIT,
            rules.quantity(lots),
            None if limit is None else rules.price(price),
            rules.price(price - sign * stop * grid),
            None if target is None else rules.price(price + sign * target * grid),
            {},
        )
        notional = rules.notional(price, lots)
        self.account.reserve(approval.signal_id, pair, notional * 2, notional)
        self.carry_out(self.desk.on_approved(approval, self.now))

    def leave(self, pair):
        side = Side.SELL if self.account.position(pair).quantity > 0 else Side.BUY
        self.signals += 1
        wish = Approval(f"s{self.signals}", Purpose.EXIT, pair, side, OrderType.MARKET, D(1), None, None, None, {})
        self.carry_out(self.desk.on_approved(wish, self.now))

    def halt(self, *, liquidate):
        self.carry_out(self.desk.on_halt(self.now, liquidate=liquidate))

    # --- the bar, as the replay leads through it

    def bar(self, moves):
        """One minute: `moves` gives (gap, up, down, close share, volume) for the pairs that have a bar."""
        start, end = self.start, self.start + MINUTE
        for pair in sorted(moves):
            self.facts[pair] = self.facts_of(pair, start, moves[pair])
        self.now = max(self.now, start)
        for pair in sorted(moves):
            self.matching.begin(pair, self.facts[pair])
            self.match(self.matching.match_open, pair)
            self.touch(pair)
        self.now = max(self.now, end)
        for pair in sorted(moves):
            self.matching.range(pair)
            self.match(self.matching.match_range, pair)
            self.touch(pair)
            self.matching.end(pair)
        self.start, self.now = end, max(self.now, end + GRACE)
        for pair in sorted(moves):
            self.account.mark(pair, instrument(pair).price(self.last[pair]), self.now)
        self.account.revalue(self.now)

    def facts_of(self, pair, start, move):
        gap, up, down, share, volume = move
        grid = GRIDS[pair]
        first = self.last[pair] + gap * grid
        high, low = first + up * grid, first - down * grid
        self.last[pair] = low + (high - low) // grid * share // 100 * grid
        previous, self.ranges[pair] = self.ranges[pair], high - low
        return BarFacts(start, start + MINUTE, first, high, low, volume, previous)

    def match(self, one, pair):
        while one(pair):
            self.drain()

    def touch(self, pair):
        bracket = self.desk.brackets.get(pair)
        if bracket is None or bracket.target_ticks is None or not bracket.held:
            return
        printed = self.matching.touch(pair, bracket.target_ticks)
        if printed is None or not bracket.touched(printed):
            return
        self.carry_out(self.desk.on_print(pair, printed, self.now))
        self.drain()
        self.match(self.matching.match_touch, pair)
        self.matching.release_touch(pair)

    # --- what the handler does

    def carry_out(self, outcome):
        waiting = []
        while True:
            for report in outcome.reports:
                self.hear(report)
            waiting.extend(outcome.commands)
            if not waiting:
                break
            command = waiting.pop(0)
            if isinstance(command, Submit):
                market = self.matching.market(command.pair)
                inside = market.phase != ""
                first = self.facts[command.pair].start_ns if inside else self.start
                self.sent[command.client_id] = Sent(command, self.now, first, market.phase)
            outcome = self.desk.on_answer(command, self.matching.execute(command, self.now))
            self.one_exit_at_a_time(command.pair)
        if not self.matching.market(PAIRS[0]).phase and not self.matching.market(PAIRS[1]).phase:
            self.drain()

    def drain(self):
        while self.matching.updates:
            update = self.matching.updates.popleft()
            self.now = max(self.now, update.venue_ns)
            self.news.append(update)
            if update.kind == "fill":
                self.judge(update)
            self.carry_out(self.desk.on_update(update))

    def hear(self, report):
        before = self.states.get(report.client_order_id)
        if before is not None:
            assert before.status not in CLOSED, "an order that ended is told of again"
            assert before.filled <= report.filled <= report.ordered
        assert (report.status is Status.FILLED) == (report.filled == report.ordered)
        self.states[report.client_order_id] = report
        self.told.append(report)
        self.account.on_report(report, self.now)

    # --- what always holds

    def judge(self, fill):
        """One fill against what its order could have known, and what the bar could have given."""
        sent, facts, rules = self.sent[fill.client_id], self.facts[fill.pair], instrument(fill.pair)
        order, buys = sent.order, sent.order.side is Side.BUY
        assert facts.start_ns == fill.bar_ns >= sent.bar_ns, "a bar that was seen before the order left fills it"
        assert not (sent.phase == "range" and fill.phase == "open" and fill.bar_ns == sent.bar_ns)
        assert fill.venue_ns >= sent.at
        if fill.phase == "open":
            assert fill.venue_ns >= sent.at + self.simulation.latency_ms * MILLISECOND
            # An exit at a watched level trades at the moment of the print, however long it takes to get there.
            assert order.expires_ns is None or order.role in REDUCING or fill.venue_ns <= order.expires_ns
        at = (fill.pair, fill.bar_ns)
        self.taken[at] = self.taken.get(at, 0) + fill.lots
        share = self.simulation.max_volume_share_pct
        allowed = facts.volume * share / 100 if share is not None else (10**18 if facts.volume else 0)
        assert self.taken[at] <= allowed, "more than the bar's liquidity"
        self.fills[fill.pair] += fill.lots if buys else -fill.lots
        assert fill.ticks % rules.grid == 0
        if order.limit is not None:
            assert fill.ticks <= order.limit if buys else fill.ticks >= order.limit
        # Once triggered, a stop trades on at whatever the market gives.
        if order.stop is not None and fill.fill_id.endswith("-1"):
            assert fill.ticks >= order.stop if buys else fill.ticks <= order.stop
        if fill.liquidity == "maker":
            assert facts.low <= fill.ticks <= facts.high
        elif order.limit is None and order.stop is None and fill.phase == "open" and order.role is Role.ENTRY:
            assert fill.ticks >= facts.open if buys else fill.ticks <= facts.open

    def one_exit_at_a_time(self, pair):
        resting = self.matching.market(pair).orders.values()
        assert sum(r.order.role in REDUCING for r in resting) <= 1, "two orders would reduce the same position"

    def at_rest(self):
        """What holds whenever nothing is on its way."""
        assert not self.matching.updates
        for asset in {"USD", *(pair.partition("/")[0] for pair in PAIRS)}:
            assert self.matching.balances.get(asset, 0) == self.account.ledger.held(asset)
        for pair in PAIRS:
            rules, bracket = instrument(pair), self.desk.brackets.get(pair)
            held = self.fills[pair]
            assert self.account.position(pair).quantity == rules.quantity(held)
            resting = self.matching.market(pair).orders
            if bracket is None:
                assert held == 0
                assert not resting
                continue
            assert not bracket.over
            assert bracket.held == (held if bracket.side is Side.BUY else -held)
            assert bracket.held >= 0
            self.protected(pair, bracket, resting)
        assert {order.pair for order in self.desk.orders.values()} <= set(self.desk.brackets)
        if not any(r.order.role is Role.ENTRY for p in PAIRS for r in self.matching.market(p).orders.values()):
            gross = sum((abs(p.value) for p in self.account.exposed.values()), D(0))
            assert self.account.exposure() == gross, "a reservation outlived its entry"

    def protected(self, pair, bracket, resting):
        stops = [r for r in resting.values() if r.order.role is Role.STOP]
        exits = [r for r in resting.values() if r.order.role in (Role.EXIT, Role.TARGET)]
        if bracket.held:
            (one,) = stops or exits
            assert one.left == bracket.held, "the position is not covered to the lot"
            assert bool(stops) == (bracket.exit_role is None)
        else:
            assert not stops
            assert not exits
