"""The compiled scanner: bytes of a text table to exact integers, one pass, no float on the way."""

from __future__ import annotations

from typing import Any, Final

from gal_friday.market.compiled import compiled

# What became of a cell.
READ: Final = 0
ODD: Final = 1  # not plain digits: an exponent, too many digits, a word; Python decides
ABSENT: Final = 2  # the line has too few columns

SKIP: Final = -1
_MOST_DIGITS: Final = 18
_MOST_DECIMALS: Final = 12
_ZERO, _NINE = 48, 57
_SPACE, _TAB, _RETURN, _NEWLINE, _QUOTE, _POINT, _MINUS, _PLUS = 32, 9, 13, 10, 34, 46, 45, 43
_SECOND_NS = 1_000_000_000


@compiled
def _number(data: Any, at: int, end: int) -> tuple[int, int, int]:
    """(mantissa, decimals, state) of plain digits with at most one point and a sign."""
    negative = False
    if at < end and (data[at] == _MINUS or data[at] == _PLUS):
        negative = data[at] == _MINUS
        at += 1
    value = 0
    digits = 0  # significant digits taken into `value`
    decimals = 0
    zeros = 0  # zeros after the point that only count once another digit follows
    seen = False
    point = False
    while at < end:
        c = data[at]
        if c == _POINT and not point:
            point = True
        elif _ZERO <= c <= _NINE:
            seen = True
            if point and c == _ZERO:
                zeros += 1
            else:
                take = zeros + 1
                if value > 0 or c != _ZERO:
                    digits += take if value > 0 else 1
                if digits > _MOST_DIGITS or decimals + zeros > _MOST_DIGITS:
                    return 0, 0, ODD
                for _ in range(take):
                    value *= 10
                value += c - _ZERO
                if point:
                    decimals += take
                zeros = 0
        else:
            return 0, 0, ODD
        at += 1
    if not seen or decimals > _MOST_DECIMALS:
        return 0, 0, ODD
    return (-value if negative else value), decimals, READ


@compiled
def _digits(data: Any, at: int, count: int) -> int:
    value = 0
    for k in range(at, at + count):
        if data[k] < _ZERO or data[k] > _NINE:
            return -1
        value = value * 10 + (data[k] - _ZERO)
    return value


@compiled
def _moment(data: Any, at: int, end: int) -> tuple[int, int]:
    """(UTC ns, state) of `YYYY-MM-DD HH:MM:SS`, with `T` or a space, a fraction and a final `Z` allowed."""
    if end > at and data[end - 1] == 90:
        end -= 1
    if end - at < 19 or data[at + 4] != _MINUS or data[at + 7] != _MINUS or data[at + 13] != 58 or data[at + 16] != 58:
        return 0, ODD
    if data[at + 10] != _SPACE and data[at + 10] != 84:
        return 0, ODD
    year, month, day = _digits(data, at, 4), _digits(data, at + 5, 2), _digits(data, at + 8, 2)
    hour, minute, second = _digits(data, at + 11, 2), _digits(data, at + 14, 2), _digits(data, at + 17, 2)
    leap = (year % 4 == 0 and year % 100 != 0) or year % 400 == 0
    longest = 30 + (month + month // 8) % 2 if month != 2 else 28 + leap
    if year < 1970 or month < 1 or month > 12 or day < 1 or day > longest:
        return 0, ODD
    if hour < 0 or hour > 23 or minute < 0 or minute > 59 or second < 0 or second > 59:
        return 0, ODD
    fraction = 0
    if end - at > 19:
        width = end - at - 20
        if data[at + 19] != _POINT or width < 1 or width > 9:
            return 0, ODD
        fraction = _digits(data, at + 20, width)
        if fraction < 0:
            return 0, ODD
        for _ in range(9 - width):
            fraction *= 10
    # Days since the epoch with years that begin in March, so that the leap day comes last.
    y = year - (1 if month <= 2 else 0)
    of_era = y % 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    days = (y // 400) * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
    return (days * 86_400 + hour * 3_600 + minute * 60 + second) * _SECOND_NS + fraction, READ


@compiled
def _bounds(data: Any, at: int, end: int) -> tuple[int, int]:
    """The cell without spaces around it and without one pair of quotes."""
    while at < end and (data[at] == _SPACE or data[at] == _TAB):
        at += 1
    while end > at and (data[end - 1] == _SPACE or data[end - 1] == _TAB):
        end -= 1
    if end - at >= 2 and data[at] == _QUOTE and data[end - 1] == _QUOTE:
        return at + 1, end - 1
    return at, end


@compiled
def scan(
    data: Any, separator: int, slots: Any, moments: bool, first_line: int, cells: Any, places: Any
) -> tuple[int, int]:
    """Read every line of `data` into the arrays and return (rows, blank lines).

    `slots[column]` is the place of a column's value in a row, or SKIP; with `moments` the value of slot 0 is an
    ISO time. `cells` are values, decimals and states by row and slot; `places` gets of each row the bounds of its
    line, the number of the line, and its count of columns.
    """
    values, decimals, states = cells
    size = data.shape[0]
    columns = slots.shape[0]
    at, row, blank, line = 0, 0, 0, first_line
    while at < size:
        end = at
        while end < size and data[end] != _NEWLINE:
            end += 1
        stop = end
        if stop > at and data[stop - 1] == _RETURN:
            stop -= 1
        first, last = _bounds(data, at, stop)
        if first == last:
            blank += 1
        else:
            for k in range(states.shape[1]):
                states[row, k] = ABSENT
            field = 0
            left = at
            while True:
                cut = left
                while cut < stop and data[cut] != separator:
                    cut += 1
                if field < columns and slots[field] != SKIP:
                    slot = slots[field]
                    a, b = _bounds(data, left, cut)
                    if moments and slot == 0:
                        values[row, slot], states[row, slot] = _moment(data, a, b)
                        decimals[row, slot] = 0
                    else:
                        values[row, slot], decimals[row, slot], states[row, slot] = _number(data, a, b)
                field += 1
                if cut >= stop:
                    break
                left = cut + 1
            places[row, 0], places[row, 1], places[row, 2], places[row, 3] = at, stop, line, field
            row += 1
        at = end + 1
        line += 1
    return row, blank
