"""Make the sample exports beside this file: `python examples/sample/make_sample.py`.

Every sentence was written by hand (reviews/*.txt). This script decides only who wrote it, when, and what a careless
hand or an export did to it, from one seed, so that the same files come out every time.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).parent
SEED = 20260101
FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)
MONTHS = 9
DELIVERY_TURN = datetime(2026, 5, 1, tzinfo=UTC)  # a new carrier: what is tagged early or late turns here
PEAK = (datetime(2026, 8, 3, tzinfo=UTC), datetime(2026, 8, 31, tzinfo=UTC))  # lines that all come in one month
BOILERPLATE_SHARE = 0.26
ENDINGS = {"en": ["!!", " 😊", "~", " ...", " 🙏"], "zh": ["!!", "~", "😄", "。。。", "🙏"]}
SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("review_id", "product_id", "product_name", "category")]
    + [("rating", pa.int8())]
    + [(name, pa.string()) for name in ("title", "text", "customer")]
    + [(name, pa.timestamp("ms", tz="UTC")) for name in ("created_at", "exported_at", "deleted_at")]
    + [("language", pa.string())]
)


@dataclass(frozen=True)
class Line:
    """One hand-written review: its stars, when it may appear, its title and text."""

    stars: int
    when: str
    title: str
    text: str


@dataclass
class Product:
    """A product with its hand-written reviews; `turn` is the month in which its own problem starts."""

    facts: dict[str, str]
    lines: list[Line] = field(default_factory=list)

    @property
    def turn(self) -> datetime:
        return datetime.fromisoformat(self.facts["turn"] + "-01").replace(tzinfo=UTC)


@dataclass(frozen=True)
class Review:
    """One review as the shop stores it."""

    product: Product
    line: Line
    customer: str
    created_at: datetime
    review_id: str = ""
    text: str = ""
    edited_at: datetime | None = None
    edited_text: str = ""
    edited_line: Line | None = None
    deleted_at: datetime | None = None


def read_product(path: Path) -> Product:
    """Read one reviews/*.txt: `key = value` lines, then `stars | when | title | text` lines."""
    product = Product({})
    for row in path.read_text(encoding="utf-8").splitlines():
        if re.match(r"[1-5] \| ", row):
            stars, when, title, text = (part.strip() for part in row.split("|", 3))
            product.lines.append(Line(int(stars), when, title, text))
        elif row and not row.startswith("#"):
            key, value = row.split(" = ", 1)
            product.facts[key] = value
    return product


def read_boilerplate(language: str) -> list[Line]:
    """Read what people paste under anything they bought: `stars | text` lines."""
    rows = (HERE / "reviews" / f"common_{language}.txt").read_text(encoding="utf-8").splitlines()
    pairs = (row.split("|", 1) for row in rows if not row.startswith("#"))
    return [Line(int(stars), "any", "", text.strip()) for stars, text in pairs]


def date_for(rng: random.Random, product: Product, line: Line) -> datetime:
    """A moment that the line may have been written at; shops sell more each month, and people write in the evening."""
    end = FIRST_DAY + timedelta(days=30 * MONTHS)
    if line.when == "peak":
        return PEAK[0] + (PEAK[1] - PEAK[0]) * rng.random()
    turn = product.turn if line.when in ("old", "new") else DELIVERY_TURN
    low = turn if line.when in ("late", "new") else FIRST_DAY
    high = turn if line.when in ("early", "old") else end
    day = low + (high - low) * (rng.betavariate(1.4, 1.1) if line.when == "any" else rng.random())
    hour = min(23, max(0, int(rng.gauss(19, 4))))
    return day.replace(hour=hour, minute=rng.randrange(60), second=rng.randrange(60), microsecond=0)


def roughen(rng: random.Random, text: str, language: str) -> str:
    """What a careless hand does: a dropped optional sentence, lower case, a slip of two letters, an emoji, spaces."""
    text = re.sub(r"\{(.*?)\}", lambda m: m[1] if rng.random() < 0.6 else "", text).strip()
    roll = rng.random()
    if language == "en" and roll < 0.06:
        return text.lower()
    if language == "en" and roll < 0.16 and len(text) > 40:
        spots = [m.start() + 1 for m in re.finditer(r"[a-z]{5,}", text)]
        at = rng.choice(spots) if spots else 0
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :] if spots else text
    if roll < 0.20:
        return text + rng.choice(ENDINGS[language])
    if roll < 0.23:
        return text.replace(". ", ".<br />", 1) if language == "en" else text.replace("。", "。&nbsp;", 1)
    return text


def shop(rng: random.Random, products: list[Product]) -> list[Review]:
    """Every review that the shop received, in order of time, ids given in that order."""
    customers = [f"C{rng.randrange(10**6):06d}" for _ in range(640)]
    reviews = []
    for product in products:
        language = product.facts["language"]
        pasted = rng.choices(read_boilerplate(language), k=round(len(product.lines) * BOILERPLATE_SHARE))
        empty = [replace(line, text=rng.choice(["", " ", "\n"])) for line in rng.sample(pasted, 2)]
        short = [line for line in product.lines if len(line.text) < (40 if language == "en" else 16)]
        repeated = rng.sample(short, min(5, len(short)))
        for line in product.lines + pasted + empty + repeated:
            text = line.text if line in pasted else roughen(rng, line.text, language)
            created = date_for(rng, product, line)
            reviews.append(Review(product, line, rng.choice(customers), created, text=text))
        for review in rng.sample(reviews[-len(product.lines) :], 3):  # sent twice by an impatient finger
            reviews.append(replace(review, created_at=review.created_at + timedelta(seconds=rng.randrange(2, 90))))
    reviews.sort(key=lambda review: (review.created_at, review.product.facts["product_id"], review.text))
    return [replace(review, review_id=f"R{10000 + 7 * n}") for n, review in enumerate(reviews)]


def second_thoughts(rng: random.Random, reviews: list[Review]) -> list[Review]:
    """Some customers add a line weeks later, a few take their review back."""
    rows = (HERE / "reviews" / "common_edits.txt").read_text(encoding="utf-8").splitlines()
    edits = [tuple(part.strip() for part in row.split("|")) for row in rows if not row.startswith("#")]
    changed = []
    for review in reviews:
        roll, later = rng.random(), review.created_at + timedelta(days=rng.randrange(6, 28))
        if roll < 0.05 and len(review.text.strip()) > 10:
            spirit = (review.product.facts["language"], "low" if review.line.stars < 4 else "high")
            change, addition = rng.choice(
                [(int(change), text) for *kind, change, text in edits if tuple(kind) == spirit]
            )
            line = replace(review.line, stars=review.line.stars + change)
            review = replace(review, edited_at=later, edited_text=f"{review.text}\n{addition}", edited_line=line)
        elif roll < 0.07:
            review = replace(review, deleted_at=later)
        changed.append(review)
    return changed


def row_of(review: Review, exported_at: datetime) -> dict[str, object]:
    """The review as an export of that moment shows it: edits and deletions only once they have happened."""
    facts = review.product.facts
    edited = review.edited_at is not None and review.edited_at < exported_at
    line = review.edited_line if edited and review.edited_line else review.line
    deleted = review.deleted_at is not None and review.deleted_at < exported_at
    return {
        "review_id": review.review_id,
        "product_id": facts["product_id"],
        "product_name": facts["product_name"],
        "category": facts["category"],
        "rating": line.stars,
        "title": line.title or None,
        "text": review.edited_text if edited else review.text,
        "customer": review.customer,
        "created_at": review.created_at,
        "exported_at": exported_at,
        "deleted_at": review.deleted_at if deleted else None,
        "language": facts["language"] if int(review.review_id[1:]) % 4 else None,  # a column that is often left out
    }


def exports(reviews: list[Review]) -> dict[str, pa.Table]:
    """One export on the first of each month: the month, and the 30 days before it again."""
    tables = {}
    for month in range(1, MONTHS + 1):
        start, moment = datetime(2026, month, 1, tzinfo=UTC), datetime(2026, month + 1, 1, 3, 15, tzinfo=UTC)
        since = start - timedelta(days=30)
        rows = [row_of(review, moment) for review in reviews if since <= review.created_at < moment]
        tables[f"reviews-{start:%Y-%m}.parquet"] = pa.Table.from_pylist(rows, schema=SCHEMA)
    return tables


def main(folder: Path = HERE) -> None:
    rng = random.Random(SEED)
    products = [read_product(path) for path in sorted((HERE / "reviews").glob("*.txt")) if "common" not in path.name]
    reviews = second_thoughts(rng, shop(rng, products))
    for name, table in exports(reviews).items():
        pq.write_table(table, folder / name, compression="zstd")
        print(f"{name}  {table.num_rows} rows")
    print(f"{len(reviews)} reviews of {len(products)} products")


if __name__ == "__main__":
    main()
