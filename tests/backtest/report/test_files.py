"""The files of a report: the same run gives the same bytes, the page asks nobody, and names stay names."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser

import msgspec
import pytest
from playwright.sync_api import sync_playwright
from rich.console import Console

from gal_friday.backtest.report import findings, stress_row, summary, write
from gal_friday.backtest.report.candles import DETAIL, OVERALL, candle_data
from gal_friday.backtest.report.halts import MEANINGS, by_reason, code_of, sentences
from gal_friday.backtest.report.notable import ALL_SHOWN, notable
from gal_friday.backtest.report.page import page_html
from gal_friday.domain.orders import Side
from gal_friday.operations.volatility import volatility_reason
from gal_friday.risk.limits import crossed
from gal_friday.settings.sections.risk import RiskSettings

HOSTILE = "<script>alert('x')</script>&\"{{ 7 * 7 }}"
KEYS = {
    "config_hash", "data", "driver", "seed", "initial_capital", "final_equity", "metrics", "ledger_sha256",
    "decisions_sha256", "model",
}  # fmt: skip


@pytest.fixture(scope="module")
def found(samples):
    return findings(samples.make_run(12_000, 90, seed=21, holes=2, end=0))


@pytest.fixture(scope="module")
def paths(found, tmp_path_factory):
    stress = [stress_row(Decimal(factor), found) for factor in (1, 2, 3)]
    return write(found, tmp_path_factory.mktemp("report"), cost_stress=stress)


def test_the_json_has_its_keys_and_nothing_of_the_machine(paths):
    text = paths["report.json"].read_text()
    body = json.loads(text)
    assert set(body) >= KEYS
    assert set(body["data"][0]) == {"pair", "interval", "rows", "start", "end", "sha256", "gaps", "synthetic"}
    assert text == json.dumps(body, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    assert body["data"][0]["gaps"] == {"outage": {"count": 2, "bars": 80, "longest": 40}}
    assert body["instruments_assumed"] == []
    assert body["rejections"] == {"BELOW_MINIMUM_ORDER": 3, "MAX_EXPOSURE_PCT": 12}
    assert body["halts"][0]["at"] == "2024-01-01T01:30:00.000000000Z"


def test_the_same_run_gives_the_same_bytes(samples, paths, tmp_path):
    again = findings(samples.make_run(12_000, 90, seed=21, holes=2, end=0))
    stress = [stress_row(Decimal(factor), again) for factor in (1, 2, 3)]
    second = write(again, tmp_path / "new" / "folder", cost_stress=stress)
    assert {name: path.read_bytes() for name, path in second.items()} == {
        name: path.read_bytes() for name, path in paths.items()
    }


def test_the_page_can_be_left_out(found, tmp_path):
    assert set(write(found, tmp_path, page=False)) == {"trades.csv", "equity.csv", "report.json"}


def test_open_trades_have_empty_exit_fields(found, paths):
    rows = list(csv.DictReader(paths["trades.csv"].read_text().splitlines()))
    still = [row for row in rows if not row["exit_time"]]
    assert len(rows) == len(found.trades)
    assert len(still) == found.metrics["open_trades"] > 0
    assert all(row[name] == "" for row in still for name in ("exit_price", "net_pnl", "return_pct", "exit_reason"))


class Outside(HTMLParser):
    """Collects every attribute through which a page could fetch something."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in {"src", "href", "srcset", "data", "action", "poster", "background", "xlink:href"}:
                self.found.append((tag, value))
            if name == "id":
                self.ids.append(value)


def test_the_page_asks_nobody(paths):
    text = paths["report.html"].read_text()
    page = Outside()
    page.feed(text)
    assert page.found == []
    assert len(page.ids) == len(set(page.ids))
    assert not re.search(r"https?:|//[a-z]+\.|url\(|@import|fetch\(|XMLHttpRequest|WebSocket|import\(", text)
    assert "default-src 'none'" in text


def test_the_page_shows_what_was_asked_of_it(paths):
    text = paths["report.html"].read_text()
    for words in ("SYNTHETIC DATA", "Buy-and-hold", "Returns by month", "MAX_EXPOSURE_PCT", "× 3", "Outages", "Halts"):
        assert words in text
    assert 'name="viewport"' in text
    assert "@media print" in text
    assert "prefers-color-scheme: dark" in text


def test_real_data_has_no_banner(samples):
    run = samples.small([(100_000, 101_000, 99_000, 100_000)] * 90, [samples.one_fill(1, Side.BUY, 100_000)])
    text = write_text(run)
    assert "SYNTHETIC DATA" not in text
    assert "SYNTHETIC DATA" not in console_text(findings(run))


def write_text(run) -> str:
    return page_html(findings(run), ())


def console_text(found) -> str:
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(summary(found))
    return console.export_text()


