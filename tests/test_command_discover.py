"""`reviewlens discover`: what it found, for people and for machines."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from reviewlens.cli import main
from reviewlens.themes import ThemeSet
from reviewlens.themes.file import comments

ABOUT = {"battery": "charger", "screen": "display", "price": "discount"}


@pytest.fixture
def export(tmp_path):
    texts = [f"The {a} is fine but the {b} was bad after {n} days." for n in range(8) for a, b in ABOUT.items()]
    texts += [f"zxq {n} wvut {n + 1}" for n in range(6)]
    target = tmp_path / "export.parquet"
    pd.DataFrame({"review_id": map(str, range(len(texts))), "text": texts}).to_parquet(target)
    return target


def discover(*words) -> None:
    with pytest.raises(SystemExit) as end:
        main(["discover", *map(str, words)])
    assert end.value.code == 0


def test_it_says_what_it_found_what_is_left_and_what_to_do(export, tmp_path, capsys):
    out = tmp_path / "themes.toml"
    discover(export, "--out", out, "--themes", 3)
    lines = capsys.readouterr().out.splitlines()
    themes = ThemeSet.load(out)
    assert lines[0] == f"{len(themes)} themes in 30 different reviews, by how many speak of them:"
    assert len(lines) == len(themes) + 3
    assert all(line.split()[0] == "8" for line in lines[1 : len(themes) + 1])
    assert any("battery, charger" in line for line in lines)
    assert lines[-2] == "no theme: 20% of the reviews; most often there: wvut, zxq"
    assert lines[-1].startswith(f"saved to {out}: ")
    assert lines[-1].endswith(f"--themes {out}")


def test_an_update_says_what_changed_and_counts_living_themes(export, tmp_path, capsys):
    out = tmp_path / "themes.toml"
    discover(export, "--out", out, "--themes", 3)
    gone = next(t.theme_id for t in ThemeSet.load(out).themes if any(c.text == "screen" for c in t.cues))
    frame = pd.read_parquet(export)
    frame[~frame["text"].str.contains("screen")].to_parquet(export)
    capsys.readouterr()
    discover(export, "--out", out, "--update", out)
    lines = capsys.readouterr().out.splitlines()
    living = sum(not t.retired for t in ThemeSet.load(out).themes)
    assert lines[0].startswith(f"{living} themes in 22 ")
    assert f"changed since edition 1: retired {gone}" in lines


def test_json_holds_all_of_it(export, tmp_path, capsys):
    out = tmp_path / "themes.toml"
    discover(export, "--out", out, "--themes", 3, "--json")
    told = json.loads(capsys.readouterr().out)
    themes = ThemeSet.load(out)
    assert {t["theme_id"]: t["cues"] for t in told["themes"]} == {
        t.theme_id: [c.text for c in t.cues] for t in themes.themes
    }
    assert [t["reviews"] for t in told["themes"]] == [8] * len(themes)
    assert told["other"] == {
        "share": 0.2,
        "reasons": {"no word of a theme": 6},
        "phrases": themes.about["other_phrases"],
    }
    assert (told["out"], told["reviews"], told["edition"], told["events"]) == (str(out), 30, 1, [])


def test_guided_themes_go_by_their_names(export, tmp_path, capsys):
    seeds = tmp_path / "seeds.toml"
    seeds.write_text('power = ["battery"]\nmoney = ["price"]\n')
    discover(export, "--out", tmp_path / "themes.toml", "--seeds", seeds)
    said = capsys.readouterr().out
    assert "power: battery" in said
    assert "money: price" in said


def test_a_seed_that_matches_nothing_is_told_in_words_alone(export, tmp_path, capsys):
    seeds = tmp_path / "seeds.toml"
    seeds.write_text('power = ["battery"]\ngarden = ["chainsaw"]\n')
    discover(export, "--out", tmp_path / "themes.toml", "--seeds", seeds)
    assert capsys.readouterr().err == "warning: seeds that matched nothing, theme 'garden': chainsaw\n"


def test_comments_that_an_update_loses_are_told_before(export, tmp_path, capsys):
    out = tmp_path / "themes.toml"
    discover(export, "--out", out, "--themes", 3)
    capsys.readouterr()
    discover(export, "--out", out, "--update", out)
    assert "comment" not in capsys.readouterr().err
    out.write_text(out.read_text("utf-8").replace("scope =", "# ours: ask Mia\nscope =", 1) + "# and # this\n", "utf-8")
    discover(export, "--out", out, "--update", out)
    told = capsys.readouterr().err
    assert f"warning: 2 comments of {out} will not be in {out}: # ours: ask Mia; # and # this" in told
    assert "`note`" in told


def test_only_comments_are_comments():
    told = comments('# a\nid = "b # c" # d\nnote = \'e # f\'\nlong = """\n# g\n"""\nsaid = "\\"# h"\n[about]\n#i\n')
    assert told == ["# a", "# d", "#i"]
    assert comments(ThemeSet.load().to_toml()) == []
