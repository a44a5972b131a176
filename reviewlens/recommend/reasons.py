"""Why a product is recommended: the strongest signal, in words and counts that can be checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reviewlens.recommend.signals import TREND_DAYS

if TYPE_CHECKING:
    from reviewlens.recommend.recommender import Recommender

MIN_JUDGED = 5  # praise and complaints below which no share is told


class Reasons:
    """Writes reasons from the counts of a recommender."""

    def __init__(self, model: Recommender) -> None:
        self.model = model

    def for_customer(self, customer: int, day: float, product: int, parts: dict[str, float]) -> str:
        """Name the signal that adds most to the score of a product, and what it rests on."""
        weighted = {name: self.model.weights[name] * part for name, part in parts.items()}
        for name in sorted(weighted, key=lambda name: (-weighted[name], name)):
            if weighted[name] <= 0:
                break
            if name == "needs":
                said = self._praise(customer, product)
            elif name == "trend":
                said = self.for_trend(product, day)
            else:
                said = self._because_of(name, customer, product)
            if said:
                return said
        return self.for_trend(product, day)

    def _because_of(self, name: str, customer: int, product: int) -> str:
        history = self.model._history[[customer]]
        had = history.indices
        if name == "companions":
            share = history.data * np.asarray(self.model.companions.weights[had, product].todense()).ravel()
            source = int(had[np.argmax(share)])
            return self._together(source, product)
        assert self.model.likeness is not None
        alike = history.data * self.model.likeness.between(had)[:, product]
        source = int(had[np.argmax(alike)])
        return f"reviews speak of it as they do of {self._id(source)}, which you have"

    def _together(self, source: int, product: int) -> str:
        both, of = int(self.model.companions.together[source, product]), int(self.model.companions.popularity[source])
        return f"{both} of the {of} customers who have {self._id(source)} have it too"

    def for_trend(self, product: int, day: float) -> str:
        """Count the interactions within the trend's days on either side of `day`, else all."""
        rows = self.model.interactions
        near = int(np.sum((rows.product == product) & (np.abs(np.floor(rows.day) - np.floor(day)) <= TREND_DAYS)))
        if near:
            when = np.datetime64("1970-01-01") + np.timedelta64(int(np.floor(day)), "D")
            return f"in demand: {near} {_customers(near)} took it within {TREND_DAYS:.0f} days of {when}"
        count = int(self.model.interactions.popularity[product])
        return f"{count} {_customers(count)} took it"

    def for_similar(self, source: int, product: int) -> str:
        """Say what two products have in common."""
        both = int(self.model.companions.together[source, product])
        alike = self.model.likeness is not None and self.model.likeness.between(np.array([source]))[0, product]
        if both and self.model.companions.cosine(source)[product] >= float(alike):
            return self._together(source, product).replace(" have it too", f" have {self._id(product)} too")
        return f"reviews speak of it as they do of {self._id(source)}"

    def _praise(self, customer: int, product: int) -> str:
        needs = self.model.needs
        assert needs is not None
        cares = needs.cares[[customer]].toarray()[0]
        enough = needs.judged[product] >= MIN_JUDGED
        share = np.divide(needs.praised[product], needs.judged[product], out=np.zeros(len(enough)), where=enough)
        strong = np.where(enough & (share >= 0.5), cares * needs.strength[product], 0)
        theme = int(np.argmax(strong))
        if strong[theme] <= 0:
            return ""
        judged, praised = int(needs.judged[product, theme]), int(needs.praised[product, theme])
        return f"you spoke of {needs.themes[theme]}; {praised} of {judged} mentions here that judge it praise it"

    def _id(self, product: int) -> str:
        return str(self.model.interactions.products[product])


def _customers(count: int) -> str:
    return "customer" if count == 1 else "customers"
