"""A refusal or a fault becomes a page, or an RFC 9457 problem where the request asks for JSON.

Refusals are counted in the log and wake nobody; a fault is logged as an error. Anything else is a bug and goes on to
Django's own handling.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from samkeeper.errors import BadInput, Fault, NotYours, Refused

log = logging.getLogger("samkeeper.refusals")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What a person or a program is told: the members of RFC 9457 and the clause."""

    title: str
    detail: str
    status: int
    code: str
    clause: str | None = None
    retry: bool = False


# The most special class first.
_TITLES = {NotYours: "没有找到", BadInput: "填写的内容有误", Refused: "不能办理"}


def problem_of(exception: Exception) -> Problem | None:
    """The problem behind a refusal or a fault; None for anything else."""
    if isinstance(exception, Refused):
        title = next(title for kind, title in _TITLES.items() if isinstance(exception, kind))
        return Problem(
            title=title,
            detail=exception.message,
            status=exception.status,
            code=exception.code,
            clause=exception.clause,
        )
    if isinstance(exception, Fault):
        status = 503 if exception.retry else 500
        return Problem(
            title="系统暂时不能办理", detail=exception.message, status=status, code="fault", retry=exception.retry
        )
    return None


class RefusalMiddleware:
    """Answers in place of a view that raised a refusal or a fault."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        problem = problem_of(exception)
        if problem is None:
            return None
        if isinstance(exception, Fault):
            log.error("fault at %s", request.path, exc_info=exception)
        else:
            log.info("refused %s at %s", problem.code, request.path)
        return answer(request, problem)


def answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The problem as a page in the frame or as `application/problem+json`, with its status."""
    response = _json(problem) if _asks_for_json(request) else _page(request, problem)
    if problem.retry:
        response["Retry-After"] = "30"
    return response


def _asks_for_json(request: HttpRequest) -> bool:
    if request.path.startswith("/api/"):
        return True
    asked = request.get_preferred_type(["text/html", "application/problem+json", "application/json"])
    return asked is not None and asked != "text/html"


def _json(problem: Problem) -> HttpResponse:
    members: dict[str, object] = {
        "type": f"urn:samkeeper:problem:{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
    }
    if problem.clause:
        members["clause"] = problem.clause
    return JsonResponse(
        members,
        status=problem.status,
        content_type="application/problem+json",
        json_dumps_params={"ensure_ascii": False},
    )


def _page(request: HttpRequest, problem: Problem) -> HttpResponse:
    return render(request, "site/problem.html", {"problem": problem, "back": _back(request)}, status=problem.status)


def _back(request: HttpRequest) -> str:
    """Where the person came from, if that is a page of ours."""
    came_from = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
    return came_from if ours else ""
