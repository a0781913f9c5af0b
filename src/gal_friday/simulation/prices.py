"""What a simulated market order pays beyond the price it meets, in whole ticks, always to our disadvantage."""

from __future__ import annotations

from decimal import Decimal

from gal_friday.settings.sections.simulation import SimulationSettings

BP = Decimal(10_000)
HUNDRED = Decimal(100)


class Slippage:
    """One kind of price concession with its figures as exact integer fractions."""

    __slots__ = ("_denominator", "_kind", "_numerator")

    def __init__(self, settings: SimulationSettings) -> None:
        chosen = settings.slippage
        scale = settings.slippage_multiple
        self._kind = chosen.kind
        if chosen.kind == "volatility":
            fraction = chosen.range_pct * scale / HUNDRED
        else:
            fraction = (chosen.fixed_bp if chosen.kind == "fixed" else chosen.impact_bp) * scale / BP
        self._numerator, self._denominator = fraction.as_integer_ratio()

    def ticks(self, price: int, lots: int, previous_range: int, volume: int) -> int:
        """Concession on an order of `lots` at `price`: ticks, rounded up.

        `previous_range` is high minus low of the bar before (this bar's own would be known too late),
        `volume` the lots traded in this bar.
        """
        top, bottom = self._numerator, self._denominator
        if not top:
            return 0
        if self._kind == "fixed":
            return -(-price * top // bottom)
        if self._kind == "volatility":
            return -(-previous_range * top // bottom)
        return -(-price * top * lots // (bottom * max(volume, 1)))


def on_grid(ticks: int, grid: int, *, up: bool) -> int:
    """The nearest price on the venue's grid in the given direction."""
    if grid == 1:
        return ticks
    return -(-ticks // grid) * grid if up else ticks // grid * grid
