"""tiny-shakespeare, character by character: nats on its last tenth.

    python benchmarks/sequences/shakespeare.py [--seeds 3] [--long]

A model at its defaults learns from the first nine tenths. Beside it stand counted n-grams, which
learn from the same. The prototype of the recipe reached 1.496 in 440 s on one thread. ``--long``
is what 25 minutes of two cores are enough for: settings chosen on the ninth tenth of the text, by
models that had learnt from the eight before it.
"""

from __future__ import annotations

import argparse
from typing import Any

from readers import DATA
from running import SEEDS, each_seed, finish

from tidegate import LanguageModel, LanguageTraining
from tidegate.language.judge import counted

TEXT = DATA / "text" / "tinyshakespeare.txt"
LONG: dict[str, Any] = {
    "hidden": 512,
    "dropout": 0.1,
    "recurrent_dropout": 0.4,
    "training": LanguageTraining(updates=16_000),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=len(SEEDS))
    parser.add_argument("--long", action="store_true", help="25 minutes in place of 5")
    options = parser.parse_args()
    if not TEXT.exists():
        raise SystemExit(f"{TEXT} is not here; set TIDEGATE_DATA to the folder of the data")
    text = TEXT.read_text(encoding="utf-8")
    cut = len(text) * 9 // 10
    known, held = text[:cut], text[cut:]
    settings = LONG if options.long else {}
    name = f"tiny-shakespeare{', 25 minutes' if options.long else ''}"

    def fit(seed: int) -> LanguageModel:
        return LanguageModel(**settings, random_state=seed).fit(known)

    rows = each_seed(name, fit, lambda model: {"nats": model.score(held)}, options.seeds)
    counts = counted("char", list(known), list(held), len(set(text)) + 1)
    notes = [f"{order}: {float(nats.mean()):.3f} nats" for order, nats in counts.items()]
    notes += [f"settings: {settings or 'defaults'}"]
    finish(f"shakespeare{'_long' if options.long else ''}", rows, notes)


if __name__ == "__main__":
    main()
