"""The ONNX graph of `TransformerNetwork`."""

from __future__ import annotations

import math

import numpy as np

from reviewlens.models.graph import Attention, Graph, Weights, answer, embed, signature


def transformer_graph(weights: Weights, heads: int, layers: int) -> bytes:
    """Return the ONNX graph of `TransformerNetwork` without its embedding table."""
    g = Graph()
    entry = g.linear(embed(g), "entry", weights["entry.weight"], weights["entry.bias"])
    g.constant("position", weights["position"])
    g.add("Shape", ["ids"], "length", start=1, end=2)
    g.add("Slice", ["position", g.ints("zero", 0), "length", g.ints("axis0", 0)], "places")
    x = g.add("Add", [entry, "places"], "x")
    g.add("Unsqueeze", ["mask", g.ints("axis1", 1)], "mask4")
    g.add("Sub", ["mask4", g.constant("all", np.float32(1.0))], "mask_below")
    g.add("Mul", ["mask_below", g.constant("far_below", np.float32(1e4))], "blocked")
    for index in range(layers):
        x = _layer(g, f"layers.{index}", x, weights, heads)
    normal = _norm(g, "norm", x, weights)
    pool = Attention(g, "pool", normal, weights, heads)
    for member, output in (("mask", "logits"), ("member", "clause_logits")):
        answer(g, [pool.pool(member, f"{output}.only")], output, weights)
    return g.finish(*signature(with_steps=False))


def _norm(g: Graph, name: str, source: str, weights: Weights) -> str:
    scale, shift = g.constant(f"{name}.g", weights[f"{name}.weight"]), g.constant(f"{name}.c", weights[f"{name}.bias"])
    return g.add("LayerNormalization", [source, scale, shift], f"{name}.normal", axis=-1, epsilon=1e-5)


def _layer(g: Graph, name: str, x: str, weights: Weights, heads: int) -> str:
    width = weights[f"{name}.query.weight"].shape[0]
    normal = _norm(g, f"{name}.norm1", x, weights)
    parts = {}
    for part, order in (("query", [0, 2, 1, 3]), ("key", [0, 2, 3, 1]), ("value", [0, 2, 1, 3])):
        flat = _dense(g, f"{name}.{part}", normal, weights)
        split = g.add("Reshape", [flat, g.ints("split_heads", 0, 0, heads, width // heads)], f"{name}.{part}.split")
        parts[part] = g.add("Transpose", [split], f"{name}.{part}.turned", perm=order)
    product = g.add("MatMul", [parts["query"], parts["key"]], f"{name}.product")
    root = g.constant("root", np.float32(1 / math.sqrt(width / heads)))
    scaled = g.add("Add", [g.add("Mul", [product, root], f"{name}.scaled"), "blocked"], f"{name}.masked")
    mixed = g.add("MatMul", [g.add("Softmax", [scaled], f"{name}.weights", axis=-1), parts["value"]], f"{name}.mixed")
    turned = g.add("Transpose", [mixed], f"{name}.turned", perm=[0, 2, 1, 3])
    joined = g.add("Reshape", [turned, g.ints("join_heads", 0, 0, width)], f"{name}.joined")
    x = g.add("Add", [x, _dense(g, f"{name}.join", joined, weights)], f"{name}.after")
    up = _dense(g, f"{name}.up", _norm(g, f"{name}.norm2", x, weights), weights)
    down = _dense(g, f"{name}.down", g.add("Relu", [up], f"{name}.up.relu"), weights)
    return g.add("Add", [x, down], f"{name}.end")


def _dense(g: Graph, name: str, source: str, weights: Weights) -> str:
    return g.linear(source, name, weights[f"{name}.weight"], weights[f"{name}.bias"])
