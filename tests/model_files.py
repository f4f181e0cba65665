"""A sound model file, files that are forged, and what is said about those."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tidegate.errors import ModelFileError
from tidegate.network import Loss, NetworkSpec, NumberInput
from tidegate.network.file import (
    parameters_of,
    read_model,
)
from tidegate.network.initial import initial
from tidegate.network.parameters import views

SPEC = NetworkSpec(NumberInput(2), cell="gru", hidden=3, outputs=1, loss=Loss("mse"))
FLAT = initial(SPEC, seed=0)
META = {"columns": ["y", "sunshine ☀"], "scale": 0.1, "rows": 12, "gaps": None, "log": False}


def tensors() -> dict[str, np.ndarray]:
    return {**views(SPEC, FLAT), "residuals.y": np.arange(6.0).reshape(2, 3)}


def parts(path: Path) -> tuple[dict[str, Any], bytes]:
    """The header, but for the checksum, which a file that is forged does not name; the data."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header["__metadata__"].pop("checksum", None)
    return header, data[8 + length :]


def forge(path: Path, header: dict[str, Any] | str | bytes, data: bytes = b"") -> Path:
    text = header if isinstance(header, str | bytes) else json.dumps(header)
    text = text.encode() if isinstance(text, str) else text
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


def refusal(path: Path, kind: str | None = None) -> str:
    """The error's message: one line that begins with the file and says what to do."""
    with pytest.raises(ModelFileError) as caught:
        parameters_of(read_model(path, kind))
    message = str(caught.value)
    assert message.startswith(str(path))
    assert message.isprintable(), "one line"
    assert len(message) < len(str(path)) + 400
    return message


# ---- there and back ------------------------------------------------------------------------------
