"""What a network is, as a plain value: input → stack of layers → readout → head → loss.

All of it is frozen, compares by value and goes to JSON and back; an unknown key is refused, so
that a file from a newer tidegate is never half understood.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, TypeAlias, get_args

from ..cells import CELLS, CellSpec
from ..data.plain import from_json
from ..errors import ArgumentError
from . import checks
from .loss import Loss

Readout: TypeAlias = Literal["last", "each", "mean", "max", "mean+max"]


@dataclass(frozen=True)
class NumberInput:
    """Rows of numbers, ``[N, columns]``; a step reads ``segment`` rows, one after the other.

    Example:
        >>> NumberInput(columns=2, segment=3).size
        6
    """

    columns: int
    segment: int = 1
    dense: int = 0
    """Width of a dense layer with relu in front of the recurrent ones; 0 for none."""

    def __post_init__(self) -> None:
        checks.whole(self, "columns", 1)
        checks.whole(self, "segment", 1)
        checks.whole(self, "dense", 0)

    @property
    def size(self) -> int:
        """The numbers that a step reads from the table."""
        return self.columns * self.segment

    @property
    def width(self) -> int:
        """The inputs of the first recurrent layer."""
        return self.dense or self.size


@dataclass(frozen=True)
class TokenInput:
    """Rows of token ids, ``[N]`` int32 below ``vocabulary``, each embedded as ``width`` numbers."""

    vocabulary: int
    width: int

    def __post_init__(self) -> None:
        checks.whole(self, "vocabulary", 1)
        checks.whole(self, "width", 1)

    @property
    def segment(self) -> int:
        """The rows that a step reads: one token."""
        return 1


@dataclass(frozen=True)
class Init:
    """How the parameters of a new network are drawn; `network/initial.py` does it, with sources.

    Example:
        >>> Init(chrono=200).chrono, Init.torch().recurrent
        (200, 'uniform')
    """

    recurrent: Literal["orthogonal", "identity", "uniform"] = "orthogonal"
    """Each gate's own H×H block of ``weight_hh``."""
    input: Literal["glorot", "uniform"] = "glorot"
    """``weight_ih`` gate by gate, and the weights of the dense layer and of the head."""
    bias: Literal["zero", "uniform"] = "zero"
    """All biases."""
    forget_bias: float = 1.0
    """Added to the forget gate's ``bias_ih`` (LSTM)."""
    chrono: int | None = None
    """T_max, the longest lag to remember: sets gate biases in place of ``forget_bias``."""

    def __post_init__(self) -> None:
        checks.choice(self, "recurrent", ("orthogonal", "identity", "uniform"))
        checks.choice(self, "input", ("glorot", "uniform"))
        checks.choice(self, "bias", ("zero", "uniform"))
        checks.number(self, "forget_bias", least=-1e6)
        if self.chrono is not None:
            checks.whole(self, "chrono", 3)

    @classmethod
    def within(cls, data: Any) -> Any:
        """A JSON object, with what it says under ``init`` read; anything else as it is."""
        if not isinstance(data, dict) or "init" not in data:
            return data
        return {**data, "init": from_json(cls, data["init"])}

    @classmethod
    def torch(cls) -> Init:
        """As torch.nn does it: uniform in everything, and no forget bias."""
        return cls(recurrent="uniform", input="uniform", bias="uniform", forget_bias=0.0)


