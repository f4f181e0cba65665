"""RNN against LSTM: a verb must agree with a subject that stands far before it.

    The cat, which walked behind the old dogs in the dark, is hungry.

Two language models of equally many parameters learn such sentences word by word, with 12 to 40
words in between and no shorter ones: what they learn of the subject, they must learn from afar.
Then both are asked for the verb, by distance, where every noun in between is of the other number;
and an audit says how far back each can look, and which unit holds the number.

With --shortest 0 the RNN learns it, too: from short sentences it gets a unit that holds one bit,
and need never look far. That is what a vanishing gradient means: not that a network cannot
remember, but that it cannot learn to from what is far away alone.

    python examples/agreement_audit.py [--updates 1500] [--shortest 12]
"""

from __future__ import annotations

import argparse
import random

import numpy as np
from long_memory import accuracy, agreement

import tidegate as tg

UNITS = {"rnn": 121, "lstm": 60}
"""Of each cell, so that both have equally many parameters, to 1 %."""
SENTENCES, LONGEST = 4000, 40
DISTANCES = ((12, 2), (16, 3), (20, 4), (30, 4), (40, 4))
"""Words in between, and how many nouns of the other number among them."""
SINGULAR = "The cat, which walked slowly in a green park behind the dogs, is hungry."
PLURAL = "The cats, which walked slowly in a green park behind the dogs, are hungry."


def sentence(rng: random.Random, shortest: int) -> str:
    words = rng.randint(shortest, LONGEST)
    case = agreement(words, rng.randint(0, min(4, words // 5)), rng)
    return f"{case.begun} {case.right} hungry."


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--updates", type=int, default=1500)
    parser.add_argument("--shortest", type=int, default=12)
    options = parser.parse_args()
    updates, shortest = options.updates, options.shortest
    print(__doc__)
    rng = random.Random(0)
    lines = [sentence(rng, shortest) for _ in range(SENTENCES)]
    held = "\n".join(sentence(rng, shortest) for _ in range(60))
    training = tg.LanguageTraining(updates=updates, batch=16, learning_rate=1e-2, min_count=1)
    models = {}
    for cell, units in UNITS.items():
        models[cell] = tg.LanguageModel(
            "word", cell, units, dropout=0.0, embedding=32, training=training, random_state=0
        ).fit(lines)

    print("Right verbs by the words in between; guessing gives 50 %:\n")
    for words, nouns in DISTANCES:
        shares = {cell: accuracy(model, agreement, words, nouns) for cell, model in models.items()}
        told = "   ".join(
            f"{cell} {share:4.0%} {'█' * round(20 * share):20}" for cell, share in shares.items()
        )
        print(f"  {words:2} words   {told}")

    print("\nWhat an audit of sentences that neither has read says:\n")
    for cell, model in models.items():
        audit = tg.audit(model, held)
        life = max(rate.half_life for rate in audit.rate)
        print(f"  {cell}: {audit.verdict}")
        print(f"        half of the gradient is left after {life:.1f} words")

    one, many = (tg.gates(models["lstm"], text) for text in (SINGULAR, PLURAL))
    apart = np.abs(one.of("c") - many.of("c"))
    unit = int(apart[3:-4].min(axis=0).argmax())
    keeps = one.of("f")[:, unit]
    print("\nThe unit of the LSTM whose cell state tells cat from cats all the way to the verb:\n")
    print(f"  {'':10}  forget gate  c after cat  c after cats")
    cat, cats = one.of("c")[:, unit], many.of("c")[:, unit]
    for step, word in enumerate(one.steps()):
        name = word.strip() or "(start)"
        print(f"  {name:10}  {keeps[step]:11.2f}  {cat[step]:11.2f}  {cats[step]:12.2f}")
    print("\nA forget gate near 1 holds the subject's number past all that lies in between.")


if __name__ == "__main__":
    main()
