"""Every page in a browser: nothing logged, nothing asked for, accessible, drawn at any width."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import reported
import tidegate
import tidegate.report
from browser import Opened, chromium, opened
from reported import Known
from tidegate.report.audit import audit_page
from tidegate.report.forecast import forecast_page

PAGES = ("shops", "rain", "audit", "rnn", "gates", "comparison", "ablation", "tried")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, shops: Known, rain: Known) -> dict[str, Path]:
    """Files by name."""
    folder = tmp_path_factory.mktemp("pages")
    made = {
        name: forecast_page(
            known.forecaster, known.ahead, known.judged, fine=known.fine, audit=told
        )
        for name, known, told in (
            ("shops", shops, "there are too few rows"),
            ("rain", rain, reported.audit("gru", 1, 1)),
        )
    }
    made["audit"] = audit_page(reported.audit(), reported.gates())
    made["rnn"] = audit_page(reported.audit("rnn", 1, 1, growth=2.0))
    for other in (reported.gates, reported.comparison, reported.ablation, reported.tried):
        made[other.__name__] = tidegate.report.plot(other())
    for name, page in made.items():
        page.write(folder / f"{name}.html")
    return {name: folder / f"{name}.html" for name in made}


@pytest.mark.parametrize(
    ("name", "dark", "phone"),
    [
        *((name, False, False) for name in PAGES),
        *((name, True, True) for name in PAGES),
        ("audit", True, False),
        ("audit", False, True),
    ],
)
def test_page(name: str, dark: bool, phone: bool, browser: Any, pages: dict[str, Path]) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-core")
    with opened(browser, pages[name], dark=dark, phone=phone) as found:
        assert _wide(found) <= found.page.viewport_size["width"]
        result = axe.Axe().run(found.page)
        told = [(each["id"], each["nodes"][0]["html"]) for each in result.response["violations"]]
        assert told == []
        assert found.logs == []
        assert found.requests == [pages[name].as_uri()]
        assert found.page.evaluate("typeof evil") == "undefined"


@pytest.mark.parametrize("name", PAGES)
def test_tooltips(name: str, browser: Any, pages: dict[str, Path]) -> None:
    with opened(browser, pages[name]) as found:
        for canvas in found.page.locator("figure.chart .canvas").all():
            assert _tip(found, canvas) != ""


def test_the_reader_picks(browser: Any, pages: dict[str, Path]) -> None:
    with opened(browser, pages["shops"]) as found:
        figure = found.page.locator("figure.chart").first
        canvas = figure.locator(".canvas")
        before, told = canvas.inner_html(), canvas.get_attribute("aria-label")
        figure.locator("select").select_option("b & c")
        assert canvas.inner_html() != before
        assert canvas.get_attribute("aria-label") != told
        assert figure.locator("[data-choice='1']").is_hidden()  # still folded
        figure.locator("summary").click()
        assert figure.locator("[data-choice='1']").is_visible()
        assert figure.locator("[data-choice='0']").is_hidden()


def test_print_opens_short_tables_and_is_light(browser: Any, pages: dict[str, Path]) -> None:
    with opened(browser, pages["rain"], dark=True) as found:
        dark = found.page.evaluate("getComputedStyle(document.body).backgroundColor")
        found.page.emulate_media(media="print")
        light = found.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (dark, light) == ("rgb(18, 22, 28)", "rgb(255, 255, 255)")
        found.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert found.page.locator("details.short[open]").count() > 0
        found.page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert found.page.locator("details[open]").count() == 0


def test_paper_says_what_was_picked(browser: Any, pages: dict[str, Path]) -> None:
    with opened(browser, pages["gates"]) as found:
        pick = found.page.locator("select").first
        found.page.emulate_media(media="print")
        assert pick.is_visible()
        assert pick.evaluate("each => getComputedStyle(each).appearance") == "none"


def test_a_drawing_wider_than_a_phone_shows_its_newest_step(
    browser: Any, pages: dict[str, Path]
) -> None:
    with opened(browser, pages["audit"], phone=True) as found:
        drawing = found.page.locator(".drawing").first
        left, room = drawing.evaluate("each => [each.scrollLeft, each.scrollWidth]")
        assert 0 < left == room - drawing.evaluate("each => each.clientWidth")


@pytest.mark.parametrize("name", ["shops", "audit", "tried"])
def test_a_wide_table_on_a_phone_keeps_its_caption_and_its_names(
    name: str, browser: Any, pages: dict[str, Path]
) -> None:
    with opened(browser, pages[name], phone=True) as found:
        for summary in found.page.locator("summary").all():
            summary.click()
        wide = 0
        for table in found.page.locator(".scroll").all():
            if not table.is_visible():
                continue
            room = table.bounding_box()
            for left in (0, 10_000):
                wide += table.evaluate(
                    "(each, left) => (each.scrollLeft = left) && each.scrollLeft", left
                )
                for part in ("caption span", "thead th:first-child", "tbody th span >> nth=0"):
                    box = table.locator(part).first.bounding_box()
                    assert box["x"] >= room["x"]
                    assert box["x"] + box["width"] <= room["x"] + room["width"]
        assert wide


def test_names_below_a_map_are_as_many_as_there_is_room_for(browser: Any, tmp_path: Path) -> None:
    layer = tidegate.GRU(1, 4)
    found_in = tidegate.gates(layer, np.ones((1, 60, 1)))
    tidegate.report.plot(found_in).write(tmp_path / "gates.html")
    with opened(browser, tmp_path / "gates.html", phone=True) as found:
        names = found.page.locator("figure.chart").first.locator("g[aria-label='text'] text").all()
        assert len(names) > 10
        left = [name.bounding_box()["x"] for name in names]
        # digits of 9 px that stand aslant by 50 degrees need 9 / sin 50° = 12
        assert min(b - a for a, b in pairwise(left)) > 12


def test_steps_are_whole_numbers(browser: Any, pages: dict[str, Path]) -> None:
    """The example has five tokens."""
    with opened(browser, pages["audit"]) as found:
        figure = found.page.locator("figure.chart", has_text="Gates and states through time")
        ticks = figure.locator("g[aria-label='x-axis tick label'] text").all_text_contents()
        assert ticks == ["0", "1", "2", "3", "4"]


def _wide(found: Opened) -> int:
    width: int = found.page.evaluate("document.documentElement.scrollWidth")
    return width


def _tip(found: Opened, canvas: Any) -> str:
    """What the chart says where the pointer finds something first, from left to right."""
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    for share in range(15, 100, 3):
        for height in (0.5, 0.25, 0.75):
            x, y = box["x"] + box["width"] * share / 100, box["y"] + box["height"] * height
            found.page.mouse.move(x, y)
            tips = canvas.locator("g[aria-label='tip'] text")
            if tips.count():
                return str(tips.first.text_content())
    return ""


def test_the_pages_are_what_plot_draws(rain: Known) -> None:
    assert "iframe" in tidegate.report.plot(rain.judged)._repr_html_()
