"""The parties as a bureau lists them: four kinds of table, read by `sheets` and taken all or nothing.

Each `Intake` pairs the layout of a table with the function that takes its rows. Taking yields what is wrong in the
light of what is already registered; the caller rolls everything back where anything is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from samkeeper.parties.models import Authority, Custodian, Desk, Institution, System, Tier
from samkeeper.rules.words import UnitKind
from samkeeper.sheets import kinds
from samkeeper.sheets.codes import area_code, phone, social_credit_code, unit_no
from samkeeper.sheets.layout import Column, Layout
from samkeeper.sheets.sheet import Problem, Row

Take = Callable[[Sequence[Row], datetime], Iterator[Problem]]


@dataclass(frozen=True, slots=True)
class Intake:
    """A kind of table that can be taken in: what it looks like and what is done with its rows."""

    code: str
    layout: Layout
    take: Take


def _named(choices: type[Tier] | type[System] | type[UnitKind]) -> dict[str, str]:
    return {str(choice.label): str(choice.value) for choice in choices}


def _whose_phone(row: Row) -> Iterator[Problem]:
    if row["custodian_phone"] and not row["custodian"]:
        yield row.problem("custodian", "写了电话，没有写姓名", "请补填姓名，或删去电话")


AUTHORITIES = Layout(
    "管理机构",
    (
        Column("机构名称", "name", kinds.text(100), required=True, example="示例市人力资源和社会保障局"),
        Column("层级", "tier", kinds.choice(_named(Tier)), required=True, example="市"),
        Column("体系", "system", kinds.choice(_named(System)), required=True, example="人力资源社会保障"),
        Column("行政区划代码", "area_code", area_code, required=True, example="445200"),
        Column("上级机构", "parent", kinds.text(100), example="示例省社会保障卡管理机构"),
    ),
    unique=("name",),
)

DESKS = Layout(
    "服务网点",
    (
        Column("网点名称", "name", kinds.text(100), required=True, example="示例卡安全服务网点"),
        Column("管理机构", "authority", kinds.text(100), required=True, example="示例市人力资源和社会保障局"),
        Column("行政区划代码", "area_code", area_code, required=True, example="445202"),
        Column("地址", "address", kinds.text(200), example="榕城区示例大道2号"),
        Column("联系电话", "phone", phone, example="0663-8000002"),
    ),
    unique=("name",),
)

INSTITUTIONS = Layout(
    "使用单位",
    (
        Column("单位编码", "unit_no", unit_no, required=True, aliases=("单位医保编码", "机构编码"), example="01010001"),
        Column("单位名称", "name", kinds.text(100), required=True, aliases=("使用单位名称",), example="示例医院"),
        Column("机构类别", "kind", kinds.choice(_named(UnitKind)), required=True, example="定点医疗机构"),
        Column("统一社会信用代码", "credit_code", social_credit_code, example="121101012459151024"),
        Column("行政区划代码", "area_code", area_code, required=True, example="110101"),
        Column("单位地址", "address", kinds.text(200), example="东城区示例街1号"),
        Column("联系电话", "phone", phone, example="010-60000001"),
        Column("所属网点", "desk", kinds.text(100), required=True, example="示例卡安全服务网点"),
        Column("业务窗口数", "windows", kinds.whole(0, 9999), required=True, example="4"),
        Column("PSAM卡管理员", "custodian", kinds.text(50), aliases=("SAM卡管理员", "专人"), example="王敏"),
        Column("管理员电话", "custodian_phone", phone, example="13000000000"),
    ),
    unique=("unit_no",),
    check=_whose_phone,
)


def take_authorities(rows: Sequence[Row], at: datetime) -> Iterator[Problem]:
    """Register authorities; a parent may stand in an earlier row."""
    known = {authority.name: authority for authority in Authority.objects.all()}
    for row in rows:
        parent = known.get(row["parent"])
        if row["name"] in known:
            yield row.problem("name", "该机构已登记", "请删除这一行")
        elif row["parent"] and not parent:
            yield row.problem("parent", "上级机构没有登记", "请先登记上级机构，或把它写在前面的行")
        else:
            known[row["name"]] = Authority.objects.create(**{**row.values, "parent": parent})


def take_desks(rows: Sequence[Row], at: datetime) -> Iterator[Problem]:
    """Register outlets under their authorities."""
    authorities = {authority.name: authority for authority in Authority.objects.all()}
    known = set(Desk.objects.values_list("name", flat=True))
    for row in rows:
        if row["name"] in known:
            yield row.problem("name", "该网点已登记", "请删除这一行")
        elif row["authority"] not in authorities:
            yield row.problem("authority", "管理机构没有登记", "请先导入“管理机构”表")
        else:
            Desk.objects.create(
                **_filled(row, "name", "area_code", "address", "phone"), authority=authorities[row["authority"]]
            )


def take_institutions(rows: Sequence[Row], at: datetime) -> Iterator[Problem]:
    """Register using units with their windows and custodians."""
    desks = {desk.name: desk for desk in Desk.objects.all()}
    known = set(Institution.objects.values_list("unit_no", flat=True))
    for row in rows:
        if row["unit_no"] in known:
            yield row.problem("unit_no", "该单位已登记", "请删除这一行")
        elif row["desk"] not in desks:
            yield row.problem("desk", "服务网点没有登记", "请先导入“服务网点”表，或核对网点名称")
        else:
            _register(row, desks[row["desk"]], at)


def _register(row: Row, desk: Desk, at: datetime) -> None:
    fields = _filled(row, "unit_no", "name", "kind", "credit_code", "area_code", "address", "phone", "windows")
    institution = Institution.objects.create(**fields, desk=desk)
    if row["custodian"]:
        Custodian.objects.create(
            institution=institution, name=row["custodian"], phone=row["custodian_phone"] or "", since=at
        )


def _filled(row: Row, *keys: str) -> dict[str, object]:
    """The named values, an empty cell as empty text."""
    return {key: "" if row[key] is None else row[key] for key in keys}


INTAKES = (
    Intake("authorities", AUTHORITIES, take_authorities),
    Intake("desks", DESKS, take_desks),
    Intake("institutions", INSTITUTIONS, take_institutions),
)
