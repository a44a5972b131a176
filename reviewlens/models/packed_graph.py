"""The graph of `LstmNetwork` over reviews that stand end to end, without padding: see `reviewlens.models.packed`.

The convolution is looked up in a table (`tap_table`) beforehand, attention is summed by scattering each place's share
to its review and to its clause.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from reviewlens.models import onnx_bytes
from reviewlens.models.graph import Graph, Weights, gates


def tap_table(weights: Weights, table: NDArray[np.int8], scale: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what a subword adds to the convolution before, at and after its place, shape (v, 3, channels).

    A convolution of embeddings is linear: it can be computed once per subword of the vocabulary instead of per token.
    The bias is in the middle. Row 0, which pads, adds nothing beside it.
    """
    embedding = table.astype(np.float32) * scale.reshape(-1, 1)
    embedding[0] = 0.0
    kernel = weights["conv.weight"]
    taps = np.zeros((len(embedding), 3, kernel.shape[0]), np.float32)
    for k in range(3):
        taps[:, k] = embedding @ kernel[:, :, k].T
    taps[:, 1] += weights["conv.bias"]
    return taps


def packed_graph(weights: Weights, heads: int) -> bytes:
    """Return the ONNX graph; p places, g steps of b reviews, s sums, n shares of steps, c channels.

    Inputs: `near`, the features of each place, (p, c + heads), the last ones 1, so that sums of weighted features hold
    those of the weights too; `by_step`, the strongest of each group of places, where the LSTM
    reads it, (g, b, c); `steps`, the groups of each review, (b,); `review` and `clause`, to which sum each place
    belongs, (p, 1); `share.place`, `share.weight` and `share.sum`: a place of the LSTM's output, g * b, how much of
    that group belongs to a sum, and to which. `sums` is zeros, (s, c + heads), `far.sums` (s, 2 * hidden + heads).
    """
    g = Graph()
    channels, hidden = weights["conv.weight"].shape[0], weights["lstm.weight_hh_l0"].shape[1]
    parts = _weighted(g, "near", weights, "pool_near", heads, ones=heads)
    g.add("ScatterND", ["sums", "review", parts], "of_reviews", reduction="add")
    g.add("ScatterND", ["of_reviews", "clause", parts], "of_both", reduction="add")
    far = _lstm(g, weights)
    far_parts = _weighted(g, far, weights, "pool_far", heads, ones=0)
    g.add("Gather", [far_parts, "share.place"], "groups_of_sums", axis=0)
    g.add("Mul", ["groups_of_sums", "share.weight"], "shares")
    g.add("ScatterND", ["far.sums", "share.sum", "shares"], "far_of_both", reduction="add")
    sides = [_averaged(g, "of_both", channels, heads), _averaged(g, "far_of_both", 2 * hidden, heads)]
    g.add("Concat", sides, "pooled", axis=1)
    g.add("Relu", [g.linear("pooled", "dense", weights["dense.weight"], weights["dense.bias"])], "hidden")
    g.add("Identity", [g.linear("hidden", "out", weights["out.weight"], weights["out.bias"])], "logits")
    value, real, index = onnx_bytes.value_info, onnx_bytes.FLOAT, onnx_bytes.INT64
    inputs = [value("near", real, "p", "d"), value("by_step", real, "g", "b", "c")]
    inputs += [value("steps", onnx_bytes.INT32, "b")]
    inputs += [value(name, index, "p", "one") for name in ("review", "clause")]
    inputs += [value("share.place", index, "n"), value("share.weight", real, "n", "one")]
    inputs += [value("share.sum", index, "n", "one"), value("sums", real, "s", "d"), value("far.sums", real, "s", "e")]
    return g.finish(inputs, [value("logits", real, "s", "stars")])


def _weighted(g: Graph, features: str, weights: Weights, name: str, heads: int, *, ones: int) -> str:
    """Return features times the weight of their head, and behind them the weights of the heads.

    Args:
        ones: How many columns of ones `features` has at its end: `heads`, or 0 where they must be added.
    """
    weight, bias = weights[f"{name}.score.weight"], weights[f"{name}.score.bias"]
    width = weight.shape[1]
    padded = np.concatenate([weight, np.zeros((heads, ones), np.float32)], axis=1)
    score = g.linear(features, f"{name}.score", padded, bias)
    limits = [g.constant("low", np.float32(-10.0)), g.constant("high", np.float32(10.0))]
    power = g.add("Exp", [g.add("Clip", [score, *limits], f"{name}.clip")], f"{name}.power")
    spread = _spread(heads, width)
    if ones:
        spread = np.concatenate([spread, np.eye(heads, dtype=np.float32)], axis=1)
    wide = g.add("MatMul", [power, g.constant(f"{name}.spread", spread)], f"{name}.wide")
    parts = g.add("Mul", [features, wide], f"{name}.parts")
    return parts if ones else g.add("Concat", [parts, power], f"{name}.both", axis=1)


def _averaged(g: Graph, sums: str, width: int, heads: int) -> str:
    """Divide sums of weighted features by the sums of the weights behind them."""
    g.add("Split", [sums, g.ints(f"{sums}.sizes", width, heads)], [f"{sums}.total", f"{sums}.norm"], axis=1)
    safe = g.add("Add", [f"{sums}.norm", g.constant("tiny", np.float32(1e-6))], f"{sums}.safe")
    wide = g.add("MatMul", [safe, g.constant(f"{sums}.spread", _spread(heads, width))], f"{sums}.norm_wide")
    return g.add("Div", [f"{sums}.total", wide], f"{sums}.pooled")


def _spread(heads: int, width: int) -> NDArray[np.float32]:
    return np.repeat(np.eye(heads, dtype=np.float32), width // heads, axis=1)


def _lstm(g: Graph, weights: Weights) -> str:
    """Return the states at all steps of all reviews, (steps * b, 2 * hidden)."""
    hidden = weights["lstm.weight_hh_l0"].shape[1]
    ends = ("", "_reverse")
    stacked: dict[str, Any] = {
        "w": [gates(weights[f"lstm.weight_ih_l0{end}"]) for end in ends],
        "r": [gates(weights[f"lstm.weight_hh_l0{end}"]) for end in ends],
        "b": [np.concatenate([gates(weights[f"lstm.bias_{part}_l0{end}"]) for part in ("ih", "hh")]) for end in ends],
    }
    names = [g.constant(f"lstm.{name}", np.stack(value)) for name, value in stacked.items()]
    g.add("LSTM", ["by_step", *names, "steps"], "states", hidden_size=hidden, direction="bidirectional")
    g.add("Transpose", ["states"], "by_review", perm=[0, 2, 1, 3])  # (t, direction, b, h) -> (t, b, direction, h)
    return g.add("Reshape", ["by_review", g.ints("join", -1, 2 * hidden)], "far")
