"""Frames in, rows and spans out."""

from __future__ import annotations

from .frame import FrameKind as FrameKind
from .frame import write_frame as write_frame
from .frequency import Frequency as Frequency
from .series import Series as Series
from .series import read_series as read_series
from .spans import Spans as Spans
