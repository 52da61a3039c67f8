"""The verbs of a case: report, take papers, act, confirm. Each is one transaction, and each is on the record.

Nothing here decides what the law asks: the book's procedure does. A verb collects what is shown, asks the rules for
a warrant, and lets the register move the card.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from samkeeper.casework.models import Case, CaseAct, CaseCard, CaseStep, Paper, Showing, Stage
from samkeeper.casework.progress import SHOWN, Task, plays, progress
from samkeeper.casework.queries import cases_of
from samkeeper.casework.texts import keep
from samkeeper.errors import BadInput, NotYours, Refused
from samkeeper.ledger.append import append
from samkeeper.ledger.commitments import commit
from samkeeper.lifecycle import Part
from samkeeper.parties.models import Account
from samkeeper.parties.models import Role as AccountRole
from samkeeper.registry.models import Card
from samkeeper.registry.moves import move
from samkeeper.registry.placement import Placement
from samkeeper.registry.queries import cards_of, spare_cards
from samkeeper.rules.book import chosen
from samkeeper.rules.evidence import Form
from samkeeper.rules.needs import FormNeed
from samkeeper.rules.warrant import Basis, BasisKind, warrant
from samkeeper.rules.words import CardRole, Role
from samkeeper.rules.words import Case as CaseKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A paper as an officer saw it on the desk."""

    form: Form
    copies: int = 1
    signed: bool = False
    sealed: bool = False
    complete: bool = False


@transaction.atomic
def open_case(
    *,
    kind: CaseKind,
    card: Card,
    by: Account,
    at: datetime,
    happened_at: datetime | None = None,
    statement: str = "",
    spare: Card | None = None,
) -> Case:
    """Open a case about `card` and make the unit's own moves at once (suspend, spare into service).

    The book is the one in force for the card's kind at the unit's place on the day; it and all it stands on are kept.
    Raises `NotYours` for another unit's card, `Refused` where a case about it is open already or a move is not legal,
    `BadInput` for a spare that is none or a moment that lies ahead.
    """
    card = _own_card(by, card)
    _reject_second_case(card)
    if happened_at and happened_at > at:
        raise BadInput("发生时间不能晚于现在", where="发生时间", remedy="请核对日期和时间")
    institution = card.institution
    assert institution is not None  # noqa: S101 (cards_of shows no card without a unit)
    book = chosen(card.kind, institution.area_code, timezone.localtime(at).date())
    case = Case.objects.create(
        kind=kind,
        institution=institution,
        book=book.name,
        house_settings=institution.desk.authority.house_settings,
        statement=statement,
        statement_commitment=commit(statement) if statement else "",
        happened_at=happened_at,
        opened_at=at,
        opened_by=by,
    )
    case.texts.set(keep(book))
    CaseCard.objects.create(case=case, card=card, role=CardRole.SUBJECT)
    if spare:
        CaseCard.objects.create(case=case, card=_checked_spare(case, card, spare), role=CardRole.SPARE)
    CaseAct.objects.create(case=case, role=Role.APPLICANT, account=by, at=at)
    append("case:open", case.no, _opening(case, card), recorded=at)
    if statement and _asks_for_statement(case):
        Paper.objects.create(case=case, form=Form.LOSS_STATEMENT, received_at=at, received_by=by)
    _make_own_moves(case, by, at)
    return case


@transaction.atomic
def take_papers(case: Case, papers: Sequence[Shown], *, by: Account, at: datetime, seen: int | None = None) -> None:
    """Note papers as they lie on the desk; whether they suffice is for the rules to say.

    Raises `Refused` for anyone but the desk, on a closed case, or where the case changed after `seen`.
    """
    case = _held(case, by, seen)
    _require_part(by, Part.DESK)
    for paper in papers:
        Paper.objects.create(
            case=case,
            form=paper.form,
            copies=paper.copies,
            signed=paper.signed,
            sealed=paper.sealed,
            complete=paper.complete,
            received_at=at,
            received_by=by,
        )
    body = [{"form": str(p.form), "copies": p.copies, "signed": p.signed, "sealed": p.sealed} for p in papers]
    append("case:papers", case.no, {"papers": body, "by": by.pk}, recorded=at)
    _close_when_complete(case, at)


