"""Frames in, rows and spans out."""

from __future__ import annotations

from .ahead import read_future as read_future
from .bags import TokenBags as TokenBags
from .choice import Columns as Columns
from .choice import choose_columns as choose_columns
from .conversion import to_frame as to_frame
from .encoding import Code as Code
from .encoding import Encoding as Encoding
from .extend import extend as extend
from .extend import newest as newest
from .extend import oldest as oldest
from .frame import FrameKind as FrameKind
from .frame import write_frame as write_frame
from .frequency import Frequency as Frequency
from .gaps import Gap as Gap
from .gaps import summary as summary
from .series import Series as Series
from .series import read_series as read_series
from .spans import Spans as Spans
from .table import TextTable as TextTable
from .table import place as place
from .table import read_table as read_table
