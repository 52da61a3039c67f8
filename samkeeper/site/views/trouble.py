"""What is shown when a page cannot be: unknown address, no right, a stale form, a bug."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.template.loader import render_to_string

from samkeeper.site.refusals import Problem, answer

UNREADABLE = Problem(title="请求无法读懂", detail="请从页面上的按钮重新操作。", status=400, code="unreadable")
FORBIDDEN = Problem(title="您的角色不能这样做", detail="如需办理，请联系有此权限的同事。", status=403, code="forbidden")
UNKNOWN = Problem(
    title="没有找到", detail="没有这个页面，或者内容不属于您的单位。请核对网址或编号。", status=404, code="not-found"
)
STALE_FORM = Problem(
    title="页面已过期",
    detail="为了安全，停留过久或已重新登录的页面不能再提交。请返回、刷新后重新提交；刚才的内容没有保存。",
    status=403,
    code="stale-form",
)


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, UNREADABLE)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, FORBIDDEN)


def unknown(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, UNKNOWN)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    return answer(request, STALE_FORM)


def broken(request: HttpRequest) -> HttpResponse:
    """A bug: the page asks nothing of the database, which may be the part that failed."""
    return HttpResponseServerError(render_to_string("site/broken.html"))