@transaction.atomic
def show(
    case: Case, need: str, word: str, *, by: Account, at: datetime, note: str = "", seen: int | None = None
) -> None:
    """Note that something else was done: reported upward, a notice given, a check made; words as in the rules.

    Raises `Refused` for anyone but the desk, `BadInput` for a word that the rules do not have.
    """
    case = _held(case, by, seen)
    _require_part(by, Part.DESK)
    if need not in SHOWN or word not in {entry.value for entry in SHOWN[need]}:
        raise BadInput("没有这种事项", where=f"{need} {word}", remedy="请从页面所列事项中选择")
    Showing.objects.create(case=case, need=need, word=word, note=note, at=at, by=by)
    append("case:show", case.no, {"by": by.pk, "need": need, "word": word}, recorded=at)
    _close_when_complete(case, at)


@transaction.atomic
def confirm(case: Case, *, by: Account, at: datetime, seen: int | None = None) -> None:
    """A second officer looks and confirms (house rule 复核). Raises `Refused` for anyone but a checker."""
    case = _held(case, by, seen)
    if by.role != AccountRole.CHECKER:
        raise Refused("复核须由复核人办理；请以复核人账号登录。", code="wrong-role")
    CaseAct.objects.create(case=case, role=Role.CHECKER, account=by, at=at)
    append("case:confirm", case.no, {"by": by.pk}, recorded=at)
    _close_when_complete(case, at)


@transaction.atomic
def act(case: Case, key: str, *, by: Account, at: datetime, seen: int | None = None) -> CaseStep:
    """Do one step: make its move, open the case it calls for, or note that it was done.

    Raises the first unmet need, or `Refused` where it is not this person's to do or is done already.
    """
    case = _held(case, by, seen)
    task = progress(case).task(key)
    if task.done:
        raise Refused(f"这一步已于 {timezone.localtime(task.done.done_at):%Y-%m-%d %H:%M:%S} 办理。", code="done")
    if not plays(by, task.step.part):
        raise Refused(f"这一步由{task.step.actor}办理。", code="wrong-role", clause=str(task.step.clause))
    if task.step.part is not Part.INSTITUTION:
        CaseAct.objects.create(case=case, role=Role.OFFICER, account=by, at=at)
    step = _make(case, task, by, at) if task.step.does else _note(case, task, by, at)
    _close_when_complete(case, at)
    return step


def version(case: Case) -> int:
    """How much has been done in a case: a page shows it, and a verb refuses where it has grown since."""
    return case.papers.count() + case.acts.count() + case.steps.count() + case.showings.count()


def _own_card(by: Account, card: Card) -> Card:
    own = cards_of(by).select_for_update(of=("self",)).filter(pk=card.pk).first()
    if own is None:
        raise NotYours
    return own


def _reject_second_case(card: Card) -> None:
    other = Case.objects.filter(cards__card=card, cards__role=CardRole.SUBJECT, stage=Stage.OPEN, parent=None).first()
    if other:
        raise Refused(f"该卡的案件 {other.no}（{other.kind_label}）正在办理；请先办结。", code="case-open")


def _checked_spare(case: Case, card: Card, spare: Card) -> Card:
    if card.state != "in_service":
        raise BadInput(f"卡 {card.sam_no} 没有装机，不需要备用卡顶替", where="备用卡", remedy="请不要选备用卡")
    found = spare_cards(case.institution).select_for_update(of=("self",)).filter(pk=spare.pk).first()
    if found is None:
        raise BadInput(f"卡 {spare.sam_no} 不是本单位未装的卡", where="备用卡", remedy="请另选一张备用卡")
    return found


