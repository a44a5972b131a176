"""A taxonomy of your own."""

import tempfile
from pathlib import Path

import reviewlens as rl

HERE = Path(__file__).parent


def main(out: str | Path | None = None) -> None:
    """Try the taxonomy on two texts, then run the job with it."""
    themes = rl.ThemeSet.load(HERE / "custom_themes.toml")
    texts = ["The battery died, but the courier was nice.", "发货很快，就是充电慢。"]
    print(themes.match(texts)[["review", "theme_id", "cue"]].to_string(index=False))

    run = rl.analyze(HERE / "sample", out=out or Path(tempfile.mkdtemp()) / "lens", themes=themes)
    print(run.tables["themes"][["theme_id", "label", "reviews", "share", "complaint_share"]].to_string(index=False))


if __name__ == "__main__":
    main()
