import gzip
import json

import pytest

from gal_friday.domain.errors import DataError
from gal_friday.market.spelling import canonical, pair_of_file, spelling

PAIRS = [
    "BTC/USD",
    "XRP/USD",
    "DOGE/USD",
    "ETH/USD",
    "BTC/USDC",
    "BTC/USDT",
    "DOGE/BTC",
    "XRP/EUR",
    "USDT/USD",
    "ADA/EUR",
]
PAIRS += ["ETH/BTC", "EUR/USD", "USD/CAD", "BNB/USD", "PYUSD/USD", "WAVES/USD", "AXS/USDT", "XTZ/BTC", "USDC/USD"]


@pytest.mark.parametrize("pair", PAIRS)
def test_every_spelling_leads_back(pair):
    known = spelling(pair)
    for text in (known.v2, known.rest, known.altname, known.ws, known.binance, known.stem, known.store):
        assert canonical(text) == pair, text
    assert canonical(known.ws.lower()) == pair
    assert pair_of_file(f"{known.stem}_5_20240701_20241031.csv.gz") == pair


def test_bitcoin_has_the_names_that_kraken_gives_it():
    known = spelling("XBTUSD")
    assert (known.v2, known.rest, known.altname, known.ws) == ("BTC/USD", "XXBTZUSD", "XBTUSD", "XBT/USD")
    assert (known.binance, known.stem, known.store) == ("BTCUSD", "XBTUSD", "BTC-USD")
    assert spelling("DOGE/USD").rest == "XDGUSD"


@pytest.mark.parametrize(
    ("name", "pair"),
    [
        ("XDGUSD_5_20240701_20241031.csv.gz", "DOGE/USD"),
        ("XBTUSDC_1.csv", "BTC/USDC"),
        ("XRP_EUR-trades.csv", "XRP/EUR"),
        ("BTCUSDT-1m-2024-01.zip", "BTC/USDT"),
        ("XRP-USD.csv", "XRP/USD"),
        ("FOOUSDT_1.csv", "FOO/USDT"),
        ("history.csv", None),
        ("2024.csv", None),
        ("", None),
    ],
)
def test_a_file_name_tells_its_pair(name, pair):
    assert pair_of_file(name) == pair


@pytest.mark.parametrize("text", ["", "X", "USD", "XRP/", "USD/USD", "a b", "XRP//USD/EUR", "ÄÖÜUSD"])
def test_what_is_no_pair_is_refused_by_name(text):
    with pytest.raises(DataError, match="expected a pair"):
        canonical(text)


@pytest.mark.acceptance
def test_every_pair_that_kraken_listed(market_data):
    text = gzip.decompress((market_data / "kraken" / "rest_AssetPairs_20210417.txt.gz").read_bytes()).decode()
    listed = json.JSONDecoder().raw_decode(text[text.index('{"error') :])[0]["result"]
    told = {key: rules for key, rules in listed.items() if "wsname" in rules}
    assert len(told) > 250
    for key, rules in told.items():
        known = spelling(rules["wsname"])
        assert (known.rest, known.altname, known.ws) == (key, rules["altname"], rules["wsname"])
        assert {canonical(text) for text in (key, rules["altname"], known.binance, known.store)} == {known.v2}
