"""ONNX graphs of the networks, written node by node so that nothing depends on an exporter's version.

The embedding table is an input, not an initializer: it stays eight-bit, lives once in `model.safetensors`, and the
graph is small. Scales belong to rows of the table, never to a batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reviewlens.models import onnx_bytes
from reviewlens.models.runtime import STRIDE

OPSET = 17
Weights = Mapping[str, NDArray[np.float32]]


class Graph:
    """Collects nodes and constants."""

    def __init__(self) -> None:
        self.nodes: list[bytes] = []
        self.constants: dict[str, bytes] = {}

    def constant(self, name: str, value: Any) -> str:
        """Add a constant tensor."""
        if name not in self.constants:
            self.constants[name] = onnx_bytes.tensor(name, np.asarray(value))
        return name

    def ints(self, name: str, *values: int) -> str:
        """Add a constant vector of int64."""
        return self.constant(name, np.array(values, dtype=np.int64))

    def add(self, op: str, inputs: list[str], output: str | list[str], **attributes: Any) -> str:
        """Add a node and return the name of its first output."""
        outputs = [output] if isinstance(output, str) else output
        self.nodes.append(onnx_bytes.node(op, inputs, outputs, **attributes))
        return outputs[0]

    def linear(self, source: str, name: str, weight: NDArray[np.float32], bias: NDArray[np.float32]) -> str:
        """Add `source @ weight.T + bias`, the weight as torch keeps it.

        A layer used twice is named "use/layer": its constants are shared.
        """
        layer = name.rsplit("/", 1)[-1]
        product = self.add("MatMul", [source, self.constant(f"{layer}.w", weight.T)], f"{name}.product")
        return self.add("Add", [product, self.constant(f"{layer}.b", bias)], f"{name}.sum")

    def finish(self, inputs: list[bytes], outputs: list[bytes]) -> bytes:
        """Return the graph as the bytes of an ONNX model."""
        return onnx_bytes.model(self.nodes, list(self.constants.values()), inputs, outputs, OPSET)


def network_graph(model: str, weights: Weights, settings: Mapping[str, Any]) -> bytes:
    """Return the ONNX graph of a network of the registry."""
    if model == "lstm":
        return lstm_graph(weights, settings["heads"], settings.get("stride", STRIDE), settings.get("pooled", 1))
    from reviewlens.models.transformer_graph import transformer_graph

    return transformer_graph(weights, settings["heads"], settings["layers"])


def lstm_graph(weights: Weights, heads: int, stride: int, pooled: int) -> bytes:
    """Return the ONNX graph of `LstmNetwork` without its embedding table."""
    g = Graph()
    near = _convolution(g, embed(g), weights["conv.weight"], weights["conv.bias"])
    if pooled > 1:
        near = strongest(g, near, "places", 0, -1, pooled, weights["conv.weight"].shape[0])
    _after_convolution(g, near, weights, heads, stride)
    return g.finish(*signature())


def _after_convolution(g: Graph, near: str, weights: Weights, heads: int, stride: int) -> None:
    far = _lstm(g, strongest(g, near, "grouped", 0, -1, stride, weights["conv.weight"].shape[0]), weights)
    sides = (Attention(g, "pool_near", near, weights, heads), Attention(g, "pool_far", far, weights, heads))
    # The review has its own path: its sums must not depend on how many clauses stand beside it.
    for member, output in (("mask", "logits"), ("member", "clause_logits")):
        coarse = g.add("AveragePool", [member], f"{output}.coarse", kernel_shape=[stride], strides=[stride])
        parts = [sides[0].pool(member, f"{output}.near"), sides[1].pool(coarse, f"{output}.far")]
        answer(g, parts, output, weights)


def strongest(g: Graph, features: str, output: str, *shape: int) -> str:
    """Reshape features, and keep the greatest along the last axis but one."""
    g.add("Reshape", [features, g.ints(f"{output}.shape", *shape)], f"{output}.all")
    return g.add("ReduceMax", [f"{output}.all"], output, axes=[len(shape) - 2], keepdims=0)


def answer(g: Graph, parts: list[str], output: str, weights: Weights) -> None:
    """Add the dense layers that turn pooled features into star logits."""
    pooled = g.add("Concat", parts, f"{output}.pooled", axis=2)
    dense = g.linear(pooled, f"{output}/dense", weights["dense.weight"], weights["dense.bias"])
    hidden = g.add("Relu", [dense], f"{output}.hidden")
    total = g.linear(hidden, f"{output}/out", weights["out.weight"], weights["out.bias"])
    g.add("Identity", [total], output)


def signature(*, with_steps: bool = True) -> tuple[list[bytes], list[bytes]]:
    """Return the inputs and outputs of every graph; only recurrent ones take the number of steps."""
    value = onnx_bytes.value_info
    inputs = [
        value("ids", onnx_bytes.INT32, "b", "t"),
        value("mask", onnx_bytes.FLOAT, "b", "one", "p"),
        value("member", onnx_bytes.FLOAT, "b", "s", "p"),
    ]
    inputs += [value("table", onnx_bytes.INT8, "v", "d"), value("scale", onnx_bytes.FLOAT, "v", "one")]
    if with_steps:
        inputs.append(value("steps", onnx_bytes.INT32, "b"))
    outputs = [
        value("logits", onnx_bytes.FLOAT, "b", "one", "stars"),
        value("clause_logits", onnx_bytes.FLOAT, "b", "s", "stars"),
    ]
    return inputs, outputs


def embed(g: Graph) -> str:
    """Look subwords up in the eight-bit table that is given as an input."""
    g.add("Gather", ["table", "ids"], "rows", axis=0)
    g.add("Cast", ["rows"], "rows_float", to=onnx_bytes.FLOAT)
    g.add("Gather", ["scale", "ids"], "row_scales", axis=0)
    return g.add("Mul", ["rows_float", "row_scales"], "embedded")


def _convolution(g: Graph, source: str, weight: NDArray[np.float32], bias: NDArray[np.float32]) -> str:
    """Width-3 convolution as one matrix product and two shifts: faster than Conv for few channels."""
    channels = weight.shape[0]
    taps = np.concatenate([weight[:, :, k] for k in range(3)], axis=0)  # (3 * channels, embedding)
    g.add("MatMul", [source, g.constant("conv.w", taps.T)], "taps")
    g.add("Split", ["taps", g.ints("tap_sizes", channels, channels, channels)], ["before", "here", "after"], axis=2)
    g.ints("axis1", 1)
    g.add("Pad", ["before", g.ints("pad_front", 0, 1, 0, 0, 0, 0)], "before_padded")
    g.add("Slice", ["before_padded", g.ints("zero", 0), g.ints("minus_one", -1), "axis1"], "before_shifted")
    g.add("Pad", ["after", g.ints("pad_back", 0, 0, 0, 0, 1, 0)], "after_padded")
    g.add("Slice", ["after_padded", g.ints("one", 1), g.ints("far_end", 2**31 - 1), "axis1"], "after_shifted")
    g.add("Add", ["here", g.constant("conv.b", bias)], "here_biased")
    g.add("Add", ["before_shifted", "here_biased"], "two_taps")
    g.add("Add", ["two_taps", "after_shifted"], "three_taps")
    return g.add("Relu", ["three_taps"], "near")


def _lstm(g: Graph, source: str, weights: Weights) -> str:
    hidden = weights["lstm.weight_hh_l0"].shape[1]
    g.add("Transpose", [source], "time_major", perm=[1, 0, 2])
    w = np.stack([gates(weights[f"lstm.weight_ih_l0{end}"]) for end in ("", "_reverse")])
    r = np.stack([gates(weights[f"lstm.weight_hh_l0{end}"]) for end in ("", "_reverse")])
    b = np.stack(
        [
            np.concatenate([gates(weights[f"lstm.bias_{part}_l0{end}"]) for part in ("ih", "hh")])
            for end in ("", "_reverse")
        ]
    )
    names = [g.constant("lstm.w", w), g.constant("lstm.r", r), g.constant("lstm.b", b)]
    g.add("LSTM", ["time_major", *names, "steps"], ["states"], hidden_size=hidden, direction="bidirectional")
    g.add("Transpose", ["states"], "batch_major", perm=[2, 0, 1, 3])  # (t, direction, b, h) -> (b, t, direction, h)
    return g.add("Reshape", ["batch_major", g.ints("join", 0, 0, 2 * hidden)], "far")


def gates(tensor: NDArray[np.float32]) -> NDArray[np.float32]:
    """Reorder torch's gates (input, forget, cell, output) to ONNX's (input, output, forget, cell)."""
    i, f, c, o = np.split(tensor, 4)
    return np.concatenate([i, o, f, c])


class Attention:
    """The pooling of `AttentionPool`: weights once per subword, sums once per review and once per clause."""

    def __init__(self, g: Graph, name: str, features: str, weights: Weights, heads: int) -> None:
        self.g, self.name = g, name
        width = weights[f"{name}.score.weight"].shape[1]
        score = g.linear(features, f"{name}.score", weights[f"{name}.score.weight"], weights[f"{name}.score.bias"])
        limits = [g.constant(f"{name}.low", np.float32(-10.0)), g.constant(f"{name}.high", np.float32(10.0))]
        self.power = g.add("Exp", [g.add("Clip", [score, *limits], f"{name}.clip")], f"{name}.power")
        spread = np.kron(np.eye(heads, dtype=np.float32), np.ones((1, width // heads), dtype=np.float32))
        wide = g.add("MatMul", [self.power, g.constant(f"{name}.spread", spread)], f"{name}.wide")
        self.parts = g.add("Mul", [features, wide], f"{name}.parts")
        g.constant(f"{name}.tiny", np.float32(1e-6))

    def pool(self, member: str, output: str) -> str:
        """Pool over what `member` marks."""
        total = self.g.add("MatMul", [member, self.parts], f"{output}.total")
        norm = self.g.add("MatMul", [member, self.power], f"{output}.norm")
        safe = self.g.add("Add", [norm, f"{self.name}.tiny"], f"{output}.norm_safe")
        wide = self.g.add("MatMul", [safe, f"{self.name}.spread"], f"{output}.norm_wide")
        return self.g.add("Div", [total, wide], f"{output}.pooled")
