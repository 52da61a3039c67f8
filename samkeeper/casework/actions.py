"""The verbs of a case: report, take papers, act, confirm. Each is one transaction, and each is on the record.

Nothing here decides what the law asks: the book's procedure does. A verb collects what is shown, asks the rules for
a warrant, and lets the register move the card.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from samkeeper.casework.models import Case, CaseAct, CaseCard, CaseStep, Paper, Showing, Stage
from samkeeper.casework.progress import SHOWN, SIGNERS, Task, plays, progress
from samkeeper.casework.queries import cases_of
from samkeeper.casework.texts import book_of, keep
from samkeeper.errors import BadInput, NotYours, Refused
from samkeeper.ledger.append import append
from samkeeper.ledger.commitments import commit
from samkeeper.ledger.entry import stamp
from samkeeper.lifecycle import Part
from samkeeper.papers.actions import issue_number
from samkeeper.parties.models import Account, Institution
from samkeeper.parties.rights import own
from samkeeper.registry.models import Card
from samkeeper.registry.moves import move
from samkeeper.registry.placement import Placement
from samkeeper.registry.queries import cards_of, spare_cards, stock_for
from samkeeper.rules.book import chosen
from samkeeper.rules.evidence import Form
from samkeeper.rules.needs import FormNeed
from samkeeper.rules.warrant import Basis, BasisKind, warrant
from samkeeper.rules.words import CardRole, Role
from samkeeper.rules.words import Case as CaseKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A paper as an officer saw it on the desk. A 公章 (`official_seal`) counts as a seal too."""

    form: Form
    copies: int = 1
    signed: bool = False
    sealed: bool = False
    official_seal: bool = False
    complete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a case is about, as it is opened. `cards`: those it is about; `spare`: the one that stands in for it.

    `purpose` (of new cards), `place`, `device_no` (where a card goes) as the procedure asks for them.
    """

    kind: CaseKind
    cards: tuple[Card, ...] = ()
    spare: Card | None = None
    happened_at: datetime | None = None
    statement: str = ""
    purpose: str = ""
    place: str = ""
    device_no: str = ""


@transaction.atomic
def open_case(request: Request, *, by: Account, at: datetime, unit: Institution | None = None) -> Case:
    """Open a case and make the unit's own moves at once (suspend, spare into service).

    The book is the one in force for the kind of card at the unit's place on the day; it and all it stands on are kept.
    `unit`: for whom an officer opens it; a custodian's own otherwise. Raises `NotYours` for another unit's card,
    `Refused` where a case about one is open already or a move is not legal, `BadInput` for what cannot be.
    """
    cards = [_own_card(by, card) for card in request.cards]
    if request.kind is CaseKind.FOUND:
        _withdraw_reports(cards, at)
    _check(request, cards, at)
    case = _begun(request, _unit(by, cards, unit), by, at)
    for card in cards:
        CaseCard.objects.create(case=case, card=card, role=CardRole.SUBJECT)
    if request.spare:
        CaseCard.objects.create(case=case, card=_checked_spare(case, cards, request.spare), role=CardRole.SPARE)
    CaseAct.objects.create(case=case, role=Role.APPLICANT, account=by, at=at)
    append("case:open", case.no, _opening(case, cards), recorded=at)
    if request.statement and _asks_for_statement(case):
        Paper.objects.create(case=case, form=Form.LOSS_STATEMENT, received_at=at, received_by=by)
    _make_own_moves(case, by, at)
    _close_when_complete(case, at)
    return case


@transaction.atomic
def take_papers(case: Case, papers: Sequence[Shown], *, by: Account, at: datetime, seen: int | None = None) -> None:
    """Note papers as they lie on the desk; whether they suffice is for the rules to say.

    Raises `Refused` for anyone but the desk, on a closed case, or where the case changed after `seen`.
    """
    case = _held(case, by, seen)
    _require_desk(by)
    for paper in papers:
        Paper.objects.create(case=case, received_at=at, received_by=by, **asdict(paper))
    _give_number(case, papers, at)
    append("case:papers", case.no, {"by": by.pk, "papers": [asdict(paper) for paper in papers]}, recorded=at)
    _close_when_complete(case, at)


@transaction.atomic
def show(
    case: Case, need: str, word: str, *, by: Account, at: datetime, note: str = "", seen: int | None = None
) -> None:
    """Note that something else was shown or done: a verdict, a report upward, a notice, a check; words of the rules.

    Raises `Refused` for anyone but the desk, `BadInput` for a word that the rules do not have.
    """
    case = _held(case, by, seen)
    _require_desk(by)
    if word not in SHOWN.get(need, {}):
        raise BadInput("没有这种事项", where=f"{need} {word}", remedy="请从页面所列事项中选择")
    Showing.objects.create(case=case, need=need, word=word, note=note, at=at, by=by)
    append("case:show", case.no, {"by": by.pk, "need": need, "word": word}, recorded=at)
    _close_when_complete(case, at)


@transaction.atomic
def sign(case: Case, role: Role, *, by: Account, at: datetime, seen: int | None = None) -> None:
    """Someone confirms in a role of the case: approves, checks, keeps, supervises, witnesses.

    Raises `Refused` for an account that may not act in that role, or has done so: two witnesses are two persons.
    """
    case = _held(case, by, seen)
    if by.role not in SIGNERS.get(role, ()):
        raise Refused(f"“{role.label}”须由相应岗位的人员签办；请换相应账号登录。", code="wrong-role")
    if case.acts.filter(role=role, account=by).exists():
        raise Refused(f"您已作为{role.label}签过；须另一人签办。", code="signed")
    CaseAct.objects.create(case=case, role=role, account=by, at=at)
    append("case:sign", case.no, {"by": by.pk, "role": role.value}, recorded=at)
    _close_when_complete(case, at)


@transaction.atomic
def choose_new_card(case: Case, card: Card, *, by: Account, at: datetime, seen: int | None = None) -> None:
    """Pick the card from stock that this case will issue. Raises `BadInput` for one that is not in stock here."""
    case = _held(case, by, seen)
    _require_desk(by)
    if case.institution is None:
        raise BadInput("本案件不发放新卡")
    kind = progress(case).book.card_kind
    found = stock_for(case.institution, kind).select_for_update(of=("self",)).filter(pk=card.pk).first()
    if found is None or found.case_parts.filter(case__stage=Stage.OPEN).exists():
        raise BadInput(f"卡 {card.sam_no} 不在库或已留给别的案件", where="新卡", remedy="请另选一张在库的卡")
    CaseCard.objects.create(case=case, card=found, role=CardRole.NEW)
    append("case:card", case.no, {"by": by.pk, "card": found.sam_no}, recorded=at)


@transaction.atomic
def act(case: Case, key: str, *, by: Account, at: datetime, seen: int | None = None) -> None:
    """Do one step: make its move for every card, open the case it calls for, or note that it was done.

    Raises the first unmet need, or `Refused` where it is not this person's to do or is done already.
    """
    case = _held(case, by, seen)
    task = progress(case).task(key)
    if task.finished:
        when = timezone.localtime(task.done[-1].done_at)
        raise Refused(f"这一步已于 {when:%Y-%m-%d %H:%M:%S} 办理。", code="done")
    if not plays(by, task.step.part):
        raise Refused(f"这一步由{task.step.actor}办理。", code="wrong-role", clause=str(task.step.clause))
    if task.step.part is not Part.INSTITUTION:
        CaseAct.objects.create(case=case, role=Role.OFFICER, account=by, at=at)
    if task.step.does:
        _make(case, task, by, at)
    else:
        _note(case, task, by, at)
    _close_when_complete(case, at)


def version(case: Case) -> int:
    """How much has been done in a case: a page shows it, and a verb refuses where it has grown since."""
    parts = (case.papers, case.acts, case.steps, case.showings, case.cards)
    return sum(part.count() for part in parts)


def _give_number(case: Case, papers: Sequence[Shown], at: datetime) -> None:
    """The 编号 of the case's official form, given once, when it is accepted (北京 表1 注1)."""
    official = book_of(case).forms
    numbered = next((official[paper.form].no for paper in papers if paper.form in official), "")
    if numbered and not case.filing_no:
        case.filing_no = issue_number(f"{case.authority.area_code}-{numbered}", at=at)
        case.save(update_fields=["filing_no"])


