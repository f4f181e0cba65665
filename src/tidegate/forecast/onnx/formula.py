"""Operators of a graph, with numbers where they stand in a formula."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ...network.onnx import Graph, code_of, size_of

Array = NDArray[Any]
Value: TypeAlias = "str | float | Array"
"""A value of the graph by its name, or numbers, which become a constant of their own type."""


@dataclass(frozen=True)
class Formula:
    """Writes formulas into a graph.

    Example:
        >>> f = Formula(Graph())
        >>> x = f.graph.input("x", np.float64, ("batch", 3))
        >>> f.graph.output("y", f("Add", f.total(x), 1.0), ("batch", 1), np.float64)
        >>> [node.op_type for node in f.graph.model("sums").graph.node]
        ['ReduceSum', 'Add', 'Identity']
    """

    graph: Graph

    def __call__(
        self, operator: str, *values: Value, attributes: Mapping[str, Any] | None = None
    ) -> str:
        """The value that an operator makes of others."""
        names = (self.name(value) for value in values)
        return self.graph.add(operator, *names, attributes=attributes)

    def name(self, value: Value) -> str:
        """Of a value, or of the constant that it becomes."""
        return value if isinstance(value, str) else self.graph.constant(np.asarray(value))

    def total(self, value: str, axis: int = 1) -> str:
        """The sum along an axis, which stays with size 1."""
        return self("ReduceSum", value, np.array([axis]))

    def mean(self, value: str, axis: int = 1) -> str:
        """The mean along an axis, which stays with size 1."""
        return self("ReduceMean", value, np.array([axis]))

    def cast(self, value: str, dtype: Any) -> str:
        """The same numbers in another type."""
        return self("Cast", value, attributes={"to": code_of(dtype)})

    def part(self, value: str, first: int, end: int, axis: int = 1) -> str:
        """From one place to before another along an axis."""
        return self("Slice", value, *(np.array([n]) for n in (first, end, axis)))

    def join(self, *values: str, axis: int) -> str:
        """One after the other along an axis."""
        return self("Concat", *values, attributes={"axis": axis})

    def shaped(self, value: str, *shape: int) -> str:
        """In another shape; 0 for the size that the axis has, -1 for what is left."""
        return self("Reshape", value, np.array(shape))

    def beside(self, value: str, *axes: int) -> str:
        """With new axes of size 1."""
        return self("Unsqueeze", value, np.array(axes))

    def spread(self, value: Value, batch_of: str, *shape: int) -> str:
        """A value again and again: ``[B, *shape]``, with as many sequences as another has."""
        sizes = self.join(size_of(self.graph, batch_of, 0), self.graph.integers(*shape), axis=0)
        return self("Expand", self.name(value), sizes)
