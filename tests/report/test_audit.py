"""The page of an audit says what the audit says; so do those of gates and comparisons."""

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
import tidegate as tg
import tidegate.report
from tidegate.audit.gates import Gates, LayerGates
from tidegate.audit.result import Verdict
from tidegate.errors import ArgumentError
from tidegate.network.lags import CHANGE
from tidegate.report.audit import audit_page
from tidegate.report.gates import gates_page
from tidegate.report.page import Page


def charts_of(page: Page) -> dict[str, dict[str, Any]]:
    """The data of each chart, by its title."""
    found = re.findall(
        r'<figure class="chart"><h3>(.*?)</h3>.*?<script type="application/json">(.*?)</script>',
        page.html(),
        re.DOTALL,
    )
    return {unescape(title): json.loads(text) for title, text in found}


def words_of(page: Page) -> str:
    """What a person reads: no script, no tag."""
    html = re.sub(r"<(script|style)[^>]*>.*?</\1>", "", page.html(), flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", " ", html))


def test_the_lectures_numbers_stand_in_the_drawing() -> None:
    layer = tg.RNN(1, 1, nonlinearity="linear", dtype="float64")
    layer.params["weight_hh_l0"][:] = 2.0
    page = audit_page(tg.audit(layer, np.ones((1, 51, 1))))
    drawing = page.html().split("<svg", 1)[1].split("</svg>")[0]
    for words in ("h(t)", "h(t−50)", "× 2", "1.1e+15", ">4<", "U", "V", "W"):  # 2 ** 50 and 2 ** 2
        assert words in drawing, words
    assert page.title == "Audit: exploding"
    assert "Gates and states, step by step" in [section.title for section in page.sections]


def test_examples_are_called_by_what_they_are() -> None:
    gates = tg.gates(tg.GRU(1, 2), np.ones((1, 3, 1)))
    for step, labels, words in (
        ("step", ("0", "1", "2"), "1: 3 steps"),
        ("day", ("2024-01-01", "2024-01-02", "+1"), "1: 2024-01-01 to +1"),
        ("token", ("a", "fine", "day"), "1: a fine day"),
        ("character", ("d", "a", "y"), "1: day"),
        ("word", ("extraordinarily", "long-winded", "sentences"), "1: extraordinarily long-winded"),
    ):
        page = gates_page(replace(gates, step=step, labels=labels))
        assert f">{words}" in page.html(), words


def test_a_change_of_the_output_is_not_said_to_be_lower_with_the_past() -> None:
    audit = reported.audit()
    assert f"{audit.memory.name} with the past" in words_of(audit_page(audit))
    changed = replace(audit, memory=replace(audit.memory, name=CHANGE))
    assert "with the past" not in words_of(audit_page(changed))


def test_verdict_first_then_what_to_try() -> None:
    audit = reported.audit()
    page = audit_page(audit)
    words = " ".join(words_of(page).split())
    assert f"vanishing : {audit.verdict.sentence}" in words
    assert page.sections[0].title == "What to try"
    assert audit.fixes[0].title in words
    assert "t+1 cannot depend on the newest 2 rows of all inputs" in words
    assert "24 of 40 days" in words


def test_curves_are_those_of_the_audit() -> None:
    audit = reported.audit("lstm", 1, 1)
    chart = charts_of(audit_page(audit))["The gradient, by steps back"]
    drawn = chart["choices"][""]["data"]["curves"]
    c = [i for i, state in enumerate(drawn["state"]) if state == "c"]
    np.testing.assert_allclose([drawn["mean"][i] for i in c], audit.gradient[1].mean, rtol=1e-4)
    assert [drawn["lag"][i] for i in c] == audit.gradient[1].lag.tolist()


def test_many_curves_are_picked_by_layer() -> None:
    chart = charts_of(audit_page(reported.audit("lstm", 2, 2)))["The gradient, by steps back"]
    assert len(chart["choices"]) == 4
    assert set(chart["choices"]["3"]["data"]["curves"]["state"]) == {"h", "c"}


def test_a_gradient_of_zero_is_left_out_not_drawn_as_something() -> None:
    audit = reported.audit("rnn", 1, 1)
    mean = audit.gradient[0].mean.copy()
    mean[40:] = 0
    gone = replace(audit, gradient=(replace(audit.gradient[0], mean=mean),))
    chart = charts_of(audit_page(gone))["The gradient, by steps back"]
    assert chart["choices"][""]["data"]["curves"]["lag"] == list(range(40))


def test_influence_and_memory() -> None:
    audit = reported.audit()
    charts = charts_of(audit_page(audit))
    for k, output in enumerate(("0", "1")):
        drawn = charts["What the outputs depend on"]["choices"][output]["data"]["lags"]
        np.testing.assert_allclose(drawn["value"], audit.influence.total()[k], rtol=1e-4)
    blind = charts["What the outputs depend on"]["choices"]["0"]["data"]["blind"]["lag"]
    assert blind == [0, 1]
    scores = charts["What a longer past is worth"]["choices"][""]["data"]["scores"]
    np.testing.assert_allclose(scores["score"], audit.memory.score, rtol=1e-4)


@pytest.mark.parametrize("word", ["vanishing", "exploding", "saturated", "healthy", "unused past"])
def test_every_verdict_has_its_colour(word: Any) -> None:
    audit = replace(reported.audit("rnn", 1, 1), verdict=Verdict(word, "so it is", {}))
    tone = re.search(r'class="verdict (\w+)"', audit_page(audit).html())
    assert tone is not None
    assert (tone[1] == "good") == (word == "healthy")


def test_every_page_is_escaped_small_and_closed() -> None:
    made = [tidegate.report.plot(each()) for each in (reported.gates, reported.comparison)]
    made += [tidegate.report.plot(each()) for each in (reported.ablation, reported.tried)]
    made.append(audit_page(reported.audit(), reported.gates()))
    for page in made:
        html = page.html()
        assert reported.EVIL not in html
        assert reported.EVIL in unescape(html)
        assert len(html.encode()) < 2_000_000
        assert html.count("<h1>") == 1
        assert "http-equiv" in html


def test_a_map_of_gates_has_every_step_and_the_units_that_move() -> None:
    gates = reported.gates()
    chart = charts_of(gates.plot(sequence=0))["Every unit at every step"]
    assert len(chart["choices"]) == 2 * 6  # layers and names
    cells = chart["choices"]["0,1,1"]["data"]["cells"]["grid"]  # layer 1, f
    assert cells["labels"] == list(gates.steps(0))
    expected = gates.of("f", 0, layer=1)[:, cells["units"]]
    np.testing.assert_allclose(cells["values"], expected, atol=0.0051)  # two digits
    with pytest.raises(ArgumentError, match="no sequence 9"):
        gates.plot(sequence=9)


def test_a_large_network_gets_a_page_of_the_size_that_is_allowed() -> None:
    random = np.random.default_rng(0)
    names = ("i", "f", "g", "o", "c", "h")
    layers = tuple(
        LayerGates(i // 2, way, {name: random.uniform(-1, 1, (1200, 64)) for name in names})
        for i, way in enumerate(("forward", "reverse") * 3)
    )
    labels = tuple(f"a long token {i}" for i in range(1200))
    gates = Gates("large", "lstm", names, ("g",), "token", (200,) * 6, labels, layers)
    assert len(audit_page(reported.audit("lstm", 3, 2), gates).html().encode()) < 2_000_000


def test_a_comparison_says_what_to_use() -> None:
    found = reported.comparison()
    words = " ".join(words_of(found.plot()).split())
    assert "Use gru : it is best." in words
    dots = charts_of(found.plot())["Loss by cell and seed"]["choices"][""]["data"]["dots"]
    assert dots["loss"] == [0.6, 0.62, 0.4, 0.42]


def test_what_an_ablation_says_stands_there() -> None:
    found = reported.ablation()
    words = " ".join(words_of(found.plot()).split())
    said = found.what_does("f").split(": ", 1)[1]
    assert said in words


def test_fixes_that_were_not_tried_say_why() -> None:
    words = words_of(tidegate.report.plot(reported.tried()))
    assert "no time was left" in words
    assert "nats 0.4 before, 0.31 after" in " ".join(words.split())


def test_from_json_to_a_file(tmp_path: Path) -> None:
    audit = reported.audit()
    again = type(audit).from_json(json.loads(json.dumps(audit.to_json())))
    again.report(tmp_path / "audit.html")
    assert (tmp_path / "audit.html").read_text("utf-8") == audit.plot().html()


def test_lines_of_a_long_example_count_its_steps_from_the_first() -> None:
    """Of 150 tokens the newest 120 are drawn."""
    chart = charts_of(reported.gates().plot(sequence=1))["Gates and states through time"]
    drawn = chart["choices"]["0,0"]["data"]["lines"]
    assert (drawn["step"][0], drawn["step"][119], drawn["label"][0]) == (30, 149, "word35")


def test_a_past_that_is_not_proved_to_be_of_use_is_said_to_be_so() -> None:
    audit = reported.audit()
    memory = replace(audit.memory, gain=0.03, p=0.4)
    assert "a longer past lowers it by less than 1\N{NO-BREAK SPACE}%" in audit_page(audit).html()
    words = audit_page(replace(audit, memory=memory)).html()
    assert "loss by 3\N{NO-BREAK SPACE}% (p = 0.4): it is not proved to be of use" in words


def test_a_number_and_its_sign_of_per_cent_stay_on_one_line() -> None:
    words = audit_page(reported.audit()).html().partition("<main>")[2].partition("</main>")[0]
    assert "95\N{NO-BREAK SPACE}% interval" in words
    assert not re.search(r"\d %", words)


@pytest.mark.parametrize("path", [None, 3])
def test_a_path_that_is_none_is_refused_in_a_line(path: Any) -> None:
    with pytest.raises(ArgumentError, match=f"expected the path of a file to write, got {path}"):
        reported.audit("rnn", 1, 1).report(path)


def test_without_targets_the_page_says_what_the_curve_is() -> None:
    layer = tg.RNN(2, 3)
    words = words_of(audit_page(tg.audit(layer, np.random.default_rng(0).normal(size=(4, 9, 2)))))
    assert "How far the output moves, squared, beside its variance, when" in words
    assert "Without right answers nobody can say" in words
    assert "lowers the loss" not in words
