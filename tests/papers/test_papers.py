"""Numbers without gaps, papers under a token, and the page that answers for them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.test import Client
from pytest_django import Settings

from samkeeper.errors import Fault
from samkeeper.ledger.models import Checkpoint, Entry
from samkeeper.papers import store
from samkeeper.papers.actions import issue_number, issue_paper
from samkeeper.papers.models import IssuedPaper, NumberSeries
from samkeeper.rules.evidence import Form
from tests.papers.samples import AT, UNIT, bare, facts_of, form_of, pages, text

pytestmark = pytest.mark.django_db

SERIES = "110000-表2"
SITE = "https://kahu.example.gov.cn"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, settings: Settings) -> None:
    settings.VAR = tmp_path


def print_paper(number: str = "2026-000001", *, subject: str = "2026-000007", at: datetime = AT) -> IssuedPaper:
    facts = facts_of(Form.CANCELLATION, 2, number=number)
    form = form_of("beijing", Form.CANCELLATION)
    return issue_paper(form, facts, subject=subject, site=SITE, by=None, at=at, reference=f"案件 {subject}")


def take(series: str = SERIES, at: datetime = AT) -> str:
    with transaction.atomic():
        return issue_number(series, at=at)


def test_numbers_follow_each_other_in_each_series() -> None:
    assert [take() for _ in range(3)] == [f"110000-表2-2026-00000{n}" for n in (1, 2, 3)]
    assert take("110000-表1") == "110000-表1-2026-000001"


def test_year_of_a_number_is_that_of_shanghai() -> None:
    assert take(at=datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC)) == "110000-表2-2026-000001"
    assert take(at=datetime(2026, 12, 31, 16, 0, 0, tzinfo=UTC)) == "110000-表2-2027-000001"


def test_number_of_an_act_that_failed_is_given_again() -> None:
    take()
    with pytest.raises(RuntimeError), transaction.atomic():
        assert issue_number(SERIES, at=AT) == "110000-表2-2026-000002"
        raise RuntimeError
    assert take() == "110000-表2-2026-000002"


@pytest.mark.django_db(transaction=True)
def test_numbers_are_given_only_inside_a_transaction() -> None:
    with pytest.raises(TransactionManagementError):
        issue_number(SERIES, at=AT)


def in_threads(work: Callable[[int], object], count: int) -> Iterator[object]:
    def connected(place: int) -> object:
        try:
            return work(place)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        yield from threads.map(connected, range(count))


@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gap_and_no_double_with_many_at_once() -> None:
    given = sorted(str(number) for number in in_threads(lambda _: take(), 20))
    assert given == [f"110000-表2-2026-{n:06}" for n in range(1, 21)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE papers_numberseries SET last = 5",
        "UPDATE papers_numberseries SET last = 0",
        "UPDATE papers_numberseries SET last = 2, year = 2027",
        "DELETE FROM papers_numberseries",
    ],
)
def test_database_refuses_a_gap_and_a_step_back(statement: str) -> None:
    take()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert NumberSeries.objects.get().last == 1


@pytest.mark.parametrize(
    "statement", ["UPDATE papers_issuedpaper SET number = '2026-000009'", "DELETE FROM papers_issuedpaper"]
)
def test_database_refuses_to_change_a_paper(statement: str) -> None:
    print_paper()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_paper_is_kept_recorded_and_leads_to_its_page() -> None:
    paper = print_paper()
    pdf = store.read(paper.sha256)
    assert f"核验：{SITE}/verify/{paper.token}/" in bare(text(pdf, 1))
    assert pages(pdf) == 2
    entry = Entry.objects.get(seq=paper.ledger_seq)
    assert (entry.kind, entry.subject) == ("paper:issue", paper.sha256)
    assert entry.body == {
        "book": "beijing",
        "form": "cancellation",
        "number": "2026-000001",
        "print_no": 1,
        "subject": "2026-000007",
    }
    assert paper.file_name == "《北京市社会保障PSAM卡注销表》（表2） 2026-000001.pdf"


def test_tokens_cannot_be_guessed() -> None:
    tokens = {print_paper(subject=f"2026-{n:06}").token for n in range(3)}
    assert len(tokens) == 3
    assert all(re.fullmatch("[A-Za-z0-9_-]{32}", token) for token in tokens)


def test_printing_again_under_the_same_number_is_marked() -> None:
    filing, first, again = print_paper(""), print_paper(), print_paper(at=AT + timedelta(days=1))
    assert [paper.print_no for paper in (filing, first, again)] == [1, 1, 2]
    marked = ["重打第2次" in bare(text(store.read(paper.sha256), 1)) for paper in (filing, first, again)]
    assert marked == [False, False, True]
    assert again.number == first.number


@pytest.mark.django_db(transaction=True)
def test_two_who_print_the_same_paper_at_once_never_make_two_first_prints() -> None:
    def attempt(_: int) -> object:
        try:
            return print_paper().print_no
        except Fault as fault:
            return fault.retry

    answers = list(in_threads(attempt, 3))
    made = sorted(answer for answer in answers if answer is not True)
    assert made == list(range(1, len(made) + 1))
    assert IssuedPaper.objects.count() == len(made) == Entry.objects.count()


def page(token: str) -> tuple[int, str]:
    response = Client().get(f"/verify/{token}/")
    assert response["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    assert response["X-Robots-Tag"] == "noindex"
    assert response["Referrer-Policy"] == "no-referrer"
    return response.status_code, response.content.decode()


def test_anyone_who_holds_a_paper_learns_what_it_is_without_a_sign_in() -> None:
    paper = print_paper()
    status, shown = page(paper.token)
    assert status == 200
    assert "《北京市社会保障PSAM卡注销表》（表2）" in shown
    assert "2026-000001" in shown
    assert "2026-11-21 14:03:22" in shown
    assert f"第 {paper.ledger_seq} 条，等待下一个检查点签名" in shown
    assert paper.sha256 in shown


def test_page_shows_nothing_personal() -> None:
    _, shown = page(print_paper().token)
    private = (UNIT.name, UNIT.custodian, UNIT.phone, UNIT.address, UNIT.code, "D15600000001", "丢失", "2026-000007")
    assert [word for word in private if word in shown] == []


def test_page_names_the_checkpoint_that_signs_the_record() -> None:
    paper = print_paper()
    for size in (paper.ledger_seq + 4, paper.ledger_seq + 9):
        Checkpoint.objects.create(size=size, line="{}", public_key="")
    assert f"已由检查点 {paper.ledger_seq + 4} 签名" in page(paper.token)[1]


def test_page_of_an_older_print_points_to_the_newer() -> None:
    older, newer = print_paper(), print_paper(at=AT + timedelta(hours=1))
    assert "最近一次是第2次" in page(older.token)[1]
    assert "重打过" not in page(newer.token)[1]


def test_paper_that_the_ledger_does_not_hold_is_not_to_be_trusted() -> None:
    paper = print_paper()
    forged = {"book": "beijing", "form": "cancellation", "title": paper.title, "subject": "x", "print_no": 1}
    IssuedPaper.objects.create(**forged, token="forged" + "0" * 26, sha256="0" * 64, issued_at=AT, ledger_seq=999)
    status, shown = page("forged" + "0" * 26)
    assert status == 200
    assert "请勿采信" in shown
    assert "本系统出具过" not in shown


def test_every_unknown_token_gets_the_same_answer() -> None:
    paper = print_paper()
    unknown = [paper.token[:-1], paper.token.swapcase(), "a", "0" * 43, "x" * 500, "%00", "表2"]
    answers = {page(token) for token in unknown}
    bodies = {re.sub(r'name="(next|csrfmiddlewaretoken)" value="[^"]*"', "", shown) for _, shown in answers}
    assert {status for status, _ in answers} == {404}
    assert len(bodies) == 1
    assert "查无此文书" in bodies.pop()


def test_address_without_its_last_stroke_leads_there_too() -> None:
    paper = print_paper()
    assert Client().get(f"/verify/{paper.token}", follow=True).redirect_chain == [(f"/verify/{paper.token}/", 301)]


def test_page_is_only_read() -> None:
    assert Client().post(f"/verify/{print_paper().token}/").status_code == 405
