"""Nothing personal leaves: a whole run over planted secrets, and every byte of what it leaves is looked through."""

from __future__ import annotations

import html
import itertools
import json
import logging
from pathlib import Path

import pandas as pd
import pytest

import reviewlens as rl
from reviewlens.cli.logs import JsonLines

SECRETS = {  # as a customer writes it -> what may not be found anywhere
    "dana.smith@example.com": "dana.smith",
    "13812345678": "13812345678",
    "+44 20 7946 0958": "7946 0958",
    "11010519491231002X": "19491231002X",
    "DE89370400440532013000": "3704004405",
    "4111 1111 1111 1111": "1111 1111",
    "order no. 4471-0098-2231": "0098-2231",
    "订单号：202405178812345": "202405178812345",
    "@dana_smith88": "dana_smith88",
    "微信号：dana-weixin88": "weixin88",
    "https://shop.example.com/r?token=SECRETTOKEN12345&uid=9": "SECRETTOKEN",
    "http://dana:hunter2pw@ftp.example.org/x": "hunter2pw",
}
SENTENCES = [
    "The battery died after a week. Write to {} please, I want my money back.",
    "I wish you would add a {} button to the app.",
    "Please add {} support next time.",
    "{} is the best seller, great quality!",
    "希望你们能联系 {} 处理退款，电池很差。",
    "质量很好，客服 {} 很耐心。",
    "{}",
]
CUSTOMER = "customer-in-plain-words"


def planted() -> pd.DataFrame:
    rows = []
    for n, (secret, sentence) in enumerate(itertools.product(SECRETS, SENTENCES * 3)):
        rows.append(
            {
                "review_id": f"r{n}",
                "product_id": f"p{n % 3}",
                "product_name": f"Lamp {secret}" if n % 5 == 0 else "Lamp",
                "category": f"Light {secret}" if n % 7 == 0 else "Light",
                "title": f"Ask {secret}" if n % 3 == 0 else "Hm",
                "text": f"{sentence.format(secret)} {'Again.' * (n % 2)}",
                "rating": 1 + 4 * (n % 2),
                "customer": f"{CUSTOMER}-{n % 20}",
                "created_at": pd.Timestamp("2024-01-01", tz="UTC") + pd.Timedelta(6 * n, "h"),
                "exported_at": pd.Timestamp("2024-06-01", tz="UTC"),
            }
        )
    return pd.DataFrame(rows)


def everything(folder: Path) -> str:
    """All that the folder says: Parquet is compressed, so it is read, not searched as bytes."""
    said = []
    for path in folder.rglob("*"):
        if path.suffix == ".parquet":
            said.append(pd.read_parquet(path).to_csv())
        elif path.is_file():
            said.append(html.unescape(path.read_text("utf-8")))
    return "\n".join(said)


@pytest.fixture(scope="module")
def left(tmp_path_factory) -> str:
    """All that two nights leave: the folder, the log, the status, what a check says."""
    folder = tmp_path_factory.mktemp("planted")
    (folder / "in").mkdir()
    rows, log, lines = planted(), logging.getLogger("reviewlens"), []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(JsonLines().format(record))

    listener, level = Listener(), log.level
    log.addHandler(listener)
    log.setLevel(logging.DEBUG)
    try:
        for name, part in (("a", rows[::2]), ("b", rows[1::2])):
            part.to_parquet(folder / "in" / f"{name}.parquet")
            rl.analyze(folder / "in", out=folder / "lens", config={"min_reviews": 1})
        (folder / "in" / "c.parquet").write_bytes(f"PAR1 {' '.join(SECRETS)}".encode())
        rl.analyze(folder / "in", out=folder / "lens", config={"language": "zh"})
        rl.forget(folder / "lens", customer=f"{CUSTOMER}-3")
    finally:
        log.removeHandler(listener)
        log.setLevel(level)
    assert any(json.loads(line)["event"] == "published" for line in lines)
    return "\n".join(
        [everything(folder / "lens"), *lines, str(rl.check(folder / "in")), rl.status(folder / "lens").to_csv()]
    )


@pytest.mark.parametrize("secret", [*SECRETS.values(), CUSTOMER])
def test_no_secret_is_anywhere(left, secret):
    at = left.find(secret)
    assert at < 0, left[max(0, at - 200) : at + 100]


def test_the_secrets_were_in_what_was_quoted(left):
    """Else the test above shows nothing."""
    for kind in ("email", "phone", "id", "iban", "card", "order", "handle", "link"):
        assert f"[{kind}]" in left
