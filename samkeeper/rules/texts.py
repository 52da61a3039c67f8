"""Whether a book holds its regulation word for word: sentences, and their fingerprints.

White space says nothing in these texts (the copies break lines and pages anywhere), nor do the list marks "- " that a
copy puts before paragraphs; everything else counts, punctuation and its width included. A text is cut after every
「。」: what stands between two of them, headings and numbers included, is one sentence. `fingerprints.json` holds the
SHA-256 of every sentence of the five sources in their order, so that a clone can prove that nothing was altered, added
or left out. What a source holds that is not the regulation (a web page's header, tables that a
scanner garbled) is listed there as `left_out`, each with its reason. Guangdong's copy is scrambled, some sentences
standing twice: there every distinct sentence counts, in any order.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources

from samkeeper.rules.clause import bare
from samkeeper.rules.rulebook import Book


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """`sentences`: SHA-256 in hex. `left_out`: bare text of the source that is not the regulation → why.

    `cells`: (bare text, address or reason) of the readable and unreadable cells of garbled tables.
    """

    sentences: tuple[str, ...]
    ordered: bool
    left_out: dict[str, str]
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """`missing`: positions (from 1) of the source's sentences that the book lacks; `added`: what only the book has."""

    missing: tuple[int, ...]
    added: tuple[str, ...]
    order_differs: bool

    def __bool__(self) -> bool:
        return bool(self.missing or self.added or self.order_differs)


def sentences(text: str, left_out: Iterable[str] = ()) -> tuple[str, ...]:
    """A text as its bare sentences, without what is left out."""
    whole = bare(re.sub(r"(?m)^\s*- ", "", text))
    for part in left_out:
        whole = whole.replace(part, "")
    return tuple(sentence for sentence in re.split(r"(?<=。)", whole) if sentence)


def digest(sentence: str) -> str:
    return hashlib.sha256(sentence.encode()).hexdigest()


def whole_text(book: Book, without: Iterable[str] = ()) -> str:
    """The book's text in its order, headings included; `without`: articles that are not to be in it."""
    dropped = frozenset(without)
    kept = [article for article in book.articles if article.no not in dropped]
    return "\n".join(part for article in kept for part in (article.heading, article.text) if part)


@cache
def fingerprints() -> dict[str, Fingerprint]:
    """The fingerprints of the five sources, by the name of the book."""
    data = json.loads((resources.files("samkeeper.rules") / "fingerprints.json").read_text("utf-8"))
    return {
        name: Fingerprint(
            sentences=tuple(entry["sentences"]),
            ordered=entry["ordered"],
            left_out={part["text"]: part["why"] for part in entry["left_out"]},
            cells=tuple((cell["text"], cell["where"]) for cell in entry["cells"]),
        )
        for name, entry in data.items()
    }


def compare(book: Book, fingerprint: Fingerprint) -> Difference:
    """What differs between the book and its source. Articles rebuilt from garbled tables are compared by `cells`."""
    own = sentences(whole_text(book, without=(where for _, where in fingerprint.cells)))
    hashes = tuple(map(digest, own))
    known, held = frozenset(fingerprint.sentences), frozenset(hashes)
    missing = tuple(number for number, each in enumerate(fingerprint.sentences, 1) if each not in held)
    added = tuple(sentence for sentence, each in zip(own, hashes, strict=True) if each not in known)
    return Difference(
        missing, added, fingerprint.ordered and not missing and not added and hashes != fingerprint.sentences
    )


def compare_copy(book: Book, copy: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The sentences that only a copy of the regulation has, and those that only the book has.

    A copy with the garbled tables that were rebuilt is compared without them.
    """
    known = fingerprints().get(book.name, Fingerprint((), True, {}, ()))
    garbled = any(part in "".join(sentences(copy)) for part in known.left_out)
    rebuilt = (where for _, where in known.cells) if garbled else ()
    theirs, own = sentences(copy, known.left_out), sentences(whole_text(book, without=rebuilt))
    return tuple(s for s in theirs if s not in own), tuple(s for s in own if s not in theirs)
