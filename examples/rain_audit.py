"""What does a forecaster of Seattle's rain remember? An audit, in numbers and in words.

Trains a week's forecast on four years of days, and asks the network itself: how far back does the
gradient reach, which days does the forecast change with, what is a longer past worth, and what do
its gates do? Rain remembers little, most of it from the day before; the audit says how little.

    python examples/rain_audit.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

import tidegate as tg

WIDTH = 40
"""Signs of the longest bar."""


def bar(share: float) -> str:
    return "█" * round(WIDTH * share) or "·"


def main() -> None:
    print(__doc__)
    rain = pl.read_csv(Path(__file__).with_name("seattle-rain.csv"), try_parse_dates=True)
    day, millimetres = rain.columns[:2]
    training = tg.ForecastTraining(
        calibrate=False
    )  # an audit is about the network, not about its intervals
    model = tg.Forecaster(horizon=7, time=day, target=millimetres, training=training).fit(rain)
    audit = tg.audit(model, rain)
    print(audit)

    print(
        "\nHow much tomorrow's forecast changes with the rain of a day before, the largest as 1:\n"
    )
    influence = audit.influence
    size = influence.total()[0]
    for lag, share in list(zip(influence.lag, size / np.nanmax(size), strict=True))[:14]:
        when = "1 day before" if lag == 1 else f"{lag} days before"
        print(f"  {when:>15}  {share:4.2f}  {bar(share)}")

    memory = audit.memory
    print(f"\n{memory.name.capitalize()}, by the days that the network may see:\n")
    for context, score, low, high in zip(
        memory.context, memory.score, memory.low, memory.high, strict=True
    ):
        days = "day " if context == 1 else "days"
        print(f"  {context:4.0f} {days}  {score:.3f}  (95 % interval {low:.3f} to {high:.3f})")

    print("\nWhat each gate is for, when it is held still while the forecaster works:\n")
    ablation = tg.ablate(model, rain)
    for gate in ("r", "z", "n", "h"):
        print(f"  {ablation.what_does(gate)}.")
    newest = min((memory.score[0] - memory.score[1]) / (memory.score[0] - memory.full), 1)
    print(f"\nAll of the past is worth {memory.gain:.0%}; {newest:.0%} of that is the newest day.")
    print("Where it decides, as in examples/agreement_audit.py, these numbers look otherwise.")


if __name__ == "__main__":
    main()
