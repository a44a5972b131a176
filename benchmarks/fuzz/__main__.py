"""Coverage-guided fuzzing with Atheris (libFuzzer): text, Parquet bytes, configuration, model folders.

python -m benchmarks.fuzz text --seconds 600        likewise parquet, config, artefact

What fails is written to the folder `--findings`, and the exit code is not 0; `--again FILE` runs one such input. An
input that takes more than a minute (`--timeout`, more on a busy machine) or 2 GB fails too. With `--corpus` the inputs
that reached new code are kept, and a later run begins with them. Needs `pip install atheris`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

MEMORY_MB, LONGEST = 2_048, 65_536


def main() -> None:
    import atheris

    with atheris.instrument_imports(include=["reviewlens"]):
        from benchmarks.fuzz.targets import TARGETS, seeds
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--timeout", type=int, default=60, help="seconds on the clock that one input may take")
    parser.add_argument(
        "--corpus", type=Path, help="folder of inputs to begin with and to add to; else a temporary one"
    )
    parser.add_argument("--findings", type=Path, default=Path("findings"))
    parser.add_argument("--again", type=Path, help="run this one input")
    given = parser.parse_args()
    if given.again:
        TARGETS[given.target](given.again.read_bytes())
        return
    given.findings.mkdir(exist_ok=True)
    corpus = given.corpus or Path(tempfile.mkdtemp(prefix="corpus-"))
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(given.target)):
        (corpus / f"seed-{number}").write_bytes(seed)
    options = [
        f"-max_total_time={given.seconds}",
        f"-timeout={given.timeout}",
        f"-rss_limit_mb={MEMORY_MB}",
        f"-max_len={LONGEST}",
        f"-artifact_prefix={given.findings}/{given.target}-",
        "-print_final_stats=1",
        str(corpus),
    ]
    atheris.Setup([sys.argv[0], *options], TARGETS[given.target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
