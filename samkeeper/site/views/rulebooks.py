"""The reader of the rulebooks: every regulation whole, article by article, and what the house adds."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from samkeeper.rules.articles import Article
from samkeeper.rules.book import library
from samkeeper.rules.facts import Facts


def books(request: HttpRequest) -> HttpResponse:
    """Every book on file."""
    return render(request, "site/rules.html", {"books": library().values()})


def book(request: HttpRequest, name: str) -> HttpResponse:
    """One book, in the regulation's own order and words."""
    found = library().get(name)
    if found is None:
        raise Http404(name)
    return render(request, "site/rulebook.html", {"book": found, "articles": [_shown(each) for each in found.articles]})


def _shown(article: Article) -> dict[str, Any]:
    """An article with its steps, each with what it asks for as a person would be told.

    The number that opens the text stands as its heading and is not said twice.
    """
    nothing = Facts()
    steps = [{"step": step, "asks": [need.lacks(nothing) for need in step.needs]} for step in article.steps]
    return {"article": article, "text": article.text.removeprefix(article.no).lstrip(), "steps": steps}
