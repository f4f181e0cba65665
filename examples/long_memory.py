"""What a network must remember of a text: the lecture's own sentences, end to end.

    A cat, which is black, is hungry.                  the verb agrees with a word far before it
    Ram, who is walking in a green park, is thirsty.
    Ram is a male. Sita is a female. ... He ... She    a pronoun needs what was said of a name
    Ram is a male. (a paragraph on Einstein) He ...    and nothing in between helps

A small grammar makes sentences with 0 to 40 words between the two places, and among these 0 to 4
nouns or names that could lead astray. RNN, LSTM and GRU networks of equally many parameters learn
to continue them, word by word, and nobody tells them which words matter. Then each says which of
two endings is likelier, in sentences in which every noun in between is of the other number, every
name of the other gender; at last in the lecture's own. How far an RNN gets is a matter of its seed:
of four, all learnt the verbs, two the pronouns, and none the paragraph.

    python examples/long_memory.py [--updates 8000]
"""

from __future__ import annotations

import argparse
import math
import random
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tidegate import LanguageModel, LanguageTraining

UNITS = {"rnn": 115, "lstm": 60, "gru": 70}
"""Of each cell, so that all have equally many parameters, to 1 %."""
SENTENCES, QUESTIONS = 12_000, 100
DISTANCES = ((0, 0), (5, 1), (10, 2), (20, 4), (40, 4))
"""Words in between, and how many of them lead astray."""

# ---- a grammar ----

NOUNS = {
    "cat": "cats",
    "dog": "dogs",
    "bird": "birds",
    "boy": "boys",
    "girl": "girls",
    "child": "children",
    "farmer": "farmers",
}
MALE = ("Ram", "Arjun", "Tom", "Peter", "Ali")
FEMALE = ("Sita", "Mira", "Anna", "Mary", "Leila")
LOOKS = ("black", "small", "old", "young", "grey")
MOODS = ("hungry", "thirsty", "tired", "happy", "late")
NEAR = ("near", "behind", "beside", "unlike")
FILLING = (
    "in a green park",
    "every day",
    "after the rain",
    "slowly",
    "early in the morning",
    "for a long time",
    "through the snow",
    "in the dark",
    "again and again",
    "without much hope",
)
FACTS = (
    "{} was born in a small town",
    "{} wrote about light and time",
    "{} worked in an old house for a long time",
    "{} found a law of nature in the dark",
    "{} played the violin every day",
    "{} crossed the ocean after the war",
    "{} said that nature is simple",
)
SCIENTISTS = ("Einstein", "Curie", "Newton", "Noether", "Maxwell", "Meitner")
# of these very sentences in this order, nothing is learnt from
EINSTEIN = " ".join(FACTS[i].format("Einstein") + "." for i in (0, 4, 1, 6, 3, 2, 5))


class Case(NamedTuple):
    """The beginning of a sentence, how it goes on, and how it must not."""

    begun: str
    right: str
    wrong: str


def between(words: int, astray: Sequence[str], rng: random.Random) -> str:
    """So many words, these nouns or names among them."""
    parts = [f"{rng.choice(NEAR)} {noun}".split() for noun in astray]
    left = words - sum(len(part) for part in parts)
    while left > 0:
        parts.append(rng.choice(FILLING).split()[:left])
        left -= len(parts[-1])
    rng.shuffle(parts)
    return " ".join(word for part in parts for word in part)


def agreement(words: int, distractors: int, rng: random.Random, hard: bool = False) -> Case:
    """Of a verb with its subject; if hard, every noun in between is of the other number."""
    plural = rng.random() < 0.5
    if plural:
        subject = f"The {rng.choice([*NOUNS.values()])}"
    else:
        subject = rng.choice([f"{rng.choice(['A', 'The'])} {rng.choice([*NOUNS])}", *MALE, *FEMALE])
    verb, wrong = ("are", "is") if plural else ("is", "are")
    if not words:
        return Case(subject, verb, wrong)
    who = "who" if subject in MALE + FEMALE else "which"
    clause = [who, verb, rng.choice(LOOKS)]
    if words != len(clause):
        # the verb of the clause tells the number, too: not where it is hard
        clause = [who, "walked"] if hard or rng.random() < 0.5 else [who, verb, "walking"]
        others = [plural != (hard or rng.random() < 0.5) for _ in range(distractors)]
        nouns = [rng.choice([*NOUNS.values()] if many else [*NOUNS]) for many in others]
        clause.append(between(words - len(clause), [f"the {noun}" for noun in nouns], rng))
    return Case(f"{subject}, {' '.join(clause)},", verb, wrong)


