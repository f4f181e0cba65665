"""What a page is made of, each as HTML: words, tables, drawings. Every text is escaped here."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Literal, Protocol, TypeAlias

Tone: TypeAlias = Literal["good", "warn", "bad", "plain"]


class Block(Protocol):
    """Anything that stands on a page."""

    def html(self) -> str:
        """Its HTML, all text in it escaped."""


@dataclass(frozen=True)
class Words:
    """A paragraph.

    Example:
        >>> Words("a < b").html()
        '<p>a &lt; b</p>'
    """

    text: str

    def html(self) -> str:
        return f"<p>{escape(self.text)}</p>"


@dataclass(frozen=True)
class Verdict:
    """The sentence that everything else stands behind; its first word is what a reader takes along.

    Example:
        >>> Verdict("healthy", "the gradient lives.", "good").html()
        '<div class="verdict good"><p><strong>healthy</strong>: the gradient lives.</p></div>'
    """

    word: str
    sentence: str
    tone: Tone = "plain"
    between: str = ": "

    def html(self) -> str:
        words = f"<strong>{escape(self.word)}</strong>{escape(self.between + self.sentence)}"
        return f'<div class="verdict {self.tone}"><p>{words}</p></div>'


@dataclass(frozen=True)
class Facts:
    """A few numbers, each below what it is."""

    facts: tuple[tuple[str, str], ...]

    def html(self) -> str:
        parts = [
            f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"
            for name, value in self.facts
        ]
        return f'<dl class="facts">{"".join(parts)}</dl>'


@dataclass(frozen=True)
class Steps:
    """An ordered list, each item a few words and what is to be said of them."""

    items: tuple[tuple[str, str], ...]

    def html(self) -> str:
        parts = [f"<li><strong>{escape(a)}</strong>: {escape(b)}</li>" for a, b in self.items]
        return f'<ol class="steps">{"".join(parts)}</ol>'


@dataclass(frozen=True)
class Table:
    """Words in columns; the first column names the row."""

    caption: str
    columns: dict[str, list[str]]
    own: str | None = None
    """The row that stands out, by its name."""

    def html(self) -> str:
        scroll = f'tabindex="0" role="region" aria-label="{escape(self.caption)}"'
        return f'<div class="table scroll" {scroll}>{self.bare()}</div>'

    def bare(self, attributes: str = "") -> str:
        """The table alone, with further attributes of its element."""
        names = "".join(f'<th scope="col">{escape(name)}</th>' for name in self.columns)
        lines = []
        for first, *rest in zip(*self.columns.values(), strict=True):
            cells = "".join(f"<td>{escape(cell)}</td>" for cell in rest)
            mark = ' class="own"' if first == self.own else ""
            name = f'<th scope="row"><span>{escape(first)}</span></th>'
            lines.append(f"<tr{mark}>{name}{cells}</tr>")
        return (
            f"<table{attributes}><caption><span>{escape(self.caption)}</span></caption>"
            f"<thead><tr>{names}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
        )

    def folded(self, attributes: str = "") -> str:
        """The table in a place of its own that scrolls, for `folded`."""
        scroll = f'tabindex="0" role="region" aria-label="{escape(self.caption)}"'
        return f'<div class="scroll" {scroll}{attributes}>{self.bare()}</div>'

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), []))


@dataclass(frozen=True)
class Drawing:
    """An SVG of our own, with its words."""

    title: str
    svg: str
    """Escaped by whoever drew it."""
    caption: str
    table: Table

    def html(self) -> str:
        return (
            f"<figure><h3>{escape(self.title)}</h3>"
            f'<div class="drawing" tabindex="0" role="region" aria-label="{escape(self.title)}">'
            f"{self.svg}</div><figcaption>{escape(self.caption)}</figcaption>"
            f"{folded([self.table.folded()], short=len(self.table) <= SHORT)}</figure>"
        )


SHORT = 12
"""Rows of a table that is printed open."""


def folded(tables: list[str], *, short: bool) -> str:
    """Tables behind a line that opens them."""
    kind = ' class="short"' if short else ""
    return f"<details{kind}><summary>The numbers as a table</summary>{''.join(tables)}</details>"