def _own_card(by: Account, card: Card) -> Card:
    own = cards_of(by).select_for_update(of=("self",)).filter(pk=card.pk).first()
    if own is None:
        raise NotYours
    return own


def _withdraw_reports(cards: Sequence[Card], at: datetime) -> None:
    """A card that is found again is no longer reported lost or stolen: those cases end, and stay to be read."""
    gone = (CaseKind.LOSS, CaseKind.THEFT)
    for case in Case.objects.filter(cards__card__in=cards, kind__in=gone, stage=Stage.OPEN, parent=None).distinct():
        case.stage, case.closed_at = Stage.WITHDRAWN, at
        case.save(update_fields=["stage", "closed_at"])
        append("case:withdrawn", case.no, {}, recorded=at)


def _check(request: Request, cards: Sequence[Card], at: datetime) -> None:
    """What no case can begin with."""
    if request.happened_at and request.happened_at > at:
        raise BadInput("发生时间不能晚于现在", where="发生时间", remedy="请核对日期和时间")
    if len({card.institution_id for card in cards}) > 1:
        raise BadInput("这些卡不属于同一个单位", where="卡", remedy="请按单位分别立案")
    busy = Case.objects.filter(cards__card__in=cards, stage=Stage.OPEN, parent=None).first()
    if busy:
        raise Refused(f"该卡的案件 {busy.no}（{busy.kind_label}）正在办理；请先办结。", code="case-open")