@dataclass(frozen=True)
class NetworkSpec:
    """A recurrent network without its parameters.

    Example:
        >>> spec = NetworkSpec(NumberInput(columns=1), cell="gru", hidden=32, outputs=7)
        >>> spec.output_size
        7
        >>> NetworkSpec.from_json(spec.to_json()) == spec
        True
    """

    input: NumberInput | TokenInput
    cell: str = "lstm"
    """A key of ``tidegate.cells.CELLS``."""
    hidden: int = 64
    """H, the units of each layer and direction."""
    layers: int = 1
    """Layers, one above the other."""
    bidirectional: bool = False
    """Whether each layer reads a span from both ends; what it gives is 2·H wide."""
    dropout: float = 0.0
    """The share of every layer's outputs, save the last layer's, that training sets to zero."""
    input_dropout: float = 0.0
    """The share of what the first layer is given that training sets to zero."""
    recurrent_dropout: float = 0.0
    """The share of ``weight_hh`` that a training step does without (DropConnect)."""
    readout: Readout = "last"
    """Which of the last layer's states reach the head: the last, each, or their mean or maximum."""
    read_last: int = 0
    """For the readout ``each``: only so many of a span's last steps are read out; 0 for all."""
    head_dropout: float = 0.0
    """The share of what the head is given that training sets to zero."""
    outputs: int = 0
    """Width of the dense head; 0 for no head: the readout is the output."""
    tied: bool = False
    """Whether the head's weight is the embedding: words in, the same words out."""
    loss: Loss | None = None
    """None for a network that is not trained, or with a loss of your own."""
    dtype: Literal["float32", "float64"] = "float32"
    """Of parameters, states and outputs."""
    init: Init = field(default_factory=Init)

    def __post_init__(self) -> None:
        for name, kinds, title in (
            ("input", NumberInput | TokenInput, "a NumberInput or a TokenInput"),
            ("loss", Loss | None, "a Loss or None"),
            ("init", Init, "an Init"),
        ):
            if not isinstance(getattr(self, name), kinds):
                raise ArgumentError(
                    f"NetworkSpec.{name} must be {title}, got {getattr(self, name)!r}"
                )
        checks.choice(self, "cell", tuple(CELLS))
        checks.choice(self, "readout", get_args(Readout))
        checks.precision(self, "dtype")
        checks.flag(self, "bidirectional")
        checks.whole(self, "hidden", 1)
        checks.whole(self, "layers", 1, 1000)
        checks.whole(self, "outputs", 0)
        for name in ("dropout", "input_dropout", "recurrent_dropout", "head_dropout"):
            checks.number(self, name, least=0, below=1)
        checks.flag(self, "tied")
        checks.whole(self, "read_last", 0)
        if self.read_last and self.readout != "each":
            raise ArgumentError(
                f"NetworkSpec.read_last is for the readout 'each', got {self.readout!r}"
            )
        if self.head_dropout and not self.outputs:
            raise ArgumentError("NetworkSpec.head_dropout needs a head; give outputs above 0")
        if self.init.chrono is not None and not CELLS[self.cell].chrono:
            raise ArgumentError(
                f"Init.chrono needs a cell with gates, got cell {self.cell!r}; "
                f"take 'lstm' or 'gru', or leave chrono out"
            )
        if self.tied:
            self._check_tied()
        if self.loss is not None:
            self._check_loss(self.loss)

    def _check_tied(self) -> None:
        if not isinstance(self.input, TokenInput):
            raise ArgumentError(
                "NetworkSpec.tied needs a TokenInput, whose embedding the head takes"
            )
        need, got = (self.input.vocabulary, self.input.width), (self.outputs, self.readout_size)
        if need != got:
            raise ArgumentError(
                f"NetworkSpec.tied needs a head of the embedding's shape {need}, "
                f"got outputs and readout of {got}"
            )

    def _check_loss(self, loss: Loss) -> None:
        if loss.kind == "pinball" and self.output_size % loss.together:
            raise ArgumentError(
                f"NetworkSpec.outputs must be a multiple of the {loss.together} quantiles of "
                f"its pinball loss (targets × quantiles), got {self.output_size}"
            )
        if loss.kind == "mixing" and self.output_size % loss.together:
            raise ArgumentError(
                f"NetworkSpec.outputs must be a multiple of the {loss.together} numbers of a step "
                f"of its mixing loss (paths, quantiles, chance), got {self.output_size}"
            )
        classes = len(loss.class_weight)
        if loss.kind == "categorical" and classes not in (0, self.output_size):
            raise ArgumentError(
                f"Loss.class_weight must have one weight for each of the {self.output_size} "
                f"outputs, got {classes}"
            )

    @property
    def cell_spec(self) -> CellSpec:
        """The cell itself."""
        return CELLS[self.cell]

    @property
    def directions(self) -> int:
        """1, or 2 if bidirectional."""
        return 2 if self.bidirectional else 1

    @property
    def suffixes(self) -> tuple[str, ...]:
        """What torch adds to a parameter's name, for each direction."""
        return ("", "_reverse")[: self.directions]

    @property
    def drops(self) -> bool:
        """Whether training draws dropout masks."""
        rates = (self.dropout, self.input_dropout, self.recurrent_dropout, self.head_dropout)
        return any(rate > 0 for rate in rates)

    @property
    def readout_size(self) -> int:
        """The width R of what the head is given."""
        return self.directions * self.hidden * (2 if self.readout == "mean+max" else 1)

    @property
    def pools(self) -> bool:
        """Whether the head is given a mean or a maximum of all states: then each step has a way of
        its own to the output, and a gradient that fades between states keeps nothing from being
        learnt.

        Example:
            >>> NetworkSpec(NumberInput(1), hidden=8, readout="mean+max").pools
            True
        """
        return self.readout not in ("last", "each")

    @property
    def output_size(self) -> int:
        """The width of the network's output."""
        return self.outputs or self.readout_size

    @property
    def target_size(self) -> int:
        """The targets of one row of output: outputs / quantiles; for ``mixing``, 2 + paths of each
        step; 1 for class ids."""
        if self.loss is None or self.loss.kind == "categorical":
            return self.output_size if self.loss is None else 1
        each = 2 + self.loss.paths if self.loss.kind == "mixing" else 1
        return self.output_size // self.loss.together * each

    def to_json(self) -> dict[str, Any]:
        """A dict that ``json.dumps`` takes and ``from_json`` turns back into an equal value."""
        kind = "numbers" if isinstance(self.input, NumberInput) else "tokens"
        data = _lists(asdict(self))
        return {**data, "input": {"kind": kind, **data["input"]}}

    @classmethod
    def from_json(cls, data: Any) -> NetworkSpec:
        """The spec that ``to_json`` described.

        Raises:
            ArgumentError: for a key that is not known, is missing, or holds a value out of range.
        """
        if not isinstance(data, dict):
            raise ArgumentError(f"NetworkSpec must be a JSON object, got {type(data).__name__}")
        parts = Init.within(dict(data))
        if "input" in parts:
            parts["input"] = _input(parts["input"])
        if parts.get("loss") is not None:
            parts["loss"] = from_json(Loss, parts["loss"])
        return from_json(cls, parts)

    def but(self, **changes: Any) -> NetworkSpec:
        """The same spec with some settings changed, checked again."""
        return replace(self, **changes)


def _input(data: Any) -> NumberInput | TokenInput:
    kinds: dict[Any, type[NumberInput | TokenInput]] = {
        "numbers": NumberInput,
        "tokens": TokenInput,
    }
    kind = data.get("kind") if isinstance(data, dict) else data
    if not isinstance(kind, str) or kind not in kinds:
        raise ArgumentError(f"NetworkSpec.input.kind must be 'numbers' or 'tokens', got {kind!r}")
    return from_json(kinds[kind], {k: v for k, v in data.items() if k != "kind"})


def _lists(value: Any) -> Any:
    """The same value with lists for tuples, as JSON would give it back."""
    if isinstance(value, dict):
        return {key: _lists(item) for key, item in value.items()}
    return [_lists(item) for item in value] if isinstance(value, tuple) else value
