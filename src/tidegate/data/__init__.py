"""Frames in, rows and spans out."""

from __future__ import annotations

from .choice import Columns as Columns
from .choice import choose_columns as choose_columns
from .conversion import to_frame as to_frame
from .frame import FrameKind as FrameKind
from .frame import write_frame as write_frame
from .frequency import Frequency as Frequency
from .series import Series as Series
from .series import read_series as read_series
from .spans import Spans as Spans
from .table import TextTable as TextTable
from .table import place as place
from .table import read_table as read_table
