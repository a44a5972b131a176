"""What a training starts from: the language decides, and how well the bundled subwords spell it."""

import numpy as np
import pytest

from benchmarks.languages.ciphers import CIPHERS
from reviewlens.classifier import Classifier
from reviewlens.starting import choose_start, respelled
from reviewlens.tokenizer import FIRST_PIECE, Tokenizer

ENGLISH = [
    "I bought this kettle in March and it stopped heating after three weeks.",
    "The fabric is soft, the colour is exactly as shown and delivery was quick.",
    "Customer service refused to refund me although the parcel was damaged.",
    "The battery lasts two days and the screen is easy to read.",
    "It is too small for my desk, and the legs are not even.",
]
TEXTS = {
    "en": ENGLISH,
    "zh": [
        "三月份买的水壶，用了三个星期就不加热了。",
        "面料很柔软，颜色和图片一样，发货也很快。",
        "包裹破损了，客服却拒绝退款。",
    ],
    "de": [
        "Ich habe den Wasserkocher im März gekauft und nach drei Wochen heizte er nicht mehr.",
        "Der Stoff ist weich, die Farbe genau wie abgebildet und die Lieferung war schnell.",
        "Der Kundendienst weigerte sich, mir das Geld zu erstatten, obwohl das Paket beschädigt war.",
        "Leider völlig unbrauchbar, die Anleitung ist unverständlich und die Schrauben fehlten.",
        "Der Akku hält zwei Tage und die Anzeige ist gut zu lesen.",
    ],
    "fr": [
        "J'ai acheté cette bouilloire en mars et elle ne chauffe plus depuis trois semaines.",
        "Le tissu est doux, la couleur correspond à la photo et la livraison a été rapide.",
        "Le service client a refusé de me rembourser alors que le colis était abîmé.",
        "Très déçu, la notice est incompréhensible et il manquait des vis.",
    ],
    "es": [
        "Compré este hervidor en marzo y dejó de calentar a las tres semanas.",
        "La tela es suave, el color es igual al de la foto y el envío fue rápido.",
        "El servicio de atención al cliente se negó a devolverme el dinero aunque el paquete llegó roto.",
        "Muy decepcionado, las instrucciones no se entienden y faltaban tornillos.",
    ],
    "ja": [
        "三月にこのケトルを買いましたが、三週間でお湯が沸かなくなりました。",
        "生地は柔らかく、色も写真の通りで、配送も早かったです。",
        "荷物が破損していたのに、カスタマーサービスは返金してくれませんでした。",
        "説明書が分かりにくく、ネジも足りませんでした。とても残念です。",
    ],
}


@pytest.fixture(scope="module")
def bundled() -> Classifier:
    return Classifier.load()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_learned_language_goes_on_from_the_bundled_model(bundled: Classifier, language: str) -> None:
    start = choose_start(TEXTS[language] * 4, bundled)
    assert start.warm is bundled.parts and start.tokenizer is bundled.tokenizer


@pytest.mark.parametrize("language", ["de", "fr", "es", "ja"])
def test_a_language_of_the_vocabulary_keeps_the_vectors_under_subwords_of_its_own(
    bundled: Classifier, language: str
) -> None:
    start = choose_start(TEXTS[language] * 4, bundled)
    assert start.warm is not None and start.tokenizer is not bundled.tokenizer, start.reason
    assert start.warm.weights["embedding.int8"].shape == (start.tokenizer.size, 96)


@pytest.mark.parametrize("cipher", CIPHERS)
def test_a_language_that_nobody_speaks_starts_from_nothing(bundled: Classifier, cipher: str) -> None:
    start = choose_start([CIPHERS[cipher](text) for text in ENGLISH] * 4, bundled)
    assert start.warm is None, start.reason


def test_a_subword_starts_with_the_mean_of_what_spells_it(bundled: Classifier) -> None:
    own = Tokenizer.from_pieces([("▁wasserkocher", -5.0), ("▁sehr", -5.0), ("heit", -5.0)])
    parts = bundled.parts
    table = parts.weights["embedding.int8"] * parts.weights["embedding.scale"][:, None]
    new = respelled(parts, own)
    found = new.weights["embedding.int8"] * new.weights["embedding.scale"][:, None]
    for place, word in enumerate(["wasserkocher", "sehr"]):
        ids = parts.tokenizer.encode([word], head=99, tail=0).ids
        assert np.allclose(found[FIRST_PIECE + place], table[ids].mean(0), atol=np.abs(found).max() / 100), word
    assert np.abs(found[FIRST_PIECE + 2]).sum() > 0


def test_subwords_of_a_text_are_the_same_every_time() -> None:
    texts = [f"{text} {i} ✓ é ß" for i, text in enumerate(TEXTS["de"] * 6)]
    first, second = Tokenizer.train(texts, size=500), Tokenizer.train(texts, size=500)
    assert first.pieces() == second.pieces()
    assert np.array_equal(*(t.encode(TEXTS["de"], head=99, tail=0).ids for t in (first, second)))


def test_emoji_that_the_vocabulary_lacks_do_not_hide_the_language(bundled: Classifier) -> None:
    """A hand of another color is unknown bytes: a few in short reviews were taken for words that nobody knows."""
    for language in ("en", "zh", "ja"):
        plain = choose_start(TEXTS[language] * 4, bundled)
        for emoji in (" 👍🏽", "🧿🪬", "🇪🇸 🇲🇽"):
            assert choose_start([text + emoji for text in TEXTS[language] * 4], bundled).reason == plain.reason
    assert choose_start(["👍🏽", "🧿🪬"] * 20, bundled).warm is None
