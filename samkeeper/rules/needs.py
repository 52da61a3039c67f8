"""The closed vocabulary of what must be shown before a move: each need is a small frozen class that checks itself.

A need answers `lacks(facts)` with "" when it is met, else with a whole Chinese sentence that says what to bring or do.
In a book a need is an inline table whose first key names its class (`NEEDS`), the other keys its demands:
`{ form = "cancellation", copies = 2, signed = true, sealed = true, complete = true }`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from samkeeper.rules.evidence import Body, Certificate, Check, Form, Qualification, Record
from samkeeper.rules.facts import Facts, Paper
from samkeeper.rules.words import Agreement, FeeKind, Role, UnitKind, Verdict, Word

# Persons whom the unit names; the others sign for what they have done.
NAMED = frozenset({Role.CUSTODIAN, Role.CARRIER})


@dataclass(frozen=True, kw_only=True)
class Need:
    """`clause`: the article that asks for it, as printed; `ours`: a house rule asks."""

    key: ClassVar[str]
    clause: str = field(default="", compare=False)
    ours: bool = field(default=False, compare=False)

    @property
    def code(self) -> str:
        """Stable for machines: `need-form-cancellation`."""
        value = getattr(self, self.key)
        return f"need-{self.key}-{'-'.join(value) if isinstance(value, tuple) else value}".replace("_", "-")

    @property
    def asks(self) -> str:
        """What it asks for, said to somebody who has shown nothing yet."""
        return self.lacks(Facts())

    def lacks(self, facts: Facts) -> str:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class FormNeed(Need):
    """A paper, in so many copies, with so much on it. `title`: the book's official title of the form."""

    key = "form"
    form: Form
    copies: int = 1
    signed: bool = False
    sealed: bool = False
    official_seal: bool = False
    complete: bool = False
    title: str = field(default="", compare=False)

    @property
    def wanted(self) -> str:
        """The paper as the text asks for it: 「签字、盖章、填写完整的《…》（表2）一式2份」."""
        marks = "、".join(word for word, asked in self._marks() if asked)
        return (f"{marks}的" if marks else "") + (self.title or self.form.label) + self._copies()

    def lacks(self, facts: Facts) -> str:
        paper = facts.paper(self.form)
        if paper is None:
            return f"请提交{self.wanted}。"
        faults = [text for text, missing in self._faults(paper) if missing]
        return f"{self.title or self.form.label}{'，'.join(faults)}；请补齐后再交。" if faults else ""

    def _copies(self) -> str:
        return f"一式{self.copies}份" if self.copies > 1 else ""

    def _marks(self) -> tuple[tuple[str, bool], ...]:
        return (
            ("签字", self.signed),
            ("盖章", self.sealed),
            ("加盖公章", self.official_seal),
            ("填写完整", self.complete),
        )

    def _faults(self, paper: Paper) -> tuple[tuple[str, bool], ...]:
        return (
            (f"须一式{self.copies}份，只收到{paper.copies}份", paper.copies < self.copies),
            ("没有签字", self.signed and not paper.signed),
            ("没有盖章", self.sealed and not (paper.sealed or paper.official_seal)),
            ("没有加盖公章", self.official_seal and not paper.official_seal),
            ("填写不完整", self.complete and not paper.complete),
        )


@dataclass(frozen=True, kw_only=True)
class CardNeed(Need):
    """The card itself lies on the desk."""

    key = "card_in_hand"
    card_in_hand: bool

    def lacks(self, facts: Facts) -> str:
        return "" if facts.card_in_hand else "请把卡带到经办处交回。"


@dataclass(frozen=True, kw_only=True)
class VerdictNeed(Need):
    """The bench has judged the card so; `inconclusive` meets nothing."""

    key = "verdict"
    verdict: Verdict

    def lacks(self, facts: Facts) -> str:
        if facts.verdict == self.verdict:
            return ""
        found = f"检测结论为“{facts.verdict.label}”" if facts.verdict else "尚未检测"
        return f"须经检测{self.verdict.label}，{found}；请检测后再办。"


