"""What a view raises becomes a page or a problem, with the clause and the right status."""

from __future__ import annotations

import json
import logging

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from samkeeper.errors import BadInput, Fault, NotYours, Refused
from samkeeper.site.refusals import RefusalMiddleware, problem_of

CLAUSE = "北京市社会保障PSAM卡管理试行办法实施细则 第八条（二）"
REFUSED = Refused("请先提交注销表。", code="need-form-cancellation", clause=CLAUSE)

RAISED = [
    (REFUSED, 409, "不能办理"),
    (BadInput("日期不对", where="第3行", remedy="请改为年月日"), 422, "填写的内容有误"),
    (NotYours(), 404, "没有找到"),
    (Fault("读卡器没有响应。", retry=True), 503, "系统暂时不能办理"),
    (Fault("磁盘已满。"), 500, "系统暂时不能办理"),
]


def answer(exception: Exception, **headers: str) -> HttpResponse:
    request = RequestFactory().get("/cards/1/", headers=headers)
    request.user = AnonymousUser()
    response = RefusalMiddleware(lambda request: HttpResponse()).process_exception(request, exception)
    assert response is not None
    return response


@pytest.mark.parametrize(("exception", "status", "title"), RAISED)
def test_a_page_says_what_and_why(exception: Refused | Fault, status: int, title: str) -> None:
    response = answer(exception, accept="text/html")
    assert response.status_code == status
    assert title in response.content.decode()
    assert exception.message in response.content.decode()


def test_a_page_names_the_clause() -> None:
    assert f"依据：{CLAUSE}" in answer(REFUSED).content.decode()


@pytest.mark.parametrize("accept", ["application/json", "application/problem+json", "application/*"])
def test_json_is_answered_as_rfc_9457(accept: str) -> None:
    response = answer(REFUSED, accept=accept)
    assert response["Content-Type"] == "application/problem+json"
    assert json.loads(response.content) == {
        "type": "urn:samkeeper:problem:need-form-cancellation",
        "title": "不能办理",
        "status": 409,
        "detail": "请先提交注销表。",
        "code": "need-form-cancellation",
        "clause": CLAUSE,
    }


def test_the_api_is_answered_as_json_whatever_it_accepts() -> None:
    request = RequestFactory().get("/api/cards/1")
    request.user = AnonymousUser()
    response = RefusalMiddleware(lambda request: HttpResponse()).process_exception(request, NotYours())
    assert response is not None and response["Content-Type"] == "application/problem+json"


def test_only_a_fault_that_may_pass_says_when_to_try_again() -> None:
    assert answer(RAISED[3][0])["Retry-After"] == "30"
    assert "Retry-After" not in answer(RAISED[4][0])


def test_a_refusal_wakes_nobody_and_a_fault_is_an_error(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "samkeeper.refusals")
    answer(REFUSED)
    answer(RAISED[4][0])
    assert [record.levelname for record in caplog.records] == ["INFO", "ERROR"]


def test_a_bug_is_left_to_django() -> None:
    assert problem_of(KeyError("x")) is None
    request = RequestFactory().get("/")
    assert RefusalMiddleware(lambda request: HttpResponse()).process_exception(request, KeyError("x")) is None


@pytest.mark.parametrize(
    ("referer", "leads_back"), [("http://testserver/cards/", True), ("http://elsewhere.example/", False)]
)
def test_the_way_back_leads_to_our_own_pages_only(referer: str, leads_back: bool) -> None:
    assert ("返回上一页" in answer(NotYours(), referer=referer).content.decode()) is leads_back


def test_an_unknown_address_is_a_page_of_ours(client: Client) -> None:
    response = client.get("/nowhere/")
    assert response.status_code == 404
    assert "没有找到" in response.content.decode()


def test_a_stale_form_says_so() -> None:
    response = Client(enforce_csrf_checks=True).post("/sign-in/", {"username": "x", "password": "y"})
    assert response.status_code == 403
    assert "页面已过期" in response.content.decode()


def test_a_bug_shows_a_page_that_needs_no_database(
    client: Client, monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    def fails(request: HttpRequest) -> None:
        raise RuntimeError("bug")

    monkeypatch.setattr("samkeeper.site.frame.frame", fails)
    client.raise_request_exception = False
    monkeypatch.setattr(RefusalMiddleware, "__call__", lambda self, request: fails(request))
    response = client.get("/sign-in/")
    assert response.status_code == 500
    assert "系统出错" in response.content.decode()
