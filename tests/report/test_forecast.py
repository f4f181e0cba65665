"""The page of a forecaster says what the forecaster said."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import reported
import tidegate.report
from reported import EVIL, LEVELS, Known
from tidegate.errors import ArgumentError, DataError
from tidegate.report.calibration import narrowed
from tidegate.report.forecast import forecast_page

MOST = 2_000_000
"""Bytes of a page."""


def page_of(known: Known) -> str:
    return forecast_page(known.forecaster, known.ahead, known.judged, fine=known.fine).html()


def charts_of(html: str) -> list[dict[str, Any]]:
    """The data of each chart."""
    found = re.findall(r'<script type="application/json">(.*?)</script>', html, re.DOTALL)
    return [json.loads(text) for text in found]


def test_numbers_are_those_of_the_forecast(rain: Known) -> None:
    chart = charts_of(page_of(rain))[0]
    drawn = chart["choices"][""]["data"]
    np.testing.assert_allclose(drawn["ahead"]["median"], rain.ahead["GRU"], rtol=1e-4)
    np.testing.assert_allclose(drawn["ahead"]["low0"], rain.ahead["GRU-lo-95"], rtol=1e-4)
    np.testing.assert_allclose(drawn["ahead"]["high1"], rain.ahead["GRU-hi-80"], rtol=1e-4)
    assert drawn["ahead"]["time"] == [120, 121, 122]
    assert drawn["seen"]["time"][-1] == 119


def test_quantiles_are_drawn_and_told(rain: Known) -> None:
    ahead = rain.forecaster.predict((), (0.9, 0.3))
    html = forecast_page(rain.forecaster, ahead).html()
    chart = charts_of(html)[0]
    drawn = chart["choices"][""]["data"]
    np.testing.assert_allclose(drawn["ahead"]["quantile0"], ahead["GRU-ql0.3"], rtol=1e-4)
    np.testing.assert_allclose(drawn["ahead"]["quantile1"], ahead["GRU-ql0.9"], rtol=1e-4)
    lines = [mark["options"].get("y") for mark in chart["marks"] if mark["data"] == "ahead"]
    assert lines == ["median", "quantile0", "quantile1"]
    assert html.count("quantile 0.3</li>") == 1
    assert "quantile 0.9: " in drawn["told"]["words"][-1]


def test_verdict_comes_first_and_every_rule_has_a_row(rain: Known) -> None:
    html = page_of(rain)
    text = unescape(re.sub(r"<[^>]+>", "", html))
    assert f"{rain.judged.model} " in text
    assert str(rain.judged.verdict) in text.replace("\N{NO-BREAK SPACE}", " ")
    assert html.index('class="verdict') < html.index("<section")
    for name in rain.judged.quantiles:
        assert f'<th scope="row"><span>{name}</span></th>' in html


def test_each_series_can_be_picked(shops: Known) -> None:
    html = page_of(shops)
    chart = charts_of(html)[0]
    assert list(chart["choices"]) == ["0", "1"]
    first = chart["choices"]["1"]["data"]["ahead"]
    np.testing.assert_allclose(first["median"], shops.ahead["GRU"][24:], rtol=1e-4)
    assert first["time"][0] == "2024-01-06T00:00:00Z"
    assert chart["times"] == ["time"]


def test_text_is_escaped(shops: Known) -> None:
    html = page_of(shops)
    assert EVIL not in html
    assert "&lt;script&gt;evil = 1&lt;/script&gt;" in html
    assert len(re.findall("<script", html)) == len(charts_of(html)) + 2


def test_small(shops: Known) -> None:
    assert len(page_of(shops).encode()) < MOST


def test_coverage_is_drawn_at_many_levels_and_judged_at_those_asked(rain: Known) -> None:
    chart = charts_of(page_of(rain))[-1]
    held = chart["choices"][""]["data"]["held1"]
    assert held["name"][0] == rain.judged.model
    np.testing.assert_allclose(held["level"], np.array(rain.fine.levels) / 100)
    shares = [rain.fine.overall[f"coverage-{level:g}"]["GRU"] for level in rain.fine.levels]
    np.testing.assert_allclose(held["share"], shares, rtol=1e-4)


def test_coverage_is_drawn_beside_the_baseline_of_the_verdict(rain: Known) -> None:
    other = next(
        name
        for name in rain.fine.quantiles
        if name not in (rain.fine.model, rain.fine.verdict.baseline)
    )
    said = replace(rain.judged.verdict, baseline=other)
    judged = replace(rain.judged)
    judged.__dict__["verdict"] = said  # as if the levels that were asked had decided so
    html = forecast_page(rain.forecaster, rain.ahead, judged, fine=rain.fine).html()
    held = charts_of(html)[-1]["choices"][""]["data"]["held0"]
    assert held["name"][0] == other


def test_narrowed_is_what_was_asked_to_the_bit(rain: Known) -> None:
    series = rain.judged.series
    asked = rain.forecaster.backtest(series, levels=(50, 80), quantiles=(0.3,))
    wide = rain.forecaster.backtest(series, levels=(20, 50, 80), quantiles=(0.3,))
    found = narrowed(wide, (50.0, 80.0), (0.3,))
    np.testing.assert_array_equal(found.grid, asked.grid)
    for name, values in asked.quantiles.items():
        np.testing.assert_array_equal(found.quantiles[name], values, err_msg=name)
    assert found.to_json() == asked.to_json()


def test_without_verdict(rain: Known) -> None:
    page = forecast_page(rain.forecaster, rain.ahead, "too few rows", missing="2 days are missing")
    text = re.sub(r"<[^>]+>", "", page.html())
    assert "No verdict: too few rows." in text
    assert "2 days are missing" in text
    assert [section.title for section in page.sections] == ["What comes next"]


def test_a_backtest_alone(rain: Known, tmp_path: Path) -> None:
    tidegate.report.write(rain.judged, tmp_path / "page.html")
    html = (tmp_path / "page.html").read_text("utf-8")
    assert html == tidegate.report.plot(rain.judged).html()
    assert html.count("<h1>") == 1
    assert rain.judged.levels == LEVELS


def test_only_what_can_be_drawn() -> None:
    with pytest.raises(ArgumentError, match=r"expected an Audit, .* or Backtest to draw, got list"):
        tidegate.report.plot([])


def test_a_page_that_cannot_be_written(rain: Known, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be written"):
        tidegate.report.write(rain.judged, tmp_path / "nowhere" / "page.html")


def test_what_the_network_remembers_follows(rain: Known) -> None:
    page = forecast_page(rain.forecaster, rain.ahead, rain.judged, audit=reported.audit())
    titles = [section.title for section in page.sections]
    first = titles.index("What the network remembers")
    assert titles[0] == "What comes next"
    assert titles[first + 1 :] == [
        "What to try",
        "How far the gradient reaches",
        "What the outputs depend on",
        "Usable memory",
        "The units",
    ]
    assert "of 40 days it uses 24" in page.html() and "unfolded over time" in page.html()
    page = forecast_page(rain.forecaster, rain.ahead, audit="there is <no> network")
    assert "Not known: there is &lt;no&gt; network." in page.html()
