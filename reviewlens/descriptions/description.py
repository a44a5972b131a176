"""`describe`: one product in prose, each sentence with its evidence."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from reviewlens.descriptions.facts import Facts, Source, ThemeFact
from reviewlens.descriptions.prose import Sentence, compose, lexicon
from reviewlens.descriptions.writers import SECONDS, Dropped, Patient, Writer, checked, prompt_of
from reviewlens.privacy import clean

if TYPE_CHECKING:
    from reviewlens.run import Run

EVIDENCE = (
    "sentence", "kind", "theme_id", "label", "reviews", "mentions", "praise_share", "praise_low", "praise_high",
    "complaint_share", "complaint_low", "complaint_high", "wishes", "quote_ids", "quotes",
)  # fmt: skip


@dataclass(frozen=True, repr=False)
class Description:
    """A product described. `str()` is the text; in a notebook it shows itself with its evidence."""

    product_id: str
    language: str
    facts: Facts
    sentences: tuple[Sentence, ...]
    dropped: tuple[Dropped, ...] = ()

    @property
    def text(self) -> str:
        """The description as prose."""
        return str(lexicon(self.language)["joint"]).join(sentence.text for sentence in self.sentences)

    @property
    def points(self) -> list[str]:
        """The description as bullet points, one sentence each."""
        return [sentence.text for sentence in self.sentences]

    @property
    def evidence(self) -> pd.DataFrame:
        """One row per sentence (its 0-based number) and theme that it rests on; shares with 95% intervals of Wilson.

        A sentence about the reviews as a whole has one row without theme: `reviews` are all reviews of the product,
        the shares those that are positive and negative.
        """
        rows = []
        for number, sentence in enumerate(self.sentences):
            facts = sentence.themes or (_whole(self.facts),)
            rows += [{"sentence": number, "kind": sentence.kind, **_row(fact)} for fact in facts]
        return pd.DataFrame(rows, columns=list(EVIDENCE))

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        left = f", {len(self.dropped)} left out" if self.dropped else ""
        return f"<Description of {self.product_id}: {len(self.sentences)} sentences{left}>"

    def _repr_html_(self) -> str:
        shown = self.evidence.drop(columns=["sentence", "kind", "theme_id", "quote_ids"])
        text = "".join(f"<li>{html.escape(point)}</li>" for point in self.points)
        dropped = "".join(f"<li><s>{html.escape(d.text)}</s> ({html.escape(d.why)})</li>" for d in self.dropped)
        title = html.escape(self.facts.name or self.product_id)
        left = f"<p>Left out, not supported by the evidence:</p><ul>{dropped}</ul>" if dropped else ""
        return f"<h4>{title}</h4><ul>{text}</ul>{left}{shown.to_html(index=False, escape=True)}"


def describe(
    run: Run, product_id: str, *, language: str = "en", writer: Writer | None = None, writer_seconds: float = SECONDS
) -> Description:
    """Describe a product from the tables of a run: what buyers value, what to know before buying, open wishes.

    Args:
        run: A committed run.
        product_id: A product with at least one review in the run.
        language: "en" or "zh".
        writer: A callable from prompt to text, such as a language model. The prompt holds masked evidence only. Its
            sentences are checked one by one; those that the evidence does not support are in `.dropped`. If none is
            left, or the writer fails, the description is the one of the templates, and `.dropped` says why.
        writer_seconds: How long an answer of the writer is waited for.

    Raises `InputError` for an unknown product and `ConfigError` for an unknown language or a writer that is none.
    """
    patient = None if writer is None else Patient(writer, writer_seconds)
    return described(Source.of(run).facts(str(product_id)), language=language, writer=patient)


def described(facts: Facts, *, language: str = "en", writer: Writer | Patient | None = None) -> Description:
    """Describe a product from facts that are gathered already."""
    lexicon(language)
    own = tuple(compose(facts, language))
    if writer is None or facts.reviews < facts.enough:
        return Description(facts.product_id, language, facts, own)
    try:
        answer: object = writer(prompt_of(facts, language))
    except Exception as error:  # a writer is foreign code: whatever it raises, the description stands
        why = clean(f"the writer failed: {type(error).__name__}: {error}"[:300])
        return Description(facts.product_id, language, facts, own, (Dropped("", why),))
    kept, dropped = checked(answer, facts, language)
    return Description(facts.product_id, language, facts, tuple(kept) or own, tuple(dropped))


def _row(fact: ThemeFact) -> dict[str, object]:
    praise, complaint = fact.interval(fact.praised), fact.interval(fact.complained)
    return {
        "theme_id": fact.theme_id or None,
        "label": fact.label or None,
        "reviews": fact.reviews,
        "mentions": fact.mentions,
        "praise_share": fact.praise_share,
        "praise_low": praise[0],
        "praise_high": praise[1],
        "complaint_share": fact.complaint_share,
        "complaint_low": complaint[0],
        "complaint_high": complaint[1],
        "wishes": fact.wished,
        "quote_ids": [review for review, _ in fact.quotes],
        "quotes": [quote for _, quote in fact.quotes],
    }


def _whole(facts: Facts) -> ThemeFact:
    n = max(facts.reviews, 1)
    return ThemeFact("", "", facts.reviews, facts.reviews, facts.positive / n, facts.negative / n, 0.0)
