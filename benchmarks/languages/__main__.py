"""`rl.train` in languages that the bundled model has never seen.

    python -m benchmarks.languages --data folder [--rows 1500 12400] [--sets gear goods shop movies] [--seeds 1]
        [--as letters script unspaced spanish]

Prints and writes `results.md` from `results.json`, which keeps every case that was run: a case is not run twice, unless
`--again` asks for it.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from benchmarks.languages import sets, translated
from benchmarks.languages.ciphers import CIPHERS
from benchmarks.languages.measure import bar, chance, ours

HERE = Path(__file__).parent
SPANISH = "spanish"
CASES = (
    ("gear", "letters"),
    ("goods", "script"),
    ("goods", "unspaced"),
    ("goods", SPANISH),
    ("shop", "letters"),
    ("movies", "script"),
)


def main() -> None:
    """Run what is missing and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rows", type=int, nargs="+", default=[300, 1500, 12400])
    parser.add_argument("--sets", nargs="+", default=list(sets.FILES))
    parser.add_argument("--as", dest="guises", nargs="+", default=[*CIPHERS, SPANISH])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--again", action="store_true")
    options = parser.parse_args()
    kept = HERE / "results.json"
    results: dict[str, Any] = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    for name, cipher in CASES:
        if name not in options.sets or cipher not in options.guises:
            continue
        if cipher == SPANISH and not translated.available():
            print(f"{name} {cipher} left out: see benchmarks/languages/translated.py")
            continue
        table = sets.read(options.data, name)
        if cipher != SPANISH:
            table["text"] = table.text.map(CIPHERS[cipher])
        for rows in options.rows:
            for seed in range(options.seeds):
                case = f"{name} {cipher} {rows} {seed}"
                if case in results and not options.again:
                    continue
                train, test = sets.split(table, rows, seed)
                if cipher == SPANISH:
                    train["text"], test["text"] = (translated.spanish(part.text.tolist()) for part in (train, test))
                linear = bar(train, test, characters=cipher == "unspaced")
                found = ours(train, test)
                spread = chance(test, linear, found)
                results[case] = {"train": len(train), "test": len(test), "linear": linear, "ours": found, "two": spread}
                kept.write_text(json.dumps(results, indent=1, sort_keys=True, ensure_ascii=False) + "\n", "utf-8")
                print(case, results[case], flush=True)
    shown = as_markdown(results)
    (HERE / "results.md").write_text(shown, "utf-8")
    print(shown)


def as_markdown(results: dict[str, Any]) -> str:
    """Return the table."""
    lines = [
        "# Training in a language never seen",
        "",
        "`python -m benchmarks.languages --data folder` wrote this. Linear: TF-IDF, logistic regression, the better",
        "of two strengths in each measure. Ours: `rl.train` with its defaults. ±: how much chance moves the",
        "difference in two classes, one standard deviation over the reviews that were drawn to test on. Said: what",
        "the training itself said of held-out reviews beside TF-IDF: better, worse, or open, where they cannot tell.",
        "Seconds are of the processor.",
        "",
        "| set | written as | trained on | tested on | two classes: linear, ours | ± | said | exact | star error "
        "| seconds |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for case, row in sorted(results.items(), key=lambda item: (item[0].split()[:2], int(item[0].split()[2]), item[0])):
        name, cipher = case.split()[:2]
        linear, found = row["linear"], row["ours"]
        values = [f"{linear[key]:.3f} · **{found[key]:.3f}**" for key in ("two", "exact", "mae")]
        seconds = f"{linear['seconds']:.0f} · {found['seconds']:.0f}"
        values[1:1] = [f"{row['two']:.3f}", found["verdict"]]
        lines.append(f"| {name} | {cipher} | {row['train']:,} | {row['test']:,} | {' | '.join(values)} | {seconds} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
