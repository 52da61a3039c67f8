"""Starting any procedure that the unit's book has: which there are, and one form that asks what the procedure needs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from samkeeper.casework import actions
from samkeeper.errors import NotYours, Refused
from samkeeper.lifecycle import MOVES
from samkeeper.parties.access import acting
from samkeeper.parties.models import Account, Institution, Role
from samkeeper.parties.rights import own
from samkeeper.registry.models import Card
from samkeeper.registry.queries import cards_of
from samkeeper.rules.book import Book, NoProcedure, chosen
from samkeeper.rules.procedures import Procedure
from samkeeper.rules.words import CardRole
from samkeeper.rules.words import Case as CaseKind

# What a unit or its desk may start; a loss has three screens of its own (`views.report`).
KINDS = (
    CaseKind.APPLICATION,
    CaseKind.ADDED_WINDOW,
    CaseKind.REISSUE,
    CaseKind.THEFT,
    CaseKind.FOUND,
    CaseKind.DAMAGE,
    CaseKind.EXPIRY,
    CaseKind.CHANGE,
    CaseKind.CLOSURE,
    CaseKind.SURRENDER,
    CaseKind.ABOLITION,
    CaseKind.REMOVAL,
    CaseKind.DISQUALIFICATION,
)
DESK_ONLY = frozenset({CaseKind.DISQUALIFICATION})


class Cards(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # Django's own is not generic
    """Cards to tick, told by where they sit."""

    def label_from_instance(self, obj: Model) -> str:
        assert isinstance(obj, Card)  # noqa: S101 (the queryset's)
        return f"{obj.place or '未装'}　{obj.sam_no}　{obj.standing.label}"


class Start(forms.Form):
    """What a procedure wants to know at its beginning; fields that it does not use are left out."""

    cards = Cards(
        label="哪些卡",
        queryset=Card.objects.none(),
        to_field_name="sam_no",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请至少选一张卡", "invalid_choice": "有的卡不是本单位能办理这件事的卡；请重新选择"},
    )
    purpose = forms.ChoiceField(label="用途", required=False)
    place = forms.CharField(label="安装应用位置", max_length=100, error_messages={"required": "请填写安装应用位置"})
    device_no = forms.CharField(label="终端设备号", max_length=40, required=False)
    statement = forms.CharField(
        label="情况说明", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *args: Any, procedure: Procedure, book: Book, cards: QuerySet[Card], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        moves = {(step.does, step.card) for step in procedure.steps if step.does}
        about_cards = any(card is CardRole.SUBJECT for _, card in moves)
        goes_somewhere = not about_cards or {("bind", CardRole.SUBJECT), ("rebind", CardRole.SUBJECT)} & moves
        self._keep("cards", about_cards)
        self._keep("purpose", bool(book.purposes) and not about_cards)
        self._keep("place", bool(goes_somewhere))
        self._keep("device_no", bool(goes_somewhere))
        if isinstance(field := self.fields.get("cards"), forms.ModelMultipleChoiceField):
            field.queryset = cards
        if isinstance(field := self.fields.get("purpose"), forms.ChoiceField):
            field.choices = [(purpose.name, purpose.label) for purpose in book.purposes]

    def _keep(self, name: str, wanted: bool) -> None:
        if not wanted:
            del self.fields[name]

    def request(self, kind: CaseKind) -> actions.Request:
        """What was asked for. Call when valid."""
        data = {**self.cleaned_data, "cards": tuple(self.cleaned_data.get("cards", ()))}
        return actions.Request(kind=kind, **data)


def kinds(request: HttpRequest) -> HttpResponse:
    """What can be done for a unit under its book, each with the article that says how."""
    account = acting(request)
    unit = _unit(account, request)
    if unit is None:
        return redirect("registry:institutions")
    book = _book(unit)
    offered = [(kind, procedure) for kind in KINDS if (procedure := _procedure(book, kind, unit, account))]
    return render(request, "casework/kinds.html", {"unit": unit, "book": book, "offered": offered})


def start(request: HttpRequest, kind: str) -> HttpResponse:
    """The form that begins a case of that kind."""
    account = acting(request)
    unit = _unit(account, request)
    if unit is None or kind not in KINDS:
        raise NotYours
    book = _book(unit)
    procedure = _procedure(book, CaseKind(kind), unit, account)
    if procedure is None:
        raise NotYours
    form = Start(request.POST or None, procedure=procedure, book=book, cards=_movable(account, unit, procedure))
    if request.method == "POST" and form.is_valid():
        case = actions.open_case(form.request(procedure.case), by=account, at=timezone.now(), unit=unit)
        return redirect("casework:done", no=case.no)
    context = {"unit": unit, "book": book, "procedure": procedure, "form": form}
    return render(request, "casework/start.html", context, status=422 if form.errors else 200)


def _unit(account: Account, request: HttpRequest) -> Institution | None:
    """A custodian's own unit; the one that an officer names, None while none is named."""
    if account.role not in (Role.CUSTODIAN, Role.OFFICER):
        raise Refused("办理事项由使用单位的保管人或服务网点的经办人发起。", code="wrong-role")
    if account.institution:
        return account.institution
    asked = request.GET.get("unit", "")
    if not asked:
        return None
    unit = Institution.objects.filter(own(account), unit_no=asked).first()
    if unit is None:
        raise NotYours
    return unit


def _book(unit: Institution) -> Book:
    return chosen(unit.desk.authority.system, unit.area_code, timezone.localdate())


def _procedure(book: Book, kind: CaseKind, unit: Institution, account: Account) -> Procedure | None:
    """The procedure, or None where the book has none or it is not this account's to start."""
    if kind in DESK_ONLY and account.role != Role.OFFICER:
        return None
    try:
        return book.procedure(kind, unit.desk.authority.house_settings)
    except NoProcedure:
        return None


def _movable(account: Account, unit: Institution, procedure: Procedure) -> QuerySet[Card]:
    """The unit's cards that the procedure's first move can take."""
    first = next((step for step in procedure.steps if step.does and step.card is CardRole.SUBJECT), None)
    states = MOVES[first.does].sources if first and first.does else ()
    return cards_of(account).filter(institution=unit, state__in=states)
