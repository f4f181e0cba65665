"""What depends on words far back: verbs and pronouns, learnt by RNN, LSTM and GRU of equal size.

    python examples/long_memory.py [--updates 5000]

A small grammar writes two kinds of sentences, in which the last word but one follows from a word at
the beginning, and 0 to 40 others stand between, up to 4 of them misleading:

    the cat , which is black , was seen near old dogs ... and is hungry .        (not: are)
    Ram was walking in a green park . quietly under Sita ... He is thirsty .     (not: She)

Three networks with the same number of parameters read the same text as language models: they learn
to say which word comes next, and nobody tells them which words matter. Then each is asked which of
two endings is likelier, further and further from the word that decides; and what it makes of the
lecture's own sentences, the last one much longer than anything it was trained on.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from tidegate import LanguageModel
from tidegate.language.training import LanguageTraining

# Units of each cell, so that all have about 30,000 parameters.
UNITS = {"rnn": 124, "lstm": 60, "gru": 70}
TRAINING_SENTENCES, QUESTIONS = 8000, 100
DISTANCES = (0, 5, 10, 20, 40)

SINGULAR = ["cat", "dog", "boy", "girl", "bird", "king"]
NAMES = {"Ram": "He", "Albert": "He", "John": "He", "Sita": "She", "Maria": "She", "Anna": "She"}
COLOURS = ["black", "green", "old", "small"]
BETWEEN = [
    "quietly",
    "under",
    "the",
    "long",
    "warm",
    "roof",
    "of",
    "a",
    "house",
    "by",
    "slow",
    "deep",
    "water",
    "over",
    "stones",
    "with",
    "dust",
    "and",
    "light",
    "while",
    "wind",
    "went",
    "through",
    "tall",
    "dry",
    "grass",
    "near",
    "white",
    "walls",
]
MOODS = ["hungry", "thirsty", "tired"]


def ending(
    rng: np.random.Generator, words: int, misleading: int, hard: bool
) -> tuple[str, str, str]:
    """A sentence without its end, the word that must come next, and the one that must not.

    Of the words between, `misleading` are other nouns or names, of the other number or gender if
    `hard`, else of either: so that who only looks at these is wrong half of the time.
    """
    middle = list(rng.choice(BETWEEN, words))
    places = rng.choice(max(words, 1), min(misleading, words), replace=False)
    if rng.random() < 0.5:
        plural = bool(rng.random() < 0.5)
        noun = rng.choice(SINGULAR)
        for place in places:
            other = not plural if hard else rng.random() < 0.5
            middle[place] = rng.choice(SINGULAR) + "s" * other
        begun = f"the {noun}{'s' * plural}"
        if rng.random() < 0.5:
            begun += f" , which {'are' if plural else 'is'} {rng.choice(COLOURS)} ,"
        right, wrong = ("are", "is") if plural else ("is", "are")
    else:
        name = rng.choice(list(NAMES))
        right = NAMES[name]
        wrong = "She" if right == "He" else "He"
        for place in places:
            gender = wrong if hard or rng.random() < 0.5 else right
            middle[place] = rng.choice([each for each in NAMES if NAMES[each] == gender])
        begun = f"{name} was walking in a green park ."
        middle += ["."] * (words > 0)
    return " ".join([begun, *middle]), right, wrong


def text(rng: np.random.Generator, sentences: int) -> str:
    """What the networks learn from, a sentence in each line."""
    lines = []
    for _ in range(sentences):
        begun, right, _ = ending(rng, int(rng.integers(41)), int(rng.integers(5)), hard=False)
        verb = "is " if right in ("He", "She") else ""
        lines.append(f"{begun} {right} {verb}{rng.choice(MOODS)} .")
    return "\n".join(lines)


def accuracy(model: LanguageModel, words: int, misleading: int) -> float:
    """The share of endings that the model gets right; all misleading words point the other way."""
    rng = np.random.default_rng((1, words))
    right = 0
    for _ in range(QUESTIONS):
        begun, good, bad = ending(rng, words, misleading, hard=True)
        right += model.prefer(f"{begun} {good}", f"{begun} {bad}").endswith(good)
    return right / QUESTIONS


LECTURE = [
    ("the cat , which is black ,", "is", "are"),
    ("the cats , which are black ,", "are", "is"),
    ("Ram was walking in a green park .", "He", "She"),
    ("Ram was walking in a green park . Sita with dust and light .", "He", "She"),
    ("Maria was walking in a green park . " + " ".join(2 * BETWEEN) + " .", "She", "He"),
    ("Albert was walking in a green park . " + " ".join(4 * BETWEEN) + " .", "He", "She"),
]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--updates", type=int, default=5000)
    updates = parser.parse_args().updates
    print(__doc__)
    training = LanguageTraining(updates=updates, learning_rate=1e-2, min_count=1)
    models = {}
    for cell, units in UNITS.items():
        begin = time.perf_counter()
        model = LanguageModel(
            "word", cell, units, dropout=0.0, embedding=32, training=training, random_state=0
        )
        models[cell] = model.fit(text(np.random.default_rng(0), TRAINING_SENTENCES))
        seconds = time.perf_counter() - begin
        print(
            f"{cell:4}  {model.network_.parameters.size:6,} parameters, learnt in {seconds:.0f} s"
        )

    print("\nRight endings by the words between, 4 of them misleading; guessing gives 50 %:\n")
    for words in DISTANCES:
        for cell, model in models.items():
            share = accuracy(model, words, 4)
            first = words if cell == "rnn" else ""
            print(f"{first:>3}  {cell:4}  {share:4.0%}  {'█' * round(30 * share)}")

    print("\nThe lecture's sentences, and the chance of the right word against the wrong one:\n")
    for begun, good, bad in LECTURE:
        odds = []
        for cell, model in models.items():
            costs = [model.surprisal(f"{begun} {word}")[-1][1] for word in (good, bad)]
            odds.append(f"{cell} {1 / (1 + np.exp(costs[0] - costs[1])):4.0%}")
        shown = begun if len(begun) < 60 else f"{begun[:40]} ... ({len(begun.split())} words)"
        print(f"{', '.join(odds)}   {shown} {good.upper()}, not {bad}")


if __name__ == "__main__":
    main()
