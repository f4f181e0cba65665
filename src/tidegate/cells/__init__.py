"""The recurrent cells. To add one: write its file beside these, then its line in ``CELLS``."""

from __future__ import annotations

from .base import Array as Array
from .base import CellSpec as CellSpec
from .base import Record as Record
from .base import State as State
from .base import Weights as Weights
from .gru import GRU
from .lstm import LSTM
from .rnn import LINEAR, RELU, TANH

CELLS: dict[str, CellSpec] = {cell.name: cell for cell in (LSTM, GRU, TANH, RELU, LINEAR)}
