"""ONNX graphs of the networks, written node by node so that nothing depends on an exporter's version.

The embedding table is an input, not an initializer: it stays eight-bit, lives once in `model.safetensors`, and the
graph is small. Scales belong to rows of the table, never to a batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

OPSET = 17
Weights = Mapping[str, NDArray[np.float32]]


class Graph:
    """Collects nodes and constants."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """Add a constant tensor."""
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def ints(self, name: str, *values: int) -> str:
        """Add a constant vector of int64."""
        return self.constant(name, np.array(values, dtype=np.int64))

    def add(self, op: str, inputs: list[str], output: str | list[str], **attributes: Any) -> str:
        """Add a node and return the name of its first output."""
        from onnx import helper

        outputs = [output] if isinstance(output, str) else output
        self.nodes.append(helper.make_node(op, inputs, outputs, **attributes))
        return outputs[0]

    def linear(self, source: str, name: str, weight: NDArray[np.float32], bias: NDArray[np.float32]) -> str:
        """Add `source @ weight.T + bias`, the weight as torch keeps it."""
        product = self.add("MatMul", [source, self.constant(f"{name}.w", weight.T)], f"{name}.product")
        return self.add("Add", [product, self.constant(f"{name}.b", bias)], f"{name}.sum")

    def finish(self, inputs: list[Any], outputs: list[Any]) -> bytes:
        """Check the graph and return its bytes."""
        import onnx
        from onnx import helper

        graph = helper.make_graph(self.nodes, "reviewlens", inputs, outputs, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="reviewlens")
        model.ir_version = 8
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString())


def lstm_graph(weights: Weights, heads: int, stride: int) -> bytes:
    """Return the ONNX graph of `LstmNetwork` without its embedding table."""
    g = Graph()
    embedded = _embed(g)
    near = _convolution(g, embedded, weights["conv.weight"], weights["conv.bias"])
    channels = weights["conv.weight"].shape[0]
    g.ints("group", 0, -1, stride, channels)
    g.add("Reshape", [near, "group"], "grouped4")
    g.add("ReduceMax", ["grouped4"], "grouped", axes=[2], keepdims=0)
    far = _lstm(g, "grouped", weights)
    g.add("AveragePool", ["member"], "coarse", kernel_shape=[stride], strides=[stride])
    pooled = g.add(
        "Concat",
        [
            _attention(g, "pool_near", near, "member", weights, heads),
            _attention(g, "pool_far", far, "coarse", weights, heads),
        ],
        "pooled",
        axis=2,
    )
    hidden = g.add("Relu", [g.linear(pooled, "dense", weights["dense.weight"], weights["dense.bias"])], "hidden")
    total = g.linear(hidden, "out", weights["out.weight"], weights["out.bias"])
    g.add("Identity", [total], "logits")
    return g.finish(*_signature())


def _signature() -> tuple[list[Any], list[Any]]:
    from onnx import TensorProto, helper

    def value(name: str, kind: int, *shape: str) -> Any:
        return helper.make_tensor_value_info(name, kind, list(shape))

    inputs = [
        value("ids", TensorProto.INT32, "b", "t"),
        value("member", TensorProto.FLOAT, "b", "s", "t"),
        value("steps", TensorProto.INT32, "b"),
        value("table", TensorProto.INT8, "v", "d"),
        value("scale", TensorProto.FLOAT, "v", "one"),
    ]
    return inputs, [value("logits", TensorProto.FLOAT, "b", "s", "stars")]


def _embed(g: Graph) -> str:
    from onnx import TensorProto

    g.add("Gather", ["table", "ids"], "rows", axis=0)
    g.add("Cast", ["rows"], "rows_float", to=TensorProto.FLOAT)
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
    w = np.stack([_gates(weights[f"lstm.weight_ih_l0{end}"]) for end in ("", "_reverse")])
    r = np.stack([_gates(weights[f"lstm.weight_hh_l0{end}"]) for end in ("", "_reverse")])
    b = np.stack(
        [
            np.concatenate([_gates(weights[f"lstm.bias_{part}_l0{end}"]) for part in ("ih", "hh")])
            for end in ("", "_reverse")
        ]
    )
    names = [g.constant("lstm.w", w), g.constant("lstm.r", r), g.constant("lstm.b", b)]
    g.add("LSTM", ["time_major", *names, "steps"], ["states"], hidden_size=hidden, direction="bidirectional")
    g.add("Transpose", ["states"], "batch_major", perm=[2, 0, 1, 3])  # (t, direction, b, h) -> (b, t, direction, h)
    return g.add("Reshape", ["batch_major", g.ints("join", 0, 0, 2 * hidden)], "far")


def _gates(tensor: NDArray[np.float32]) -> NDArray[np.float32]:
    """Reorder torch's gates (input, forget, cell, output) to ONNX's (input, output, forget, cell)."""
    i, f, c, o = np.split(tensor, 4)
    return np.concatenate([i, o, f, c])


def _attention(g: Graph, name: str, features: str, member: str, weights: Weights, heads: int) -> str:
    """The pooling of `AttentionPool`."""
    width = weights[f"{name}.score.weight"].shape[1]
    score = g.linear(features, f"{name}.score", weights[f"{name}.score.weight"], weights[f"{name}.score.bias"])
    limits = [g.constant(f"{name}.low", np.float32(-10.0)), g.constant(f"{name}.high", np.float32(10.0))]
    power = g.add("Exp", [g.add("Clip", [score, *limits], f"{name}.clip")], f"{name}.power")
    spread = np.kron(np.eye(heads, dtype=np.float32), np.ones((1, width // heads), dtype=np.float32))
    wide = g.add("MatMul", [power, g.constant(f"{name}.spread", spread)], f"{name}.wide")
    parts = g.add("Mul", [features, wide], f"{name}.parts")
    total = g.add("MatMul", [member, parts], f"{name}.total")
    norm = g.add("MatMul", [member, power], f"{name}.norm")
    norm = g.add("Add", [norm, g.constant(f"{name}.tiny", np.float32(1e-6))], f"{name}.norm_safe")
    norm = g.add("MatMul", [norm, f"{name}.spread"], f"{name}.norm_wide")
    return g.add("Div", [total, norm], f"{name}.pooled")
