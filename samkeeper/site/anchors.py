"""Where an article stands on its rulebook's page: the same word in links and on the page."""

from __future__ import annotations

import re
from urllib.parse import quote

from django.urls import reverse

from samkeeper.rules.book import library


def anchor(no: str) -> str:
    """An article's address as the id of its place on the page: no white space."""
    return re.sub(r"\s+", "-", no)


def address_of(clause: str) -> str:
    """The address of the article that a clause, as printed, points into; "" for a book that is not on file.

    「…实施细则 第八条（三）」 lies in the article 第八条; a clause that names no article leads to the book.
    """
    book = next((book for book in library().values() if clause.startswith(book.title)), None)
    if book is None:
        return ""
    inside = clause.removeprefix(book.title).strip()
    found = max((article.no for article in book.articles if inside.startswith(article.no)), key=len, default="")
    page = reverse("rulebook", args=[book.name])
    return f"{page}#{quote(anchor(found))}" if found else page
