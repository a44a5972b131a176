"""The main job on the bundled sample: two months of exports, one run, the tables it writes."""

from pathlib import Path

import reviewlens as rl

HERE = Path(__file__).parent


def main() -> None:
    run = rl.analyze(HERE / "sample", out="lens", config={"progress": True})
    for name in ("intake", "themes", "products", "periods"):
        print(f"\n{name}")
        print(run.tables[name].head(12).to_string(index=False, max_colwidth=60))
    print(f"\n{run!r}\nreport: {run.report}")


if __name__ == "__main__":
    main()
