"""`docs/coverage.md`: every article, what it does, how it is read, and which tests cite it.

A test cites an article by writing the book's name or title and the address: 「beijing 第八条（二）」 in a table, a
docstring or an expected clause. The address of an item cites the article that it stands in.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from samkeeper.rules.articles import Article
from samkeeper.rules.rulebook import Book

# Where citations are looked for: the rules' own tests and the stories' paths.
CITING = ("rules", "paths")


def citing_tests(tests: Path) -> dict[str, str]:
    """「file::function」 (the file alone for tables at its top, and for pages that tests compare with) → its source."""
    found: dict[str, str] = {}
    for room in CITING:
        for file in sorted((tests / room).glob("*.py")):
            name = f"{room}/{file.stem}"
            source = file.read_text("utf-8")
            for node in ast.parse(source).body:
                place = f"{name}::{node.name}" if isinstance(node, ast.FunctionDef) else name
                found[place] = found.get(place, "") + (ast.get_source_segment(source, node) or "") + "\n"
        found |= {f"{room}/{file.name}": file.read_text("utf-8") for file in sorted((tests / room).glob("*.md"))}
    return found


def page(books: Mapping[str, Book], tests: Path) -> str:
    """The whole page, in Markdown."""
    sources = citing_tests(tests)
    lines = [
        "# Coverage of the regulations",
        "",
        "Written by `samkeeper rules coverage` from the rulebooks and the tests; a test compares it.",
        "A test cites an article by the book's name or title and the address, items included.",
        "",
    ]
    for book in books.values():
        lines += [*_book(book, sources), ""]
    return "\n".join(lines)


def _book(book: Book, sources: Mapping[str, str]) -> Iterator[str]:
    yield f"## {book.name}: {book.title}"
    yield ""
    yield f"Interpreted by {book.interpreter}. {book.note}".rstrip()
    yield ""
    yield "| article | effect | procedures | reading | tests |"
    yield "| --- | --- | --- | --- | --- |"
    for article in book.articles:
        cases = "、".join(case.label for case in sorted(article.founded | article.joins))
        tests = "<br>".join(f"`{place}`" for place in _citing(book, article, sources))
        yield f"| {article.no} | {article.effect.label} | {cases} | {article.reading} | {tests} |"


def _citing(book: Book, article: Article, sources: Mapping[str, str]) -> Iterable[str]:
    citations = (f"{book.name} {article.no}", f"{book.title} {article.no}")
    return [place for place, source in sources.items() if any(citation in source for citation in citations)]
