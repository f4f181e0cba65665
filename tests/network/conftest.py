"""What the tests of the model file share."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_files import META, SPEC, tensors
from tidegate.network.file import write_model


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    write_model(path, "forecaster", SPEC.to_json(), tensors(), META)
    return path
