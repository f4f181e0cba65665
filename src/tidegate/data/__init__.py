"""Frames in, rows and spans out."""

from __future__ import annotations

from .spans import Spans as Spans
