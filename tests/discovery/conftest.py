"""Reviews made up for the tests of discovery: sentences about a few things, in two languages."""

from __future__ import annotations

import itertools

import pytest

ABOUT = {
    "battery": ["battery", "charger", "charging", "power cord"],
    "screen": ["screen", "display", "brightness", "resolution"],
    "price": ["price", "cost", "discount", "value"],
    "delivery": ["shipping", "courier", "parcel", "delivery date"],
}
FRAMES = [
    "The {0} is fine but the {1} was bad after {2} days.",
    "I never liked the {0}, and the {1} was poor in week {2}.",
    "Great {0}! The {1} too, even after {2} months.",
    "My {0} and my {1} are all I got in {2} days.",
]
CHINESE = {
    "屏幕": ["屏幕", "分辨率", "亮度", "色彩"],
    "物流": ["快递", "发货", "送货", "包裹"],
    "价格": ["价格", "优惠", "便宜", "实惠"],
}
CHINESE_FRAMES = [
    "{0}很好，{1}也不错，用了{2}天。",
    "{0}一般，{1}太差了，第{2}次买。",
    "这个{0}和{1}都让人满意，{2}分。",
    "对{0}没意见，就是{1}不行，扣{2}分。",
    "看中的是{0}跟{1}，没想到{2}天就坏了。",
]


def sentences(about: dict[str, list[str]], frames: list[str], rounds: int) -> list[str]:
    texts = []
    for number in range(rounds):
        for words in about.values():
            for frame, (one, two) in zip(itertools.cycle(frames), itertools.permutations(words, 2), strict=False):
                texts.append(frame.format(one, two, number))
    return texts


@pytest.fixture(scope="session")
def english() -> list[str]:
    return sentences(ABOUT, FRAMES, 12)


@pytest.fixture(scope="session")
def chinese() -> list[str]:
    return sentences(CHINESE, CHINESE_FRAMES, 12)
