"""Plain text: text of unknown origin as one line; every edge applies it first to text from the database.

Plain text has no control or format character (Unicode Cc and Cf: line breaks, escape sequences, C1 codes,
marks that change the direction of writing), so it can neither move a cursor nor disguise what stands beside
it. In a sentence ``isolated`` keeps its direction from what stands beside it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

ELLIPSIS = "…"
MOST_IN_A_CLUSTER = 8
"""The most code points of one drawn character; a letter with more marks keeps the first ones."""

_LINE_BREAKS = "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029"
_FROM_THE_RIGHT = frozenset({"R", "AL", "AN"})
_ZERO_WIDTH_JOINER = "\u200d"


def plain_text(value: object) -> str:
    """Return a value as one line of text: line breaks and tabs become blanks, other Cc and Cf are removed.

    A lone surrogate becomes U+FFFD, because no terminal and no JSON accepts it.
    """
    text = value if isinstance(value, str) else str(value)
    # Nearly all text is printable. Other text is converted letter by letter.
    if text.isprintable():
        return text
    return "".join(map(_plain_letter, text))


def _plain_letter(letter: str) -> str:
    if letter in _LINE_BREAKS:
        return " "
    category = unicodedata.category(letter)
    if category in ("Cc", "Cf"):
        return ""
    return "\ufffd" if category == "Cs" else letter


def isolated(text: str) -> str:
    """Return plain text as it stands in a sentence: what runs from right to left turns nothing beside it.

    Only such text gets marks around it, and ``plain_text`` takes them away again.

    >>> isolated("email")
    'email'
    >>> ascii(isolated("\u05d0"))
    "'\\\\u2068\\\\u05d0\\\\u2069'"
    """
    if text.isascii() or not any(unicodedata.bidirectional(letter) in _FROM_THE_RIGHT for letter in text):
        return text
    return f"\u2068{text}\u2069"


def shortened(text: str, most: int) -> str:
    """Return plain text of at most ``most`` drawn characters; if it is cut, the last is an ellipsis.

    A letter is never separated from its accents, nor a flag or an emoji from its second half.

    >>> shortened("unreachable", 8)
    'unreach…'
    >>> shortened("reached", 8)
    'reached'
    """
    if len(text) <= most and text.isascii():
        return text
    clusters: list[str] = []
    for cluster in grapheme_clusters(text):
        if len(clusters) == most:
            return "".join(clusters[:-1]).rstrip() + ELLIPSIS
        clusters.append(cluster[:MOST_IN_A_CLUSTER])
    return "".join(clusters)


def shortened_in_middle(text: str, most: int) -> str:
    """Return plain text of at most ``most`` drawn characters, cut in the middle; its end stays.

    >>> shortened_in_middle("stage of customer 1006", 18)
    'stage of …mer 1006'
    """
    clusters = [cluster[:MOST_IN_A_CLUSTER] for cluster in grapheme_clusters(text)]
    if len(clusters) <= most:
        return "".join(clusters)
    after = (most - 1) // 2
    return "".join(clusters[: most - 1 - after]) + ELLIPSIS + "".join(clusters[-after:])


def grapheme_clusters(text: str) -> Iterator[str]:
    """Yield the drawn characters of a text: a letter and all that is drawn onto it is one."""
    cluster = ""
    for letter in text:
        if cluster and not _joins(cluster, letter):
            yield cluster
            cluster = ""
        cluster += letter
    if cluster:
        yield cluster


def _joins(cluster: str, letter: str) -> bool:
    """Return whether a code point belongs to the character before it (the main rules of UAX 29)."""
    if letter < "\u0300":
        return False
    if unicodedata.category(letter) in ("Mn", "Mc", "Me") or letter == _ZERO_WIDTH_JOINER:
        return True
    if "\U0001f3fb" <= letter <= "\U0001f3ff" or cluster[-1] == _ZERO_WIDTH_JOINER:
        return True
    if _is_regional(letter):
        return len(cluster) == 1 and _is_regional(cluster)
    return _is_medial_or_final_jamo(letter) and _is_jamo(cluster[-1])


def _is_regional(letter: str) -> bool:
    return "\U0001f1e6" <= letter <= "\U0001f1ff"


def _is_medial_or_final_jamo(letter: str) -> bool:
    return "\u1160" <= letter <= "\u11ff"


def _is_jamo(letter: str) -> bool:
    return "\u1100" <= letter <= "\u11ff"
