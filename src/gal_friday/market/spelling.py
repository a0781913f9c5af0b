"""One table of how Kraken, its files and Binance spell assets and pairs; ours is Kraken's v2 spelling, `BTC/USD`."""

from __future__ import annotations

import re

import msgspec

from gal_friday.domain.errors import DataError

# Our name, and what Kraken's REST, its alternative names and its first socket write instead.
_ALIASES = {"BTC": "XBT", "DOGE": "XDG"}
# Assets with a prefix of class: X before coins, Z before national currencies.
_PREFIXED = {
    **{name: f"X{_ALIASES.get(name, name)}" for name in "BTC DOGE ETC ETH LTC MLN REP XLM XMR XRP ZEC".split()},
    **{name: f"Z{name}" for name in "AUD CAD EUR GBP JPY USD".split()},
}
# Pairs whose REST key has the prefixes; every later pair is keyed by its alternative name.
_LONG_KEYS = {
    "BTC": "CAD EUR GBP JPY USD",
    "DOGE": "BTC",
    "ETC": "BTC ETH EUR USD",
    "ETH": "BTC CAD EUR GBP JPY USD",
    "EUR": "USD",
    "GBP": "USD",
    "LTC": "BTC EUR JPY USD",
    "MLN": "BTC ETH EUR USD",
    "REP": "BTC ETH EUR USD",
    "USD": "CAD JPY",
    "XLM": "AUD BTC EUR GBP USD",
    "XMR": "BTC EUR USD",
    "XRP": "BTC CAD EUR JPY USD",
    "ZEC": "BTC EUR USD",
}
_LONG = {(base, quote) for base, quotes in _LONG_KEYS.items() for quote in quotes.split()}
# The one key in which only the quote is prefixed.
_REST_EXCEPTIONS = {("USDT", "USD"): "USDTZUSD"}
_QUOTES = (
    "USD EUR GBP CAD AUD CHF JPY BTC ETH USDT USDC DAI DOT PYUSD USDG EURQ EURR USDQ USDR RLUSD EURC "
    "BUSD TUSD FDUSD USDP USD1 BNB TRY BRL TRX XRP DOGE SOL UAH RUB NGN ZAR IDRT BIDR VAI PLN RON ARS MXN COP CZK"
).split()
# Coins whose last letters also begin a quote, so that the longest quote is not the right one.
_BASES = frozenset(
    "AAVE ADA ALGO ANT APE APT ARB ATOM AVAX AXS BAL BAT BCH BNB BTC COMP CRV DAI DASH DOGE DOT EGLD ENJ ENS EOS ETC "
    "ETH EUR EWT FIL FLOW FTM GALA GBP GNO GRT HBAR ICP ICX IMX INJ JUP KAVA KEEP KNC KSM LDO LINK LSK LTC LUNA MANA "
    "MATIC MINA MLN NANO NEAR OCEAN OMG OP OXT PAXG PEPE POL QTUM REN REP RUNE SAND SC SEI SHIB SNX SOL STORJ STX SUI "
    "SUSHI TAO TBTC TIA TON TRX UNI USDC USDT WAVES WBTC WIF XLM XMR XRP XTZ YFI ZEC ZRX".split()
)
_OURS = {alias: name for name, alias in _ALIASES.items()} | {text: name for name, text in _PREFIXED.items()}
_WORDS = re.compile(r"[^A-Za-z0-9]+")


class Spelling(msgspec.Struct, frozen=True):
    """One pair in every spelling; `store` is its folder in our store."""

    v2: str
    rest: str
    altname: str
    ws: str
    binance: str
    stem: str
    store: str


def asset(text: str) -> str:
    """Our name of an asset in any spelling: `XXBT`, `XBT`, `btc` are BTC."""
    upper = text.upper()
    return _OURS.get(upper, upper)


def spelling(pair: str) -> Spelling:
    """Every spelling of a pair given in any of them; raises `DataError` when it cannot be a pair."""
    ours = canonical(pair)
    base, quote = ours.split("/")
    old_base, old_quote = _ALIASES.get(base, base), _ALIASES.get(quote, quote)
    short = old_base + old_quote
    long_key = _PREFIXED.get(base, base) + _PREFIXED.get(quote, quote)
    rest = _REST_EXCEPTIONS.get((base, quote), long_key if (base, quote) in _LONG else short)
    return Spelling(
        v2=ours,
        rest=rest,
        altname=short,
        ws=f"{old_base}/{old_quote}",
        binance=base + quote,
        stem=short,
        store=f"{base}-{quote}",
    )


def canonical(pair: str) -> str:
    """Our spelling of a pair given in any spelling; raises `DataError` when it cannot be a pair."""
    found = _parsed(pair.strip())
    if found is None:
        raise DataError(f"expected a pair such as XRP/USD, XRPUSD, XXRPZUSD or XRP-USD; was {pair!r}")
    return found


def pair_of_file(name: str) -> str | None:
    """The pair that a file name begins with (`XDGUSD_5_2024.csv.gz`, `XRP_EUR-trades.csv`), or None."""
    words = [word for word in _WORDS.split(name) if word]
    if len(words) >= 2 and _is_asset(words[0]) and asset(words[1]) in _QUOTES:
        return f"{asset(words[0])}/{asset(words[1])}"
    return _parsed(words[0]) if words else None


def _parsed(text: str) -> str | None:
    parts = [part for part in re.split(r"[/_\-:]", text) if part]
    if len(parts) == 2 and all(_is_asset(part) for part in parts):
        base, quote = asset(parts[0]), asset(parts[1])
        return f"{base}/{quote}" if base != quote else None
    return _split(text.upper()) if len(parts) == 1 and re.fullmatch(r"[A-Za-z0-9.]+", text) else None


def _split(text: str) -> str | None:
    if exception := next((names for names, key in _REST_EXCEPTIONS.items() if key == text), None):
        return "/".join(exception)
    cuts = [(asset(text[:cut]), asset(text[cut:]), cut) for cut in range(len(text) - 2, 1, -1)]
    found = [(base, quote, cut) for base, quote, cut in cuts if quote in _QUOTES and base != quote]
    if not found:
        return None
    known = [each for each in found if each[0] in _BASES]
    base, quote, _ = min(known or found, key=lambda each: each[2])
    return f"{base}/{quote}"


def _is_asset(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9.]{2,12}", text) is not None and not text.isdigit()
