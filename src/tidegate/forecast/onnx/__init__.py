"""A whole forecast as an ONNX graph, each part beside the NumPy that it repeats."""

from __future__ import annotations