@dataclass(frozen=True, kw_only=True)
class AgreementNeed(Need):
    """The medical-insurance system answers that the unit's agreement is in this state; no answer is no leave."""

    key = "agreement"
    agreement: Agreement

    def lacks(self, facts: Facts) -> str:
        if facts.agreement == self.agreement:
            return ""
        if facts.agreement == Agreement.NOT_IN_FORCE:
            return "使用单位协议处于无效状态，不予申领。"
        if facts.agreement == Agreement.UNREACHABLE:
            return "医疗保险系统暂时无法查询，协议状态不明；请待系统恢复后再查询。"
        return "请先通过医疗保险系统查询协议状态。"


@dataclass(frozen=True, kw_only=True)
class UnitKindNeed(Need):
    """Only these kinds of unit may ask."""

    key = "unit_kind"
    unit_kind: tuple[UnitKind, ...]

    def lacks(self, facts: Facts) -> str:
        if facts.unit_kind in self.unit_kind:
            return ""
        return f"限{'、'.join(kind.label for kind in self.unit_kind)}办理；请核对单位类别。"


@dataclass(frozen=True, kw_only=True)
class PersonNeed(Need):
    """So many persons have acted in this role, none of whom acted in the roles of `other_than`."""

    key = "person"
    person: Role
    count: int = 1
    other_than: tuple[Role, ...] = ()

    def lacks(self, facts: Facts) -> str:
        acted = set(facts.persons.get(self.person, ()))
        if len(acted) < self.count and self.person in NAMED:
            return f"请指定{self.person.label}。"
        if len(acted) < self.count:
            return f"须由{self.person.label}{f'{self.count}人' if self.count > 1 else ''}办理并签名，尚缺。"
        both = [role.label for role in self.other_than if acted & set(facts.persons.get(role, ()))]
        return f"{self.person.label}不得与{'、'.join(both)}为同一人；请换人办理。" if both else ""


@dataclass(frozen=True, kw_only=True)
class ReportNeed(Need):
    """Reported to every one of these bodies, or to `any_one` of them."""

    key = "report"
    report: tuple[Body, ...]
    any_one: bool = False

    def lacks(self, facts: Facts) -> str:
        missing = [body.label for body in self.report if body not in facts.reports]
        if not missing or (self.any_one and len(missing) < len(self.report)):
            return ""
        return f"请立即向{('或' if self.any_one else '和').join(missing)}报告。"


@dataclass(frozen=True, kw_only=True)
class MemberNeed(Need):
    """Met when its word is among the facts `among`; `sentence` asks for it by the word's Chinese name."""

    among: ClassVar[str]
    sentence: ClassVar[str]

    def lacks(self, facts: Facts) -> str:
        word: Word = getattr(self, self.key)
        return "" if word in getattr(facts, self.among) else self.sentence.format(word.label)


@dataclass(frozen=True, kw_only=True)
class FeeNeed(MemberNeed):
    key, among, sentence = "fee", "fees", "请先缴清{}（金额由主管单位设定，文件未规定）。"
    fee: FeeKind


@dataclass(frozen=True, kw_only=True)
class QualificationNeed(MemberNeed):
    key, among, sentence = "qualification", "qualifications", "须具有{}；请提供资质证明。"
    qualification: Qualification


@dataclass(frozen=True, kw_only=True)
class RecordNeed(MemberNeed):
    key, among, sentence = "record", "records", "请先完成：{}。"
    record: Record


@dataclass(frozen=True, kw_only=True)
class CheckNeed(MemberNeed):
    key, among, sentence = "check", "checks", "尚未完成：{}。"
    check: Check


@dataclass(frozen=True, kw_only=True)
class NoticeNeed(MemberNeed):
    key, among, sentence = "notice", "notices", "请通知{}。"
    notice: Body


@dataclass(frozen=True, kw_only=True)
class CertificateNeed(MemberNeed):
    key, among, sentence = "certificate", "certificates", "缺少在有效期内的{}。"
    certificate: Certificate


NEEDS: dict[str, type[Need]] = {
    need.key: need
    for need in (
        FormNeed,
        CardNeed,
        VerdictNeed,
        AgreementNeed,
        UnitKindNeed,
        PersonNeed,
        ReportNeed,
        FeeNeed,
        QualificationNeed,
        RecordNeed,
        CheckNeed,
        NoticeNeed,
        CertificateNeed,
    )
}
