"""The report in a real browser: it renders, its links lead somewhere, and a hostile review stays text."""

from __future__ import annotations

import pandas as pd
import pytest
from browser import chromium, resize

import reviewlens as rl

HOSTILE = (
    "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    "<a href=javascript:document.title='owned'>battery</a> {{ 7*7 }} terrible battery"
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("profile")) as session:
        yield session


@pytest.fixture(scope="module")
def hostile_run(tmp_path_factory):
    names = ["</title><script>document.title='owned'</script>", "\"><svg onload=document.title='owned'>"]
    n = 60
    reviews = pd.DataFrame(
        {
            "review_id": [f"<b>r{i}" for i in range(n)],
            "product_id": [f"p{i % 2}'\"<" for i in range(n)],
            "product_name": [names[i % 2] for i in range(n)],
            "text": [
                HOSTILE if i % 3 and i < 40 else "The battery is lovely, I wish the cable were longer."
                for i in range(n)
            ],
            "rating": [5.0] * n,
            "created_at": pd.date_range("2026-01-01", periods=n, freq="3D", tz="UTC"),
            "customer": [f"<i>c{i // 2}" for i in range(n)],
        }
    )
    return rl.analyze(reviews, out=tmp_path_factory.mktemp("hostile") / "lens")


def opened(browser, run, width=1280, scheme="light"):
    resize(browser, width=width, scheme=scheme)
    browser.get(run.report.as_uri())
    return browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_renders_without_errors_and_never_scrolls_sideways(browser, sample_run, width, scheme):
    page = opened(browser, sample_run, width, scheme)
    assert page.get_log("browser") == []
    assert page.execute_script("return document.documentElement.scrollWidth") <= width
    assert page.execute_script("return document.querySelectorAll('section').length") >= 9
    pictures = "return [...document.querySelectorAll('main > section > * svg')].filter(s => s.checkVisibility())"
    boxes = page.execute_script(pictures + ".map(s => s.getBoundingClientRect().height)")
    assert len(boxes) > 20
    assert min(boxes) > 2


def test_every_number_leads_to_its_evidence(browser, sample_run):
    page = opened(browser, sample_run)
    dangling = page.execute_script(
        "return [...document.querySelectorAll('a[href^=\"#\"]')].map(a => a.getAttribute('href').slice(1))"
        ".filter(id => !document.getElementById(id))"
    )
    assert dangling == []
    cell = page.find_element("css selector", ".heat td a")
    cell.click()
    target = page.execute_script(
        "const c = document.querySelector(':target'); return [c.checkVisibility(), c.innerText]"
    )
    assert target[0], "the evidence of a cell is revealed when its number is followed"
    assert cell.get_attribute("aria-label").split(":")[0] in target[1]


def test_ids_are_unique_and_pictures_have_words(browser, sample_run):
    page = opened(browser, sample_run)
    ids = page.execute_script("return [...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    assert (
        page.execute_script("return [...document.querySelectorAll('svg')].filter(s => !s.getAttribute('aria-label'))")
        == []
    )
    assert page.execute_script("return document.querySelectorAll('h1').length") == 1


CONTRAST = """
const channel = v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4 };
const light = c => { const [r, g, b] = c.match(/[\\d.]+/g).map(Number);
  return .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b) };
const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
  if (!/, 0\\)$|transparent/.test(c)) return c } return getComputedStyle(document.body).backgroundColor };
const low = [];
for (const e of document.querySelectorAll('main *, nav *, footer *')) {
  if (!e.checkVisibility() || ![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
  const a = light(getComputedStyle(e).color), b = light(behind(e));
  const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  if (ratio < 4.5) low.push([ratio.toFixed(2), e.className, e.textContent.slice(0, 40)]);
}
return low;
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_the_contrast_of_wcag_aa(browser, sample_run, scheme):
    assert opened(browser, sample_run, scheme=scheme).execute_script(CONTRAST) == []


def test_links_in_sentences_are_told_by_more_than_color(browser, sample_run):
    page = opened(browser, sample_run)
    bare = "[...document.querySelectorAll('main p a')].filter(a => getComputedStyle(a).textDecorationLine === 'none')"
    assert page.execute_script(f"return {bare}.map(a => a.outerHTML)") == []


def test_it_works_from_the_keyboard(browser, sample_run):
    page = opened(browser, sample_run)
    body = page.find_element("css selector", "body")
    body.send_keys("\ue004")  # Tab
    assert page.execute_script("return document.activeElement.className") == "skip"
    reached = page.execute_script(
        "return [...document.querySelectorAll('a, summary, .scroll')].every(e => e.tabIndex >= 0)"
    )
    assert reached


def test_descriptions_lead_to_their_quotes(browser, sample_run):
    page = opened(browser, sample_run)
    texts = page.execute_script("return [...document.querySelectorAll('#pages .prose')].map(p => p.textContent)")
    assert len(texts) == len(sample_run.tables["products"])
    assert all(len(text) > 40 for text in texts)
    page.find_element("css selector", "#pages summary").click()
    review = page.find_element("css selector", "#pages details[open] a.id")
    review_id = review.text
    review.click()
    cited = page.execute_script(
        "const c = document.querySelector(':target'); return [c.checkVisibility(), c.innerText]"
    )
    assert cited[0]
    assert review_id in cited[1]
    assert "customers who reviewed this reviewed it too" in page.find_element("css selector", ".companions").text


def test_a_hostile_review_stays_text(browser, hostile_run):
    page = opened(browser, hostile_run)
    assert page.title == "What customers say"
    assert page.execute_script("return document.querySelectorAll('script, img, iframe, object, form').length") == 0
    assert page.execute_script(
        "return [...document.querySelectorAll('a')].every(a => a.getAttribute('href').startsWith('#'))"
    )
    attributes = (
        "[...document.querySelectorAll('*')].flatMap(e => [...e.attributes]).filter(a => a.name.startsWith('on'))"
    )
    assert page.execute_script(f"return {attributes}.length") == 0
    text = page.execute_script("return document.body.textContent")
    assert "owned" in text, "the review is there, as text"
    told = page.find_element("css selector", "#pages").text
    assert "<svg onload=" in told, "a product's name in a description, and as a companion, is text"
    assert "customers who reviewed this reviewed it too" in told
    assert page.get_log("browser") == []


def test_it_prints_whole_on_paper(browser, sample_run):
    page = opened(browser, sample_run, width=718)  # A4 between the margins
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert page.execute_script("return document.documentElement.scrollWidth") <= 718
    hidden = "[...document.querySelectorAll('nav, details:not(.rest, [open])')].every(e => !e.checkVisibility())"
    assert page.execute_script(f"return {hidden}"), "what cannot be clicked or opened on paper is not there"
    folded = "[...document.querySelectorAll('.rest .need, .rest .prose')].every(e => e.getClientRects().length > 0)"
    assert page.execute_script(f"return {folded}"), "lists that fold on a screen are whole on paper"
    cut = (
        "[...document.querySelectorAll('.heat th[scope=row], .need h3')]"
        ".filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent)"
    )
    assert page.execute_script(f"return {cut}") == []
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_nothing_is_asked_of_the_network(browser, sample_run):
    page = opened(browser, sample_run)
    assert page.execute_script("return performance.getEntriesByType('resource').map(e => e.name)") == []
