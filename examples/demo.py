"""The main job on nine months of sample exports: what customers feel, what they need, and where it is written."""

import sys
import tempfile
import time
from pathlib import Path

try:
    import reviewlens as rl
except ImportError as missing:
    sys.exit(f"reviewlens is not installed here ({missing}): run `make demo`, or `pip install .` in the clone first")

SAMPLE = Path(__file__).parent / "sample"


def main(out: str | Path | None = None) -> None:
    """Run the job twice and print what a product owner would want to read first."""
    out = out or Path(tempfile.mkdtemp(prefix="reviewlens-")) / "lens"
    started = time.perf_counter()
    run = rl.analyze(SAMPLE, out=out)
    tables, seconds = run.tables, time.perf_counter() - started

    counts = run.manifest["counts"]
    print(
        f"{counts['rows']:,} rows read, {counts['scored']:,} reviews scored, {counts['mentions']:,} mentions of needs."
    )

    print("\nThe largest unmet needs (share of reviews with 95% interval; what is said; a complaint)")
    cells = tables["theme_by_product"]  # of the product where most say it
    complaints = cells[cells["quote_1_intent"] == "complaint"].assign(n=lambda c: c["complaint_share"] * c["mentions"])
    complaints = complaints.sort_values(["n", "product_id"], ascending=[False, True])
    quotes = complaints.drop_duplicates("theme_id").set_index("theme_id")["quote_1"]
    themes = tables["themes"].sort_values(["opportunity", "theme_id"], ascending=[False, True])
    for row in themes.head(6).itertuples():
        print(
            f"  {row.label:<26} {row.share:5.1%} ({row.share_low:.1%} to {row.share_high:.1%})"
            f"   {row.complaint_share:4.0%} complaints, {row.praise_share:3.0%} praise   {quotes.get(row.theme_id, '')}"
        )

    print("\nWhat rises beyond chance")
    alerts = tables["alerts"]
    for row in alerts[alerts["measure"] == "mentions"].itertuples():
        where = "all products" if row.product_id == "*" else row.product_id
        print(
            f"  {row.period:%Y-%m}  {row.label}, {where}: {row.share:.0%} of {row.reviews_in_all} reviews, "
            f"{row.share_before:.0%} before (q = {row.q_value:.2g})"
        )

    print("\nWhat customers wish for")
    for row in tables["wishes"].dropna(subset=["quote_1"]).head(6).itertuples():
        print(f"  {row.label:<26} {row.quote_1}")

    print("\nProducts, by share of positive reviews")
    products = tables["products"].sort_values(["positive_low", "product_id"], ascending=[False, True])
    for row in products.itertuples():
        print(f"  {row.positive_share:4.0%} of {row.reviews:3}  {row.product_id:<8} {row.product_name}")

    again = time.perf_counter()
    rl.analyze(SAMPLE, out=out)
    print(
        f"\nThe first run took {seconds:.1f} s; the next one found nothing new in {time.perf_counter() - again:.2f} s."
    )
    print(f"Open the report in a browser: {Path(out).absolute() / 'current' / 'report.html'}")


if __name__ == "__main__":
    main("lens-demo")