def gender(words: int, distractors: int, rng: random.Random, hard: bool = False) -> Case:
    """Of a pronoun with its name; if hard, every name in between is of the other gender."""
    man, woman = rng.choice(MALE), rng.choice(FEMALE)
    name, other = rng.sample((man, woman), 2)
    known = rng.sample((f"{man} is a male.", f"{woman} is a female."), 2)
    astray = [other if hard or rng.random() < 0.5 else name for _ in range(distractors)]
    told = f"{name} walked {between(max(words - 1, 0), astray, rng)}".strip()
    pronouns = ("He", "She") if name == man else ("She", "He")
    return Case(f"{' '.join(known)} {told}.", *pronouns)


def paragraph(rng: random.Random) -> Case:
    """Of a pronoun with a name, somebody else's facts in between."""
    name, about = rng.choice(MALE + FEMALE), rng.choice(SCIENTISTS)
    facts = [fact.format(about) + "." for fact in rng.sample(FACTS, few(len(FACTS), rng))]
    kind, *pronouns = ("male", "He", "She") if name in MALE else ("female", "She", "He")
    return Case(f"{name} is a {kind}. {' '.join(facts)}", *pronouns)


def few(most: int, rng: random.Random) -> int:
    """A number from 0 up; small ones more often, for what is near is learnt before what is far."""
    return min(rng.randint(0, most), rng.randint(0, most))


def sentence(rng: random.Random) -> str:
    """One to learn from, whole."""
    words = few(40, rng)
    distractors = rng.randint(0, min(4, words // 5))
    make = rng.choices([agreement, gender, lambda *_: paragraph(rng)], [4, 3, 3])[0]
    case = make(words, distractors, rng)
    verb = "is " if case.right[0] in "HS" else ""
    return f"{case.begun} {case.right} {verb}{rng.choice(MOODS)}."


# ---- what the networks make of it ----

LECTURE = (
    Case("A cat, which is black,", "is", "are"),
    Case("The cats, which are black,", "are", "is"),
    Case("Ram, who is walking in a green park,", "is", "are"),
    Case("Ram is a male. Sita is a female. Ram walked in a green park.", "He", "She"),
    Case("Ram is a male. Sita is a female. Sita walked in a green park.", "She", "He"),
    Case(f"Ram is a male. {EINSTEIN}", "He", "She"),
    Case(f"Sita is a female. {EINSTEIN}", "She", "He"),
)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--updates", type=int, default=8000)
    updates = parser.parse_args().updates
    print(__doc__)
    rng = random.Random(0)
    lines = [sentence(rng) for _ in range(SENTENCES)]
    training = LanguageTraining(updates=updates, batch=16, learning_rate=1e-2, min_count=1)
    models = {}
    for cell, units in UNITS.items():
        begin = time.perf_counter()
        model = LanguageModel(
            "word", cell, units, dropout=0.0, embedding=32, training=training, random_state=0
        )
        models[cell] = model.fit(lines)
        seconds = time.perf_counter() - begin
        print(
            f"{cell:4}  {model.network_.parameters.size:6,} parameters, learnt in {seconds:.0f} s"
        )

    for title, make in (("verbs", agreement), ("pronouns", gender)):
        print(f"\nRight {title}, by the words in between; guessing gives 50 %:\n")
        for words, distractors in DISTANCES:
            for cell, model in models.items():
                share = accuracy(model, make, words, distractors)
                first = f"{words:3} words" if cell == "rnn" else ""
                print(f"{first:9}  {cell:4}  {share:4.0%}  {'█' * round(30 * share)}")

    print("\nThe lecture's sentences, and the chance of the right word against the wrong one:\n")
    for case in LECTURE:
        chances = [f"{cell} {chance(model, case):4.0%}" for cell, model in models.items()]
        count = len(case.begun.split())
        begun = case.begun if count < 15 else f"{case.begun[:38]} ... ({count} words)"
        print(f"{', '.join(chances)}   {begun} {case.right.upper()}, not {case.wrong}")


def accuracy(
    model: LanguageModel,
    make: Callable[[int, int, random.Random, bool], Case],
    words: int,
    distractors: int,
) -> float:
    """The share of endings that the model gets right, all that could lead astray doing so."""
    rng = random.Random(words)
    cases = [make(words, distractors, rng, True) for _ in range(QUESTIONS)]
    return sum(chance(model, case) > 0.5 for case in cases) / QUESTIONS


def chance(model: LanguageModel, case: Case) -> float:
    """Of the right word, where only it and the wrong one can come."""
    right, wrong = (model.surprisal(f"{case.begun} {word}")[-1][1] for word in case[1:])
    return 1 / (1 + math.exp(right - wrong))


if __name__ == "__main__":
    main()
