"""Why a product is recommended: the signal that adds most, in words and counts that can be checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reviewlens.recommend.signals import TREND_DAYS, Floats

if TYPE_CHECKING:
    from reviewlens.recommend.recommender import Recommender

MIN_JUDGED = 5  # praise and complaints below which no share is told


class Reasons:
    """Writes reasons from the counts of a recommender."""

    def __init__(self, model: Recommender) -> None:
        self.model = model
        rows = model.interactions
        order = np.lexsort((rows.day, rows.product))
        ends = np.cumsum(rows.popularity).astype(np.int64)[:-1]
        self.days = np.split(np.floor(rows.day[order]), ends)  # of each product, ascending

    def for_customer(
        self,
        customer: int | None,
        had: NDArray[np.int64],
        had_weight: Floats,
        day: float,
        best: list[int],
        parts: dict[str, Floats],
    ) -> list[str]:
        """Give the reasons for products `best`, to a customer who has the products `had`.

        `parts` are the weighted signals of these products, arrays of shape (len(best),).
        """
        model = self.model
        share = model.companions.weights[had][:, best].toarray() * had_weight[:, None]
        alike = None
        if model.likeness is not None and len(had):
            alike = model.likeness.between(had)[:, best] * had_weight[:, None]
        said = []
        for place, product in enumerate(best):
            reason = ""
            for name in sorted(parts, key=lambda name: (-parts[name][place], name)):
                if parts[name][place] <= 0 or reason:
                    break
                if name == "companions":
                    reason = self.together(int(had[np.argmax(share[:, place])]), product)
                elif name == "likeness" and alike is not None:
                    nearest = self._id(int(had[np.argmax(alike[:, place])]))
                    reason = f"reviews speak of it as they do of {nearest}, which you have"
                elif name == "needs" and customer is not None:
                    reason = self.praise(customer, product)
                elif name == "trend":
                    reason = self.for_trend(product, day)
            said.append(reason or self.for_trend(product, day))
        return said

    def together(self, source: int, product: int) -> str:
        """Count the customers of one product who have another."""
        both, of = int(self.model.companions.together[source, product]), int(self.model.companions.popularity[source])
        return f"{both} of the {of} customers who have {self._id(source)} have it too"

    def for_trend(self, product: int, day: float) -> str:
        """Count the interactions within the trend's days on either side of `day`, else all."""
        days, middle = self.days[product], np.floor(day)
        near = int(np.searchsorted(days, middle + TREND_DAYS, "right") - np.searchsorted(days, middle - TREND_DAYS))
        if near:
            when = np.datetime64("1970-01-01") + np.timedelta64(int(middle), "D")
            return f"in demand: {near} {_customers(near)} took it within {TREND_DAYS:.0f} days of {when}"
        return f"{len(days)} {_customers(len(days))} took it" if len(days) else "nobody took it yet"

    def for_similar(self, source: int, product: int) -> str:
        """Say what two products have in common."""
        both = int(self.model.companions.together[source, product])
        alike = 0.0
        if self.model.likeness is not None:
            alike = float(self.model.likeness.between(np.array([source]))[0, product])
        if both and self.model.companions.cosine(source)[product] >= alike:
            return self.together(source, product).replace(" have it too", f" have {self._id(product)} too")
        return f"reviews speak of it as they do of {self._id(source)}"

    def praise(self, customer: int, product: int) -> str:
        """Say what is praised of a product that the customer spoke of; nothing where little is known."""
        needs = self.model.needs
        if needs is None:
            return ""
        return self.praise_of(needs.cares[[customer]].toarray()[0], product, "you spoke of")

    def praise_of(self, cares: Floats, product: int, opening: str) -> str:
        """Say the same for a customer who cares for themes to these degrees, shape (n_themes,)."""
        needs = self.model.needs
        if needs is None:
            return ""
        enough = needs.judged[product] >= MIN_JUDGED
        share = np.divide(needs.praised[product], needs.judged[product], out=np.zeros(len(enough)), where=enough)
        strong = np.where(enough & (share >= 0.5), cares * needs.strength[product], 0)
        theme = int(np.argmax(strong))
        if strong[theme] <= 0:
            return ""
        judged, praised = int(needs.judged[product, theme]), int(needs.praised[product, theme])
        return f"{opening} {needs.themes[theme]}; {praised} of the {judged} mentions of it here that judge it praise it"

    def _id(self, product: int) -> str:
        return str(self.model.interactions.products[product])


def _customers(count: int) -> str:
    return "customer" if count == 1 else "customers"
