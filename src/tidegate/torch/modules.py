"""torch.nn's recurrent modules over tidegate's core: LSTM, GRU, RNN."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

from torch import nn

from .calling import run, torchs_own

P = ParamSpec("P")


def _plain(init: Callable[P, None]) -> Callable[P, None]:
    """A constructor that refuses proj_size by name, 0 too, as torch's do; by place it is 0."""

    @wraps(init)
    def made(*args: P.args, **kwargs: P.kwargs) -> None:
        _check_plain("proj_size" in kwargs)
        init(*args, **kwargs)

    return made


class LSTM(nn.RNNBase):
    """`torch.nn.LSTM`, computed by tidegate's core where that can, by torch where not.

    Arguments, parameters, results and errors are torch's. It is an `nn.RNNBase` and no `nn.LSTM`,
    for torch.compile refuses to look into those. Beside what torch has:

    Example:
        >>> import torch
        >>> layer = LSTM(3, 4, batch_first=True)
        >>> y, (h, c) = layer(torch.ones(2, 5, 3), lengths=torch.tensor([5, 2]))
        >>> y.shape, y[1, 2:].abs().max().item()
        (torch.Size([2, 5, 4]), 0.0)
        >>> y, (h, c), record = layer(torch.ones(2, 5, 3), record=True)
        >>> sorted(record[0]), record[0]["f"].shape
        (['c', 'f', 'g', 'h', 'i', 'o'], torch.Size([2, 5, 4]))
    """

    checkpoint = False

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
        *,
        checkpoint: bool = False,
    ) -> None:
        """
        Args:
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional,
                proj_size, device, dtype: torch's.
            checkpoint: compute the states again on the way back, in about √T/8 pieces, and keep one
                at a time, so that their memory grows with √T. Of several layers of two directions
                what each gives to the next is kept too, as the outputs are.
        """
        super().__init__(
            "LSTM",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            proj_size,
            device,
            dtype,
        )
        _set(self, checkpoint)

    # of torch's class: h and c have sizes of their own, and go together
    get_expected_cell_size = nn.LSTM.get_expected_cell_size
    check_forward_args: Any = nn.LSTM.check_forward_args
    permute_hidden: Any = nn.LSTM.permute_hidden

    __prepare_scriptable__ = torchs_own  # for torch.jit.script

    def forward(
        self, input: Any, hx: Any = None, *, lengths: Any = None, record: bool = False
    ) -> Any:
        """As torch's.

        Args:
            input, hx: torch's.
            lengths: ``[B]``, the steps of each sequence of a padded input, from 1 up; y is zero
                beyond them, and the last states are those at each sequence's own end.
            record: whether to return every gate and state too, a dict for each layer and direction:
                name → like the output, H features. They carry no gradient.

        Returns:
            (output, (h, c)), or (output, (h, c), record).
        """
        return run(self, input, hx, lengths, record)


class GRU(nn.RNNBase):
    """`torch.nn.GRU` in the same way; see `LSTM`."""

    checkpoint = False

    @_plain
    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
        *,
        checkpoint: bool = False,
    ) -> None:
        """Args: as for `LSTM`, but for proj_size, which torch refuses too."""
        _check_plain(proj_size)
        super().__init__(
            "GRU",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            device=device,
            dtype=dtype,
        )
        _set(self, checkpoint)

    __prepare_scriptable__ = torchs_own  # for torch.jit.script

    def forward(
        self, input: Any, hx: Any = None, *, lengths: Any = None, record: bool = False
    ) -> Any:
        """(output, h), or (output, h, record). Args: as for `LSTM`."""
        return run(self, input, hx, lengths, record)


class RNN(nn.RNNBase):
    """`torch.nn.RNN` in the same way; see `LSTM`."""

    checkpoint = False

    @_plain
    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
        *,
        checkpoint: bool = False,
    ) -> None:
        """Args: as for `GRU`; nonlinearity: torch's, "tanh" or "relu"."""
        _check_plain(proj_size)
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(
                f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'."
            )
        super().__init__(
            f"RNN_{nonlinearity.upper()}",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            device=device,
            dtype=dtype,
        )
        self.nonlinearity = nonlinearity
        _set(self, checkpoint)

    __prepare_scriptable__ = torchs_own  # for torch.jit.script

    def forward(
        self, input: Any, hx: Any = None, *, lengths: Any = None, record: bool = False
    ) -> Any:
        """(output, h), or (output, h, record). Args: as for `LSTM`."""
        return run(self, input, hx, lengths, record)


def _check_plain(projected: Any) -> None:
    if projected:
        raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")


def _set(module: Any, checkpoint: bool) -> None:
    if checkpoint:
        module.checkpoint = True
