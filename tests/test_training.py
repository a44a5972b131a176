"""Training: it learns, resumes, refuses what cannot be learned; torch and ONNX agree."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import reviewlens as rl
from reviewlens.errors import ConfigError, InputError, StoreError

torch = pytest.importorskip("torch")

GOOD = ["great", "lovely", "excellent", "perfect", "superb", "solid", "wonderful"]
BAD = ["awful", "broken", "useless", "poor", "terrible", "faulty", "horrible"]
THINGS = ["phone", "cable", "lamp", "kettle", "shirt", "tent", "clock", "chair", "drill", "bag"]
WORDS = ["works", "came", "looks", "feels", "is", "seems", "was"]


def _reviews(n: int, seed: int = 0) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        good = bool(i % 2)
        word = generator.choice(GOOD if good else BAD)
        text = f"my {generator.choice(THINGS)} {generator.choice(WORDS)} {word} number {generator.integers(10_000)}"
        rows.append(
            {"text": text, "label": "positive" if good else "negative", "stars": 5 - 4 * (not good) - i % 4 // 2 * good}
        )
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return _reviews(240)


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("model", ["linear", "lstm", "transformer"])
def test_every_model_learns_saves_and_answers_alike(table: pd.DataFrame, model: str, tmp_path) -> None:
    trained = rl.train(
        table,
        text="text",
        label="label",
        model=model,
        epochs=3,
        out=tmp_path / "m",
        progress=False,
        warm_start=model != "transformer",
    )
    test = _reviews(60, seed=9)
    metrics = rl.evaluate(trained, test, text="text", label="label")
    assert metrics.to_dict()["macro_f1"] > 0.9
    loaded = rl.Classifier.load(tmp_path / "m")
    assert np.array_equal(loaded.predict_proba(list(test.text)), trained.predict_proba(list(test.text)))
    assert "linear beside it" in (tmp_path / "m" / "README.md").read_text()
    assert not list((tmp_path / "m").glob("checkpoint*"))


@pytest.mark.parametrize(
    ("name", "sizes"),
    [("lstm", {}), ("lstm", {"pooled": 2}), ("lstm", {"pooled": 2, "stride": 2}), ("transformer", {})],
)
def test_torch_and_onnx_agree(name: str, sizes: dict[str, int]) -> None:
    from importlib import import_module

    import onnx

    from reviewlens.artefact import quantize
    from reviewlens.models import NETWORKS
    from reviewlens.models.graph import network_graph
    from reviewlens.models.laying_out import Sizes
    from reviewlens.models.packed import PackedLstm
    from reviewlens.models.packed_graph import packed_graph
    from reviewlens.models.runtime import Network, OnnxNetwork
    from reviewlens.tokenizer import Encoded

    entry = NETWORKS[name]
    module = import_module(entry.module)
    settings = getattr(module, entry.settings)(vocab_size=300, **sizes)
    torch.manual_seed(3)
    network = getattr(module, entry.network)(settings).eval()
    state = {key: value.detach().numpy() for key, value in network.state_dict().items()}
    codes, scale = quantize(state.pop("embedding.weight"))
    network.embedding.weight.data = torch.from_numpy(codes * scale[:, None])
    graph = network_graph(name, state, vars(settings))
    networks: list[Network] = [OnnxNetwork(graph, codes, scale, **sizes)]
    onnx.checker.check_model(graph, full_check=True)
    if name == "lstm":
        onnx.checker.check_model(packed_graph(state, settings.heads), full_check=True)
        packed_as = Sizes(settings.pooled, settings.stride)
        networks.append(PackedLstm(state, settings.heads, codes, scale, packed_as))
    generator = np.random.default_rng(0)
    for length in (1, 2, 3, 16, 17, 127):
        ids = generator.integers(1, 300, length).astype(np.int32)
        width = -(-length // 16) * 16
        padded = np.zeros((1, width), dtype=np.int64)
        padded[0, :length] = ids
        member = np.zeros((1, 2, width), dtype=np.float32)
        member[0, 0, :length] = member[0, 1, : (length + 1) // 2] = 1
        encoded = Encoded(ids, np.zeros(length, np.int32), np.array([0, length]), np.zeros(1, bool))
        clause = np.where(np.arange(length) < (length + 1) // 2, 0, -1)
        ours = [np.concatenate(frozen.logits(encoded, clause, np.array([1]))) for frozen in networks]
        with torch.no_grad():
            theirs = network(torch.from_numpy(padded), torch.from_numpy(member))[0].numpy()
        assert all(np.allclose(answer, theirs, atol=1e-4) for answer in ours)


def test_the_same_seed_gives_the_same_model(table: pd.DataFrame) -> None:
    first, second = (rl.train(table, text="text", label="stars", epochs=1, progress=False) for _ in range(2))
    assert np.array_equal(first.predict_proba(list(table.text)), second.predict_proba(list(table.text)))


def test_a_killed_training_goes_on_and_ends_the_same(table: pd.DataFrame, tmp_path, monkeypatch) -> None:
    from reviewlens.fitting import Fitter

    whole = rl.train(table, text="text", label="label", epochs=3, progress=False)
    save = Fitter.save_checkpoint

    def killed(self: Fitter, path: object) -> None:
        save(self, path)  # type: ignore[arg-type]
        if len(self.history) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Fitter, "save_checkpoint", killed)
        rl.train(table, text="text", label="label", epochs=3, out=tmp_path / "m", progress=False)
    resumed = rl.train(table, text="text", label="label", epochs=3, out=tmp_path / "m", progress=False)
    assert [row["loss"] for row in resumed.metrics["history"]] == [row["loss"] for row in whole.metrics["history"]]
    assert np.array_equal(resumed.predict_proba(list(table.text)), whole.predict_proba(list(table.text)))


def test_a_kill_while_a_checkpoint_is_written_bars_nothing(table: pd.DataFrame, tmp_path) -> None:
    """A process killed in the middle of a write cleans up nothing; here the system refuses to write all of it."""
    script = (
        "import resource, sys, pandas as pd, reviewlens as rl\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "rl.train(pd.read_json(sys.argv[1]), text='text', label='label', epochs=1, out=sys.argv[2], progress=False)\n"
    )
    table.to_json(tmp_path / "table.json")
    files = [str(tmp_path / "table.json"), str(tmp_path / "m")]
    assert subprocess.run([sys.executable, "-c", script, *files], capture_output=True, check=False).returncode
    left = [path.name for path in (tmp_path / "m").iterdir()]
    assert left and all(name.startswith("checkpoint.") for name in left)
    trained = rl.train(table, text="text", label="label", epochs=1, out=tmp_path / "m", progress=False)
    assert (tmp_path / "m" / "config.json").exists() and len(trained.metrics["history"]) == 1
    assert not list((tmp_path / "m").glob("checkpoint.*"))


def test_it_says_beforehand_how_long_it_takes(table: pd.DataFrame, capsys) -> None:
    rl.train(table, text="text", label="label", epochs=1)
    lines = capsys.readouterr().err.splitlines()
    assert [i for i, line in enumerate(lines) if "minutes" in line] < [
        i for i, line in enumerate(lines) if "epoch 1/1" in line
    ]


@pytest.mark.filterwarnings("ignore:.*the usual linear model")  # a teacher who is wrong
def test_a_teacher_is_learned_from(table: pd.DataFrame) -> None:
    def contrary(texts: list[str]) -> np.ndarray:
        good = np.array([any(word in text for word in GOOD) for text in texts])
        return np.where(good[:, None], [0.98, 0.01, 0.01], [0.01, 0.01, 0.98])

    plain = rl.train(table, text="text", label="label", epochs=2, progress=False)
    taught = rl.train(table, text="text", label="label", epochs=2, teacher=contrary, progress=False)
    history = taught.metrics["history"]
    assert history[-1]["valid_loss"] > plain.metrics["history"][-1]["valid_loss"]
    with pytest.raises(ConfigError, match="shape"):
        rl.train(table, text="text", label="label", teacher=lambda texts: np.ones((len(texts), 2)), progress=False)


def test_search_tries_and_says_so(table: pd.DataFrame, capsys) -> None:
    rl.train(table, text="text", label="label", epochs=1, search=2)
    assert [line.split(":")[0] for line in capsys.readouterr().err.splitlines() if line.startswith("trial")] == [
        "trial 1",
        "trial 2",
    ]
    with pytest.raises(ConfigError, match="search"):
        rl.train(table, text="text", label="label", search="soon", progress=False)


def test_what_cannot_be_learned_is_refused(table: pd.DataFrame, tmp_path) -> None:
    with pytest.raises(InputError, match="too few"):
        rl.train(table.head(5), text="text", label="label", progress=False)
    with pytest.raises(InputError, match="nothing to tell apart"):
        rl.train(table[table.label == "positive"], text="text", label="label", progress=False)
    with pytest.raises(InputError, match="too few"):
        rl.train(table.assign(text="all the same"), text="text", label="label", progress=False)
    with pytest.raises(InputError, match="not understood"):
        rl.train(table.assign(label="purple"), text="text", label="label", progress=False)
    with pytest.raises(ConfigError, match="oracle"):
        rl.train(table, text="text", label="label", model="oracle")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(StoreError, match="overwrite"):
        rl.train(table, text="text", label="label", out=tmp_path)


def test_a_test_set_that_was_trained_on_is_noticed(table: pd.DataFrame, tmp_path) -> None:
    trained = rl.train(table, text="text", label="label", model="linear", progress=False)
    with pytest.warns(UserWarning, match="trained on"):
        metrics = rl.evaluate(trained, pd.concat([table.head(7), _reviews(40, seed=8)]), text="text", label="label")
    assert metrics.overlap >= 7
    trained.save(tmp_path / "m")
    with pytest.warns(UserWarning, match="trained on"):  # a folder will do for a classifier
        again = rl.evaluate(
            tmp_path / "m", pd.concat([table.head(7), _reviews(40, seed=8)]), text="text", label="label"
        )
    assert again.values == metrics.values
