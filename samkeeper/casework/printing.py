"""The papers of a case, filled from what the register knows, so that a unit signs and seals instead of writing."""

from __future__ import annotations

from collections.abc import Callable

from samkeeper.casework.models import Case
from samkeeper.casework.progress import Progress
from samkeeper.errors import NotYours
from samkeeper.papers import facts, forms
from samkeeper.parties.areas import area_name
from samkeeper.parties.models import Institution
from samkeeper.registry.models import Card
from samkeeper.rules.evidence import Form
from samkeeper.rules.needs import FormNeed
from samkeeper.rules.words import CardRole, UnitKind


def printable(now: Progress) -> list[Form]:
    """The papers that this case asks for and that can be filled from it, in the procedure's order."""
    asked = (need.form for task in now.tasks if task.applies for need in task.step.needs if isinstance(need, FormNeed))
    return [form for form in dict.fromkeys(asked) if form in FILLED and now.case.institution]


def filled(now: Progress, form: Form) -> tuple[forms.Layout, facts.Facts]:
    """The layout of the paper under the case's book, and what it says. Raises `NotYours` for one not asked for."""
    if form not in printable(now):
        raise NotYours
    return forms.layout(now.book, form), FILLED[form](now)


def _application(now: Progress) -> facts.Application:
    unit, case = _unit(now.case), now.case
    new = [_line(now, card) for card in case.cards_in(CardRole.NEW)]
    return facts.Application(
        unit=_head(unit),
        wanted=(facts.Wanted(purpose=case.purpose, quantity=max(len(new), 1)),),
        cards=tuple(new),
        number=case.filing_no,
    )


def _cancellation(now: Progress) -> facts.Cancellation:
    case = now.case
    cancelled = [task.done[0].done_at for task in now.tasks if task.step.does == "cancel" and task.done]
    return facts.Cancellation(
        unit=_head(_unit(case)),
        cards=tuple(_line(now, card) for card in case.cards_in(CardRole.SUBJECT)),
        number=case.filing_no,
        cancelled_at=cancelled[0] if cancelled else None,
    )


def _statement(now: Progress) -> facts.Letter:
    unit = _unit(now.case)
    return facts.Letter(addressee=now.case.authority.name, body=now.case.statement, signer=unit.name)


def _undertaking(now: Progress) -> facts.Undertaking:
    return facts.Undertaking()


def _internal_rules(now: Progress) -> facts.InternalRules:
    return facts.InternalRules(unit=_unit(now.case).name)


FILLED: dict[Form, Callable[[Progress], facts.Facts]] = {
    Form.APPLICATION: _application,
    Form.CANCELLATION: _cancellation,
    Form.UNDERTAKING: _undertaking,
    Form.LOSS_STATEMENT: _statement,
    Form.INTERNAL_RULES: _internal_rules,
}


def _unit(case: Case) -> Institution:
    if case.institution is None:
        raise NotYours
    return case.institution


def _head(unit: Institution) -> facts.UnitHead:
    custodian = unit.custodians.filter(until=None).first()
    return facts.UnitHead(
        name=unit.name,
        area=area_name(unit.area_code),
        department=unit.desk.authority.name,
        custodian=custodian.name if custodian else "",
        phone=custodian.phone if custodian else unit.phone,
        address=unit.address,
        code=unit.unit_no,
        kind=UnitKind(unit.kind),
    )


def _line(now: Progress, card: Card) -> facts.CardLine:
    """A card as the form lists it; its place is where it last was in service."""
    reason = next((task.step.reason for task in now.tasks if task.step.does == "cancel"), None)
    period = card.periods.exclude(place="").order_by("-seq").first()
    handed_in = now.facts.card_in_hand or None
    place = period.place if period else now.case.place
    return facts.CardLine(number=card.sam_no, place=place, reason=reason, handed_in=handed_in)