def _unit(by: Account, cards: Sequence[Card], unit: Institution | None) -> Institution | None:
    """For whom the case is: the cards' unit, the custodian's own, the one an officer names; None: the authority's."""
    if cards:
        return cards[0].institution
    if by.institution or unit is None:
        return by.institution
    found = Institution.objects.filter(own(by), pk=unit.pk).first()
    if found is None:
        raise NotYours
    return found


def _begun(request: Request, unit: Institution | None, by: Account, at: datetime) -> Case:
    authority = unit.desk.authority if unit else by.authority
    if authority is None:
        raise BadInput("没有写明为哪个使用单位办理", where="使用单位", remedy="请选择使用单位")
    kind = request.cards[0].kind if request.cards else authority.system
    book = chosen(kind, unit.area_code if unit else authority.area_code, timezone.localtime(at).date())
    book.procedure(request.kind, authority.house_settings)
    case = Case.objects.create(
        kind=request.kind,
        authority=authority,
        institution=unit,
        book=book.name,
        house_settings=authority.house_settings,
        statement=request.statement,
        statement_commitment=commit(request.statement) if request.statement else "",
        happened_at=request.happened_at,
        purpose=request.purpose,
        place=request.place,
        device_no=request.device_no,
        opened_at=at,
        opened_by=by,
    )
    case.texts.set(keep(book))
    return case


def _checked_spare(case: Case, cards: Sequence[Card], spare: Card) -> Card:
    lost = cards[0]
    if lost.state != "in_service" or case.institution is None:
        raise BadInput(f"卡 {lost.sam_no} 没有装机，不需要备用卡顶替", where="备用卡", remedy="请不要选备用卡")
    found = spare_cards(case.institution).select_for_update(of=("self",)).filter(pk=spare.pk).first()
    if found is None:
        raise BadInput(f"卡 {spare.sam_no} 不是本单位未装的卡", where="备用卡", remedy="请另选一张备用卡")
    return found


