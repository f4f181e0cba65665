"""One HTML file that needs nothing else: no network, no font, no other file."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from html import escape
from pathlib import Path

from ..errors import DataError
from ..network.atomic import replacing
from .blocks import Block

ASSETS = Path(__file__).parent / "assets"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
"""What the browser lets the page do: nothing that leaves the file."""


@dataclass(frozen=True)
class Section:
    """A part of a page, under a title."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Page:
    """A report: a title, what comes first, and sections. A notebook shows it where it stands.

    Example:
        >>> from tidegate.report.blocks import Words
        >>> page = Page("Rain", "Seattle", (Words("It rains."),), ())
        >>> "<h1>Rain</h1>" in page.html()
        True
    """

    title: str
    lead: str
    """What it is about, in a line."""
    first: tuple[Block, ...]
    """What stands before all sections: the verdict."""
    sections: tuple[Section, ...]

    def html(self) -> str:
        """The whole file."""
        from importlib.metadata import version

        blocks = "".join(block.html() for block in self.first)
        parts = "".join(
            f'<section aria-labelledby="s{i}"><h2 id="s{i}">{escape(section.title)}</h2>'
            f"{''.join(block.html() for block in section.blocks)}</section>\n"
            for i, section in enumerate(self.sections)
        )
        body = re.sub(r"(?<=\d) %", "\N{NO-BREAK SPACE}%", f"{blocks}\n{parts}")
        return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(self.title)}</title>
<link rel="icon" href="data:,">
<style>{_asset("page.css")}</style>
</head>
<body>
<header>
<h1>{escape(self.title)}</h1>
<p class="lead">{escape(self.lead)}</p>
{self._contents()}</header>
<main>
{body}</main>
<footer>Written by tidegate {escape(version("tidegate"))}. This file needs no network. Charts:
Observable Plot and D3, whose licenses are in its source.</footer>
<!--
{_asset("LICENSES.txt")}
-->
<script>{_asset("plot.min.js")}</script>
<script>{_asset("charts.js")}</script>
</body>
</html>
"""

    def write(self, path: str | os.PathLike[str]) -> None:
        """Writes the file, whole or not at all.

        Raises:
            ArgumentError: if ``path`` is none.
            DataError: if it cannot be written.
        """
        data = self.html().encode("utf-8", errors="replace")
        try:
            with replacing(path) as file:
                file.write(data)
        except OSError as error:
            raise DataError(
                f"{os.fspath(path)} cannot be written: {error.strerror or error}; "
                f"check the folder, its permissions and the space on the disk"
            ) from None

    def _contents(self) -> str:
        if len(self.sections) < 2:
            return ""
        links = "".join(
            f'<li><a href="#s{i}">{escape(section.title)}</a></li>'
            for i, section in enumerate(self.sections)
        )
        return f'<nav aria-label="On this page"><ul>{links}</ul></nav>\n'

    def _repr_html_(self) -> str:
        """What a notebook shows: the page in a frame, so that no style of one reaches the other."""
        return (
            f'<iframe title="{escape(self.title)}" srcdoc="{escape(self.html())}" '
            f'style="width:100%;height:46rem;border:0"></iframe>'
        )


def _asset(name: str) -> str:
    """A file of assets/, in the form that may stand inside its element."""
    return (ASSETS / name).read_text("utf-8").strip()
