"""What training and evaluation say of awkward labels, texts and arguments; the card and the linear model beside it."""

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import reviewlens as rl
from reviewlens.cli import cli
from reviewlens.errors import ConfigError

pytest.importorskip("torch")

GOOD, BAD = ["great", "lovely", "superb", "solid"], ["awful", "broken", "useless", "faulty"]


def reviews(n: int, seed: int = 0) -> pd.DataFrame:
    """Return n reviews of which one word tells the star."""
    generator = np.random.default_rng(seed)
    good = generator.integers(0, 2, n).astype(bool)
    words = np.where(good, generator.choice(GOOD, n), generator.choice(BAD, n))
    places = generator.integers(0, 100_000, n)
    text = [f"the {word} kettle from shelf {place} in our shop" for word, place in zip(words, places, strict=True)]
    return pd.DataFrame({"text": text, "stars": np.where(good, 5.0, 1.0)})


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> rl.Classifier:
    folder = tmp_path_factory.mktemp("models") / "m"
    return rl.train(reviews(200), text="text", label="stars", epochs=1, out=folder, progress=False)


def test_the_linear_model_stands_beside_a_network(network: rl.Classifier) -> None:
    test = reviews(80, seed=5)
    metrics = rl.evaluate(network, test, text="text", label="stars")
    linear = rl.train(reviews(200), text="text", label="stars", model="linear", progress=False)
    alone = rl.evaluate(linear, test, text="text", label="stars")
    assert metrics.to_dict()["linear_beside"]["macro_f1"] == pytest.approx(alone.to_dict()["macro_f1"])
    assert metrics.to_dict()["linear_beside"]["star_mae"] == pytest.approx(alone.to_dict()["star_mae"], abs=0.02)
    assert "all, linear model" in str(metrics) and "linear" not in str(alone)


def test_the_card_says_what_it_started_from_and_whether_explanations_hold(network: rl.Classifier) -> None:
    card = network.parts.card
    found = network.metrics["faithfulness"]
    assert found["named"] > found["by_chance"] + 0.1  # one word decides: its deletion must tell
    assert f"falls by {found['named']:.2f}" in card
    assert "Started from the bundled model." in card


def test_missing_labels_and_texts_are_left_out_with_a_warning() -> None:
    table = reviews(120)
    table.loc[:9, "stars"] = np.nan
    table.loc[10:14, "text"] = None
    with pytest.warns(UserWarning, match="15 of 120 rows"):
        trained = rl.train(table, text="text", label="stars", model="linear", progress=False)
    assert trained.metrics["reviews"]["read"] == 120


def test_a_star_scale_that_is_said_is_used() -> None:
    table = reviews(120).assign(points=lambda t: t.stars * 20)
    trained = rl.train(table, text="text", label="points", scale=100, model="linear", progress=False)
    assert trained.metrics["labels"]["mapping"] == {"20": "negative", "100": "positive"}


def test_the_budget_of_a_search_is_checked_before_the_work() -> None:
    for model, search in (("lstm", "soon"), ("linear", 3)):
        with pytest.raises(ConfigError, match="search"):
            rl.train("no-such-file.parquet", text="text", label="stars", model=model, search=search)


@pytest.mark.parametrize("epochs", [0, -1, 1.5, "3"])
def test_passes_are_a_whole_number(epochs: object) -> None:
    with pytest.raises(ConfigError, match="passes"):
        rl.train("no-such-file.parquet", text="text", label="stars", epochs=epochs)


@pytest.mark.parametrize(("row", "message"), [([np.nan] * 3, "no prob"), ([-1, 1, 1], "no prob"), ([0.5] * 2, "shape")])
def test_a_teacher_answers_with_probabilities(row: list[float], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        rl.train(
            reviews(60), text="text", label="stars", model="linear", progress=False, teacher=lambda t: [row] * len(t)
        )


def test_long_reviews_train_every_network(tmp_path) -> None:
    table = reviews(60)
    table["text"] = table.text + " and so on" * 100
    trained = rl.train(table, text="text", label="stars", model="transformer", epochs=1, progress=False)
    assert trained.predict(table.text.tolist()[:5]).shape == (5,)


def test_train_and_evaluate_on_the_command_line(tmp_path) -> None:
    reviews(120).to_parquet(tmp_path / "train.parquet")
    reviews(60, seed=7).to_csv(tmp_path / "test.csv")
    columns = ["--text", "text", "--label", "stars"]
    runner, model = CliRunner(), str(tmp_path / "m")
    done = runner.invoke(
        cli, ["train", str(tmp_path / "train.parquet"), *columns, "--model", "linear", "--scale", "5", "--out", model]
    )
    assert done.exit_code == 0, done.output
    measured = runner.invoke(cli, ["evaluate", model, str(tmp_path / "test.csv"), *columns, "--json"])
    assert '"macro_f1"' in measured.output and measured.exit_code == 0


def test_a_network_that_knows_less_than_the_linear_model_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    from reviewlens import network_training

    fit = network_training.fit

    def confused(*args, **kwargs):
        fitted = fit(*args, **kwargs)
        noise = np.random.default_rng(0).permutation(fitted.logits) * 5
        return network_training.replace(fitted, logits=noise)

    monkeypatch.setattr(network_training, "fit", confused)
    monkeypatch.setattr("reviewlens.training.fit_mixture", _all_weight_to_the_network)
    with pytest.warns(UserWarning, match="only the linear model in it answers"):
        trained = rl.train(
            reviews(200), text="text", label="stars", epochs=1, warm_start=False, model="lstm", progress=False
        )
    assert trained.calibration.network_weight == 0
    metrics = rl.evaluate(trained, reviews(80, seed=5), text="text", label="stars").to_dict()
    assert metrics["macro_f1"] == pytest.approx(metrics["linear_beside"]["macro_f1"])


def _all_weight_to_the_network(network, ngrams, *args, **kwargs):
    from reviewlens.mixing import fit_mixture

    if not np.ptp(network):
        return fit_mixture(network, ngrams, *args, **kwargs)
    return fit_mixture(network, np.zeros_like(ngrams), *args, **kwargs)