def _opening(case: Case, cards: Sequence[Card]) -> dict[str, object]:
    return {
        "book": case.book,
        "cards": [card.sam_no for card in cards],
        "happened_at": stamp(case.happened_at) if case.happened_at else None,
        "institution": case.institution.unit_no if case.institution else None,
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


def _require_desk(by: Account) -> None:
    if not (plays(by, Part.DESK) or plays(by, Part.ISSUER)):
        raise Refused("这一步由经办人办理。", code="wrong-role")


def _make_own_moves(case: Case, by: Account, at: datetime) -> None:
    """The unit's moves that ask for nothing more: the law says 立即."""
    for task in progress(case).tasks:
        if task.ready and task.step.does and task.step.part is Part.INSTITUTION:
            _make(case, task, by, at)


def _make(case: Case, task: Task, by: Account, at: datetime) -> None:
    """The move of a step, for every card that plays its part, each with a warrant of its own."""
    now = progress(case)
    leave = warrant(now.procedure, task.step, now.facts, basis=Basis(BasisKind.CASE, case.no))
    if not task.cards:
        raise BadInput(f"案件中没有{task.step.card.label}", where=task.step.text, remedy="请先选定该卡")
    for card in sorted(task.cards, key=lambda card: card.pk):
        to = _placement(case, task, card)
        event = move(card, leave, at=at, recorded=at, actor=by, to=to, happened_at=case.happened_at)
        CaseStep.objects.create(case=case, key=task.step.key, card=card, done_at=at, done_by=by, event=event)


def _note(case: Case, task: Task, by: Account, at: datetime) -> None:
    """A step that moves no card: nothing it asks for may be missing; it may call for a case of its own."""
    for unmet in task.blocked:
        raise unmet
    if task.step.opens:
        _open_beside(case, task.step.opens, by, at)
    append("case:step", case.no, {"by": by.pk, "clause": str(task.step.clause)}, recorded=at)
    CaseStep.objects.create(case=case, key=task.step.key, done_at=at, done_by=by)


def _open_beside(case: Case, kind: CaseKind, by: Account, at: datetime) -> None:
    """A case that another calls for (办法 第二十六条): the same unit, cards and texts."""
    beside = Case.objects.create(
        kind=kind,
        authority=case.authority,
        institution=case.institution,
        book=case.book,
        house_settings=case.house_settings,
        happened_at=case.happened_at,
        opened_at=at,
        opened_by=by,
        parent=case,
    )
    beside.texts.set(case.texts.all())
    for card in case.cards_in(CardRole.SUBJECT):
        CaseCard.objects.create(case=beside, card=card, role=CardRole.SUBJECT)
    append("case:open", beside.no, {"kind": kind, "parent": case.no}, recorded=at)


def _placement(case: Case, task: Task, card: Card) -> Placement | None:
    """Where a move puts a card: to the unit; a spare or new card in the place of the one it replaces; else as asked."""
    if task.step.does == "issue":
        return Placement(institution=case.institution, permissions=_permissions(case, card))
    if task.step.does not in ("bind", "rebind"):
        return None
    old = case.card()
    if case.place or case.device_no:
        return Placement(place=case.place, device_no=case.device_no)
    return _last_place(old) if old and task.step.card is not CardRole.SUBJECT else None


def _permissions(case: Case, card: Card) -> int:
    """What the new card may do: the mask of the purpose it was asked for, where the book has one (健康卡 表1)."""
    purposes = {purpose.name: purpose.mask for purpose in book_of(case).purposes}
    return purposes.get(case.purpose, card.permissions)


def _last_place(card: Card) -> Placement:
    """Where a card last was in service: once handed in it is in no terminal any more."""
    period = card.periods.exclude(place="", device_no="").order_by("-seq").first()
    return Placement(place=period.place, device_no=period.device_no) if period else Placement()


def _close_when_complete(case: Case, at: datetime) -> None:
    if progress(case).complete:
        case.stage, case.closed_at = Stage.DONE, at
        case.save(update_fields=["stage", "closed_at"])
        append("case:done", case.no, {}, recorded=at)