def test_names_stay_names(samples):
    run = samples.small([(100_000, 101_000, 99_000, 100_000)] * 90, [])
    series = replace(run.series["XRP/USD"], pair=HOSTILE)
    fills = tuple(
        msgspec.structs.replace(samples.one_fill(row, side, 100_000), pair=HOSTILE, strategy_id=HOSTILE)
        for row, side in ((1, Side.BUY), (5, Side.SELL))
    )
    evil = replace(
        run,
        series={HOSTILE: series},
        instruments={HOSTILE: msgspec.structs.replace(run.instruments["XRP/USD"], pair=HOSTILE, assumed=True)},
        fills=fills,
        final_equity=run.final_equity - Decimal("0.02"),
        rejections={HOSTILE: 1},
        halts=((samples.START, HOSTILE),),
        model={HOSTILE: HOSTILE},
    )
    text = write_text(evil)
    assert "<script>alert" not in text
    assert "</script>&" not in text
    assert "{{ 7 * 7 }}" in text
    market = re.search(r'id="market">(.*?)</script>', text, re.S)
    assert list(json.loads(market[1])["pairs"]) == [HOSTILE]
    assert "alert" in console_text(findings(evil))


@pytest.mark.parametrize("bars", [1, 2, 61])
def test_the_shortest_runs_have_a_page(samples, bars):
    text = write_text(samples.small([(100_000, 101_000, 99_000, 100_000)] * bars, []))
    assert "nan" not in text.lower().split("all figures")[1].split("provenance")[0]
    assert "No signal" in write_text(replace(samples.small([(100_000,) * 4] * bars, []), rejections={}, halts=()))


def test_a_year_of_minutes_stays_small(samples):
    found = findings(samples.make_run(525_600, 4_000, pairs=("XRP/USD",)))
    chosen = notable(found.trades)
    assert len(found.trades) > ALL_SHOWN
    assert len(chosen) <= 160
    market = json.loads(candle_data(found, chosen))["pairs"]["XRP/USD"]
    assert len(market["overall"]["rows"]) // 5 <= OVERALL
    assert 0 < sum(len(block["rows"]) // 5 for block in market["detail"]) <= DETAIL
    assert market["overall"]["step"] == 3600
    # The packed candles are those of the series.
    block, series = market["detail"][0], found.run.series["XRP/USD"]
    row = (block["start"] * 10**9 - int(series.start_ns[0])) // series.interval_ns
    close = block["first"]
    for k, (step, jump, high, low, move) in enumerate(zip(*[iter(block["rows"])] * 5, strict=True)):
        opened = close + jump
        close = opened + move
        bar = (opened, opened + high, opened + low, close)
        assert bar == tuple(int(getattr(series, name)[row + k]) for name in ("open", "high", "low", "close"))
        assert step == (1 if k else 0)
    assert len(page_html(found, ())) < 8_000_000


@pytest.mark.browser
def test_the_page_works_in_a_browser(paths):
    binary = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if binary is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=binary, args=["--no-sandbox"])
        for width in (390, 1440):
            page = browser.new_page(viewport={"width": width, "height": 900})
            problems, requests = [], []
            page.on("pageerror", lambda error, problems=problems: problems.append(str(error)))
            page.on("console", lambda message, problems=problems: problems.append(message.text))
            page.on("request", lambda request, requests=requests: requests.append(request.url))
            page.goto(paths["report.html"].as_uri())
            page.locator("tr[data-trade] button").first.click()
            page.locator("button[data-do=in]").click()
            page.mouse.wheel(0, 100)
            assert page.inner_text("#read").startswith("Trade 1 of")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert (problems, requests) == ([], [paths["report.html"].as_uri()])
        browser.close()


def halted(samples, *halts):
    run = samples.make_run(2_000, 20, seed=3, end=0)
    last = max(fill.venue_ns for fill in run.fills)
    return replace(run, halts=tuple((last + at, reason) for at, reason in halts))


def test_halts_are_counted_by_reason_and_an_idle_account_is_said_to_be_one(samples):
    reason = "TOTAL_DRAWDOWN_LIMIT: 15.2 % is not below 15 %"
    run = halted(samples, (-5, "CONSECUTIVE_LOSSES_LIMIT: 5 is not below 5"), (1, reason), (2, reason), (3, reason))
    assert [(one.code, one.count) for one in by_reason(run)] == [
        ("CONSECUTIVE_LOSSES_LIMIT", 1), ("TOTAL_DRAWDOWN_LIMIT", 3),
    ]  # fmt: skip
    counted, idle = sentences(run)
    assert counted == "Trading was halted 4 times: CONSECUTIVE_LOSSES_LIMIT 1, TOTAL_DRAWDOWN_LIMIT 3."
    assert "3 times by TOTAL_DRAWDOWN_LIMIT" in idle
    page = page_html(findings(run), [])
    assert "No resumption mends that" in page


def test_one_halt_after_the_last_fill_is_no_idle_account(samples):
    assert len(list(sentences(halted(samples, (1, "operator: lunch"))))) == 1
    assert list(sentences(halted(samples))) == []


def test_every_reason_that_the_system_gives_itself_is_explained():
    limits = RiskSettings()
    high = Decimal(100)
    reasons = [
        crossed(high, high, high, 99, limits),
        crossed(Decimal(0), high, high, 0, limits),
        crossed(Decimal(0), Decimal(0), high, 0, limits),
        crossed(Decimal(0), Decimal(0), Decimal(0), 99, limits),
        volatility_reason("XRP/USD"),
    ]
    assert {code_of(reason) for reason in reasons} | {"ORDER_FAILURES"} == set(MEANINGS)
