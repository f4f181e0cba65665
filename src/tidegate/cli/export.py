"""tidegate export MODEL: a model that was saved, for other programs to run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import ArgumentError
from .exits import exit_codes
from .values import one_of

if TYPE_CHECKING:
    from ..network import Network

SUFFIX = {"onnx": ".onnx", "torch": ".torch.safetensors"}


def export(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="What a command has saved.")],
    to: Annotated[
        str,
        typer.Option(
            parser=one_of(*SUFFIX),
            metavar="|".join(SUFFIX),
            help="onnx: the whole model, scaling and all. torch: its networks, as safetensors.",
        ),
    ],
    out: Annotated[
        str | None,
        typer.Option(help="The file to write.  [default: MODEL with another ending]"),
    ] = None,
) -> None:
    """Writes a model that was saved as a file for onnxruntime or for torch.

    An ONNX file holds all that lies between a sequence, or the rows of a series, and the answer,
    with free batch and time axes. A file for torch holds the state_dict of the plain torch.nn
    module that a network is, and no code; scaling and vocabulary stay behind. Of a model of several
    networks there are several.

    **Examples**

    `tidegate export activity.safetensors --to onnx`

    `tidegate export rain.safetensors --to onnx`

    `tidegate export corpus.safetensors --to torch --out corpus.torch.safetensors`

    Exit codes: 0 done, 1 bad data, 2 wrong use, 130 stopped by Ctrl-C.
    """
    with exit_codes():
        from ..network.to_torch import write_torch
        from . import output

        target = Path(out) if out is not None else Path(model).with_suffix(SUFFIX[to])
        output.check_place(str(target), "--out", model, stdout=False)
        source = _load(model)
        if to == "onnx":
            source.to_onnx(target)
            if target.is_file():  # a pipe's bytes are gone
                typer.echo(f"{target}: {_signature(target)}")
            return
        networks = _networks(source, model)
        for number, network in enumerate(networks):
            place = target if len(networks) == 1 else _numbered(target, number)
            output.check_place(str(place), "--out", model, stdout=False)
            write_torch(place, network)
            size = len(network.parameters)
            typer.echo(f"{place}: the network {number + 1} of {len(networks)}, {size} parameters")


def _load(model: str) -> Any:
    """Whatever the file holds, a network alone too."""
    from ..loading import load
    from ..network.file import load_network, read_model

    return load_network(model) if read_model(model).kind == "network" else load(model)


def _networks(source: Any, model: str) -> list[Network]:
    """The networks of any model."""
    from ..network import Network

    if isinstance(source, Network):
        return [source]
    if hasattr(source, "network_"):
        return [source.network_]
    if hasattr(source, "learned_"):
        return [member.network for member in source.learned_.members]
    learned = getattr(source.answers_, "learned", None)
    if learned is None:
        raise ArgumentError(f"{model} forecasts by a simple rule; it has no network to export")
    return [each.model.network for each in learned]


def _signature(target: Path) -> str:
    """What goes into an ONNX file, and what comes out."""
    import onnx

    graph = onnx.load(target).graph
    optional = {tensor.name for tensor in graph.initializer}
    given = [_described(value) for value in graph.input if value.name not in optional]
    may = [value.name for value in graph.input if value.name in optional]
    found = [_described(value) for value in graph.output]
    return f"{', '.join(given)} ({', '.join(may)} if you like) → {', '.join(found)}"


def _described(value: Any) -> str:
    sizes = (size.dim_param or str(size.dim_value) for size in value.type.tensor_type.shape.dim)
    return f"{value.name} [{', '.join(sizes)}]"


def _numbered(target: Path, number: int) -> Path:
    """``net.torch.safetensors`` → ``net-0.torch.safetensors``."""
    stem, dot, rest = target.name.partition(".")
    return target.with_name(f"{stem}-{number}{dot}{rest}")
