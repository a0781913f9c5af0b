"""Small market tables for these tests, and the forms in which they are written."""

import gzip
import io
import zipfile
from decimal import Decimal

from hypothesis import strategies as st

from gal_friday.domain.time import MINUTE, SECOND, to_datetime
from gal_friday.settings.sections.history import HistorySettings
from gal_friday.settings.sections.market import MarketSettings

T0 = 1_704_067_200 * SECOND
NOW = 1_790_000_000 * SECOND
SETTINGS = HistorySettings()
MARKET = MarketSettings()


class Noon:
    """A clock that stands still."""

    def now_ns(self):
        return NOW


def bar(k, open_="0.5", high="0.6", low="0.4", close="0.5", volume="10", trades=3, interval=MINUTE):
    """A row: start (ns), open, high, low, close, volume (texts), trades."""
    return (T0 + k * interval, open_, high, low, close, volume, trades)


def bars(count, interval=MINUTE):
    return [bar(k, volume=f"{k + 1}.25", interval=interval) for k in range(count)]


def kraken(rows):
    return "".join(f"{t // SECOND},{o},{h},{lo},{c},{v},{n}\n" for t, o, h, lo, c, v, n in rows).encode()


def binance(rows, *, unit=10**6, header=False, interval=MINUTE):
    names = (
        "open_time,open,high,low,close,volume,close_time,quote_volume,count,"
        "taker_buy_volume,taker_buy_quote_volume,ignore"
    )
    lines = [
        f"{t // unit},{o},{h},{lo},{c},{v},{(t + interval) // unit - 1},1.5,{n},0.5,0.25,0"
        for t, o, h, lo, c, v, n in rows
    ]
    return "\n".join(([names] if header else []) + lines).encode() + b"\n"


def headed(rows, *, unit=SECOND, iso=False, name="timestamp", trades=True):
    head = f"{name},open,high,low,close,volume" + (",trades" if trades else "")
    lines = [head]
    for t, o, h, lo, c, v, n in rows:
        moment = to_datetime(t).strftime("%Y-%m-%d %H:%M:%S") if iso else str(t // unit)
        lines.append(f"{moment},{o},{h},{lo},{c},{v}" + (f",{n}" if trades else ""))
    return "\r\n".join(lines).encode() + b"\r\n"


def zipped(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def gzipped(data):
    return gzip.compress(data, mtime=0)


def save(folder, name, data):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


@st.composite
def markets(draw, longest=30):
    """Valid rows with silences, exact texts in several notations, ascending in time."""
    places = draw(st.integers(0, 8))
    steps = draw(st.lists(st.sampled_from([1, 1, 1, 1, 2, 5, 16, 40]), min_size=3, max_size=longest))
    rows, k = [], draw(st.integers(0, 50_000))
    for step in [1, 1, *steps]:
        k += step
        prices = [Decimal(draw(st.integers(1, 10**9))).scaleb(-places) for _ in range(4)]
        high, low = max(prices), min(prices)
        lots = draw(st.integers(0, 10**12))
        trades = draw(st.integers(1, 10_000))
        texts = [draw(notation(value)) for value in (prices[0], high, low, prices[1], Decimal(lots).scaleb(-8))]
        rows.append((T0 + k * MINUTE, *texts, trades))
    return rows


@st.composite
def notation(draw, value):
    """One of the ways in which files write a number."""
    plain = format(value, "f")
    forms = [plain, plain + ("" if "." in plain else ".") + "00", f"{value.normalize():E}", f"{value.normalize():e}"]
    return draw(st.sampled_from(forms))
