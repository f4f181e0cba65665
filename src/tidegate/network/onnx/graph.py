"""An ONNX graph as it is put together, and the file that it becomes.

Values are names: what `add` returns is what the next `add` takes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError, ModelFileError
from ..atomic import replacing

Dims = Sequence[int | str]
"""Sizes of an array; a word stands for a size that is free."""

OPSET, IR = 18, 8
"""Operators of December 2022: what is newer has nothing that is needed."""
LARGEST = 2**31 - 2**20
"""Bytes that such a file may have."""


class Graph:
    """Inputs, nodes, constants and outputs, in the order in which they were added.

    Example:
        >>> graph = Graph()
        >>> x = graph.input("x", np.float32, ("batch",))
        >>> graph.output("twice", graph.add("Mul", x, graph.constant(np.float32(2))), ("batch",))
        >>> [node.op_type for node in graph.model("doubles").graph.node]
        ['Mul', 'Identity']
    """

    def __init__(self) -> None:
        if find_spec("onnx") is None:
            raise ArgumentError("to_onnx() needs onnx: pip install 'tidegate[onnx]'")
        self._nodes: list[Any] = []
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []
        self._constants: dict[str, Any] = {}
        self._known: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self._types: dict[str, Any] = {}

    def input(self, name: str, dtype: Any, dims: Dims, default: NDArray[Any] | None = None) -> str:
        """A value that a run of the graph is given.

        Args:
            name: of the value.
            dtype: of its elements.
            dims: its shape.
            default: what it is if a run does not give it; a size may be 1 where ``dims`` is free.
        """
        from onnx import helper, numpy_helper

        code = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        self._inputs.append(helper.make_tensor_value_info(name, code, dims))
        if default is not None:
            self._constants[name] = numpy_helper.from_array(np.asarray(default, dtype), name)
        return name

    def constant(self, value: Any) -> str:
        """An array that is part of the file, or a number; equal ones stand there once."""
        from onnx import numpy_helper

        array = np.ascontiguousarray(value).reshape(np.shape(value))
        words = array.dtype == object
        data = repr(array.tolist()).encode() if words else array.tobytes()
        key = (array.dtype.str, array.shape, blake2b(data).digest())
        if key not in self._known:
            name = f"constant_{len(self._known)}"
            self._known[key] = name
            self._constants[name] = numpy_helper.from_array(array, name)
        return self._known[key]

    def integers(self, *values: int) -> str:
        """A constant vector of whole numbers, such as a shape or axes."""
        return self.constant(np.array(values, np.int64))

    def add(self, operator: str, *inputs: str, attributes: Mapping[str, Any] | None = None) -> str:
        """The value that an operator makes of others; "" for an input that is left out."""
        return self.add_several(operator, *inputs, outputs=1, attributes=attributes)[0]

    def add_several(
        self,
        operator: str,
        *inputs: str,
        outputs: int,
        attributes: Mapping[str, Any] | None = None,
    ) -> list[str]:
        """The values that an operator with several outputs makes."""
        from onnx import helper

        number = len(self._nodes)
        names = [f"{operator.lower()}_{number}_{i}" for i in range(outputs)]
        node = helper.make_node(operator, inputs, names, name=f"{operator}_{number}")
        for name, value in (attributes or {}).items():
            node.attribute.append(helper.make_attribute(name, value))
        self._nodes.append(node)
        return names

    def output(self, name: str, value: str, dims: Dims, dtype: Any = np.float32) -> None:
        """Gives a value the name under which a run returns it."""
        from onnx import helper

        self._nodes.append(helper.make_node("Identity", [value], [name], name=name))
        code = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        self._outputs.append(helper.make_tensor_value_info(name, code, dims))

    def body(self, name: str) -> Any:
        """The graph itself: what an operator with a loop, such as Scan, takes as its body."""
        from onnx import helper

        constants = list(self._constants.values())
        return helper.make_graph(self._nodes, name, self._inputs, self._outputs, constants)

    def model(self, title: str, metadata: Mapping[str, str] | None = None) -> Any:
        """The whole, checked by onnx with all types and shapes inferred."""
        from onnx import checker, helper

        from ..file import library_version

        model = helper.make_model(
            self.body("tidegate"),
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR,
            producer_name="tidegate",
            producer_version=library_version(),
            doc_string=title,
        )
        helper.set_model_props(model, dict(metadata or {}))
        checker.check_model(model, full_check=True)
        return model

    def write(
        self, path: str | os.PathLike[str], title: str, metadata: Mapping[str, str] | None = None
    ) -> None:
        """Writes the file, whole or not at all.

        Raises:
            ArgumentError: if it would be larger than ONNX allows.
            ModelFileError: if it cannot be written.
        """
        if sum(len(tensor.raw_data) for tensor in self._constants.values()) > LARGEST:
            raise ArgumentError("this model is larger than the 2 GB that an ONNX file may have")
        data = self.model(title, metadata).SerializeToString()
        try:
            with replacing(path) as file:
                file.write(data)
        except OSError as error:
            raise ModelFileError(
                f"{os.fspath(path)} cannot be written: {error.strerror or error}; "
                f"check the folder, its permissions and the space on the disk"
            ) from None
