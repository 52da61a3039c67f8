"""What has been shown so far in a case: plain data that the office fills from its tables.

Nothing here decides anything. `None` means "not known", never "no": the needs ask for what is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from samkeeper.rules.evidence import Body, Certificate, Check, Form, Qualification, Record
from samkeeper.rules.words import Agreement, FeeKind, Role, UnitKind, Verdict, When


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A paper as it was received. `sealed`: with the unit's stamp; `official_seal`: its 公章, a stamp as well."""

    form: Form
    copies: int = 1
    signed: bool = False
    sealed: bool = False
    official_seal: bool = False
    complete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """`persons`: who has done the act of each role (approved, kept, supervised), by any stable id.

    `fees`: kinds that are settled: paid, or set to nothing by the authority. `certificates`: valid on the day.
    `purpose`: the purpose of the card as the book names it. `circumstances`: what the case is about where that decides
    a step: `When.PLACE` (the place of use changes), `When.STRUCTURE`, `When.SUPPLY`, `When.CITY_APPLIES` and so on.
    """

    papers: tuple[Paper, ...] = ()
    card_in_hand: bool = False
    verdict: Verdict | None = None
    agreement: Agreement | None = None
    unit_kind: UnitKind | None = None
    qualifications: frozenset[Qualification] = frozenset()
    fees: frozenset[FeeKind] = frozenset()
    persons: Mapping[Role, tuple[str, ...]] = field(default_factory=dict)
    records: frozenset[Record] = frozenset()
    checks: frozenset[Check] = frozenset()
    notices: frozenset[Body] = frozenset()
    reports: frozenset[Body] = frozenset()
    certificates: frozenset[Certificate] = frozenset()
    spare: bool = False
    out_of_warranty: bool | None = None
    past_validity: bool | None = None
    self_bought: bool | None = None
    purpose: str | None = None
    circumstances: frozenset[When] = frozenset()

    def paper(self, form: Form) -> Paper | None:
        """The paper of that form, the latest where there are several."""
        return next((paper for paper in reversed(self.papers) if paper.form == form), None)
