"""Pages in headless Chromium, with what they log and what they ask for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PHONE, DESK = {"width": 390, "height": 800}, {"width": 1100, "height": 800}


class Opened:
    """A page that was opened: ``page`` of playwright, what it logged, what it asked for."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.logs: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.logs.append(message.text))
        page.on("pageerror", lambda error: self.logs.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser; the test is skipped where there is none."""
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright from PyPI")
    found = os.environ.get("TIDEGATE_CHROMIUM") or next(
        filter(None, map(shutil.which, NAMES)), None
    )
    if found is None:
        pytest.skip("needs Chromium: install it, or name it in TIDEGATE_CHROMIUM")
    with api.sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=found, args=flags)
        yield browser
        browser.close()


@contextmanager
def opened(
    browser: Any, path: Path, *, dark: bool = False, phone: bool = False
) -> Iterator[Opened]:
    """The page of a file, once all of its charts are drawn."""
    scheme = "dark" if dark else "light"
    context = browser.new_context(viewport=PHONE if phone else DESK, color_scheme=scheme)
    found = Opened(context.new_page())
    found.page.goto(path.as_uri())
    charts = found.page.locator("figure.chart").count()
    drawn = "count => document.querySelectorAll('.canvas > *:is(svg, figure)').length === count"
    found.page.wait_for_function(drawn, arg=charts, timeout=10_000)
    yield found
    context.close()
