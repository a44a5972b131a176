"""E-mail addresses, links that carry a secret, names on other networks, network addresses."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from reviewlens.privacy.words import WORDS, Span, announced, any_of, follow, lowered, spans

_LOCAL, _DOMAIN = r"[A-Za-z0-9._%+'-]", r"[A-Za-z0-9-]{1,63}"
_EMAIL = re.compile(rf"(?<!{_LOCAL}){_LOCAL}{{1,64}}@(?:{_DOMAIN}\.){{1,8}}[A-Za-z]{{2,24}}(?![A-Za-z0-9])")
_AT_SPELLED = re.compile(r"[\[({]\s?[aA][tT]\s?[\])}]")
_SPELLED = re.compile(
    rf"(?i)(?<!{_LOCAL}){_LOCAL}{{1,64}}(?:"
    rf"\s?[\[({{]\s?at\s?[\])}}]\s?{_DOMAIN}(?:(?:\s?[\[({{]\s?dot\s?[\])}}]\s?|\s{{1,2}}dot\s{{1,2}}|\.){_DOMAIN}){{1,4}}"
    rf"|\s{{1,2}}at\s{{1,2}}{_DOMAIN}(?:\s{{1,2}}dot\s{{1,2}}{_DOMAIN}){{1,4}})"
)
_URL = re.compile(r"(?i)(?:https?://|(?<![\w.@])www\.)[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")
_TAIL = re.compile(r"[/?#]")
_RANDOM = re.compile(
    r"(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{16,}|\d{9,}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
)
_KEYS = re.compile(r"[?&;#]([^=&?#;]{1,64})=")

_AT_WORD = r"[A-Za-z_](?:[A-Za-z0-9_]|\.(?=[A-Za-z0-9_])){1,29}|[一-鿿][一-鿿A-Za-z0-9_]{1,11}"
_AT_NAME = re.compile(rf"(?<![A-Za-z0-9_.@])@({_AT_WORD})(?:@(?:{_AT_WORD}))*")  # a chain of names goes at once
_NETWORK_NAME = announced(r"@?[A-Za-z0-9](?:[A-Za-z0-9_-]|[.#](?=[A-Za-z0-9_])){3,30}(?![A-Za-z0-9_])")
_HOST_GOES_ON = re.compile(r"[0-9@_-]")  # my-x.com is not x.com
_PAGE_NAME = re.compile(r"/(?P<value>[A-Za-z0-9_](?:[A-Za-z0-9_-]|\.(?=[A-Za-z0-9_])){2,63})")
_VERSION_NUMBER = re.compile(r"v?\d+(?:\.\d+)+")
_LABEL = re.compile(r"[:=]|号|(?i:id|handle)$")

_IPV4 = re.compile(r"\d(?<![A-Za-z0-9./]\d)\d{0,2}\.(?:\d{1,3}\.){2}\d{1,3}(?![A-Za-z0-9]|\.\d)")
_IPV6 = re.compile(r"(?<![A-Za-z0-9:])[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![A-Za-z0-9:])")
_BEFORE_VERSION = re.compile(rf"(?i){any_of(WORDS['version'])}[^\d]{{0,4}}$|(?<![a-z])v$")
_HOUSEHOLD = [ipaddress.ip_network(net) for net in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8")]


def emails(text: str) -> Iterator[Span]:
    """Yield e-mail addresses, also "name (at) example dot com"."""
    if "@" in text:
        yield from spans(_EMAIL, text, "email")
    if _AT_SPELLED.search(text) or "dot" in lowered(text):
        yield from spans(_SPELLED, text, "email")


def links(text: str) -> Iterator[Span]:
    """Yield what follows the domain of a link if its path or query may identify somebody, and a user name before it."""
    there = "://" in text or "www." in lowered(text)
    for match in _URL.finditer(text) if there else ():
        url = match[0].rstrip(".,;:!?)'")
        start = match.start()
        host = url.find("://") + 3 if "://" in url else 0
        cut = _TAIL.search(url, host)
        tail = cut.start() if cut else len(url)
        at = url.rfind("@", host, tail)
        if at >= 0:
            yield start + host, start + at + 1, "link"
        keys = {key.lower() for key in _KEYS.findall(url[tail:])}
        if keys - set(WORDS["harmless_query"]) or _RANDOM.search(url, tail):
            yield start + tail + (url[tail] == "/"), start + len(url), "link"


def handles(text: str, words: list[tuple[int, int]]) -> Iterator[Span]:
    """Yield `@name`, and names and numbers that a network's name announces ("WeChat: …", "QQ …")."""
    strangers = tuple(WORDS["not_a_handle"])
    for match in _AT_NAME.finditer(text) if "@" in text else ():
        name = match[1].lower()
        if not (name in strangers or (not name.isascii() and name.startswith(strangers))):
            yield *match.span(), "handle"
    for start, end, match in follow(text, words, _NETWORK_NAME):
        if _is_name(text[start:end].lower(), match["link"], match["value"], text[match.end() : match.end() + 2]):
            yield *match.span("value"), "handle"


def pages(text: str, words: list[tuple[int, int]]) -> Iterator[Span]:
    """Yield the name in a link to somebody's page ("t.me/…", "https://www.facebook.com/…")."""
    others = tuple(WORDS["not_a_profile"])
    for start, _, match in follow(text, words, _PAGE_NAME):
        if match["value"].lower() not in others and not _HOST_GOES_ON.match(text[max(start - 1, 0) : start]):
            yield *match.span("value"), "handle"


def _is_name(word: str, link: str, value: str, after: str) -> bool:
    labelled = _LABEL.search(link.strip()) is not None
    if value.startswith("@"):
        return True
    if word == "line" and "id" not in link.lower():
        return False
    if value.isdigit():
        return len(value) >= (5 if word in ("qq", "q群", "扣扣") else 6) and (
            labelled or word in ("qq", "q群", "扣扣", "加v", "加微")
        )
    if _VERSION_NUMBER.match(value) or not value[0].isalpha():
        return False
    if any(char.isdigit() or char == "_" for char in value):
        return True
    # a word alone may be anything ("Telegram: great app"), but hardly so where the text goes on in another script
    return labelled and not (after[:1] == " " and after[1:].isascii() and after[1:].isalpha())


def network_addresses(text: str) -> Iterator[Span]:
    """Yield IP addresses that are not a household's own (192.168.1.1) and not a version number."""
    for match in _IPV4.finditer(text) if text.count(".") >= 3 else ():
        before = text[max(0, match.start() - 14) : match.start()]
        try:
            address = ipaddress.IPv4Address(match[0])
        except ValueError:
            continue
        long_enough = sum(len(part) > 1 for part in match[0].split(".")) >= 2  # 1.6.9.9 is a version
        if long_enough and not _BEFORE_VERSION.search(before) and not any(address in network for network in _HOUSEHOLD):
            yield *match.span(), "ip"
    for match in _IPV6.finditer(text) if text.count(":") >= 2 else ():
        try:
            ipaddress.IPv6Address(match[0])
        except ValueError:
            continue
        if len(match[0]) >= 9:  # 1::15 is a slip in a time
            yield *match.span(), "ip"