def _opening(case: Case, card: Card) -> dict[str, object]:
    return {
        "book": case.book,
        "card": card.sam_no,
        "happened_at": case.happened_at.isoformat() if case.happened_at else None,
        "institution": case.institution.unit_no,
        "kind": case.kind,
        "statement": case.statement_commitment or None,
    }


def _asks_for_statement(case: Case) -> bool:
    """Whether the book asks the unit to say what happened (揭阳通知 二、第四款): what it wrote is that paper."""
    needs = (need for step in progress(case).procedure.steps for need in step.needs)
    return any(isinstance(need, FormNeed) and need.form is Form.LOSS_STATEMENT for need in needs)


def _held(case: Case, by: Account, seen: int | None) -> Case:
    """The case, locked, open, this account's to see, and unchanged since the page was made."""
    held = cases_of(by).locked(case)
    if not held.is_open:
        raise Refused(f"案件 {held.no} {held.get_stage_display()}，不能再办理。", code="closed")
    if seen is not None and seen != version(held):
        raise Refused("打开本页之后案件又有变动；请看过最新进度后再办理。", code="stale")
    return held


def _require_part(by: Account, part: Part) -> None:
    if not plays(by, part):
        raise Refused("这一步由服务网点经办人办理。", code="wrong-role")


def _make_own_moves(case: Case, by: Account, at: datetime) -> None:
    """The unit's moves that ask for nothing more: the law says 立即."""
    for task in progress(case).tasks:
        if task.ready and task.step.does and task.step.part is Part.INSTITUTION:
            _make(case, task, by, at)


def _make(case: Case, task: Task, by: Account, at: datetime) -> CaseStep:
    now = progress(case)
    leave = warrant(now.procedure, task.step, now.facts, basis=Basis(BasisKind.CASE, case.no))
    card = case.card(task.step.card)
    if card is None:
        raise BadInput(f"案件中没有{task.step.card.label}", where=task.step.text, remedy="请先选定该卡")
    event = move(card, leave, at=at, recorded=at, actor=by, to=_placement(case, task), happened_at=case.happened_at)
    return CaseStep.objects.create(case=case, key=task.step.key, done_at=at, done_by=by, event=event)


def _note(case: Case, task: Task, by: Account, at: datetime) -> CaseStep:
    """A step that moves no card: nothing it asks for may be missing; it may call for a case of its own."""
    for unmet in task.blocked:
        raise unmet
    if task.step.opens:
        _open_beside(case, task.step.opens, by, at)
    append("case:step", case.no, {"by": by.pk, "clause": str(task.step.clause)}, recorded=at)
    return CaseStep.objects.create(case=case, key=task.step.key, done_at=at, done_by=by)


def _open_beside(case: Case, kind: CaseKind, by: Account, at: datetime) -> None:
    """A case that another calls for (办法 第二十六条): the same unit, card and texts."""
    beside = Case.objects.create(
        kind=kind,
        institution=case.institution,
        book=case.book,
        house_settings=case.house_settings,
        happened_at=case.happened_at,
        opened_at=at,
        opened_by=by,
        parent=case,
    )
    beside.texts.set(case.texts.all())
    if card := case.card():
        CaseCard.objects.create(case=beside, card=card, role=CardRole.SUBJECT)
    append("case:open", beside.no, {"kind": kind, "parent": case.no}, recorded=at)


def _placement(case: Case, task: Task) -> Placement | None:
    """A spare goes where the card it stands in for sits."""
    subject = case.card()
    if task.step.card is not CardRole.SPARE or subject is None:
        return None
    return Placement(institution=case.institution, device_no=subject.device_no, place=subject.place)


def _close_when_complete(case: Case, at: datetime) -> None:
    if progress(case).complete:
        case.stage, case.closed_at = Stage.DONE, at
        case.save(update_fields=["stage", "closed_at"])
        append("case:done", case.no, {}, recorded=at)
