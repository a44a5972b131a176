"""From a DataFrame to the complaints about one need."""

import tempfile
from pathlib import Path

import pandas as pd
import pyarrow.compute as pc

import reviewlens as rl

SAMPLE = Path(__file__).parent / "sample"


def main(out: str | Path | None = None) -> None:
    """Run the job on a DataFrame and follow the largest need down to the reviews."""
    reviews = pd.concat([pd.read_parquet(path) for path in sorted(SAMPLE.glob("*.parquet"))], ignore_index=True)
    run = rl.analyze(reviews, out=out or Path(tempfile.mkdtemp()) / "lens")
    need = run.tables["themes"].sort_values("opportunity", ascending=False).iloc[0]
    print(f"{need['label']}: {need['share']:.1%} of {need['reviews_in_all']} reviews")

    complaints = (pc.field("theme_id") == need["theme_id"]) & (pc.field("intent") == "complaint")
    found = run.mentions.filter(complaints).to_table(columns=["review_id", "score", "quote"]).to_pandas()
    for row in found.dropna().sort_values(["score", "review_id"]).head(5).itertuples():
        print(f"  {row.review_id}  {row.quote}")


if __name__ == "__main__":
    main()
