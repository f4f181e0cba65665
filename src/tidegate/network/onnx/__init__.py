"""Networks as ONNX graphs, written operator by operator; `docs/design/export.md` says why."""

from __future__ import annotations

from .graph import Graph as Graph
from .network import Answer as Answer
from .network import Rows as Rows
from .network import add_network as add_network
from .network import code_of as code_of
from .network import graph_of as graph_of
from .network import inside_of as inside_of
from .network import rows_of as rows_of
from .network import size_of as size_of
from .network import write_network as write_network
