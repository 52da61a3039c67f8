"""Every form as its regulation prints it: the same rows, the same labels in the same order, the same places to fill."""

from __future__ import annotations

import re
from datetime import date

import pytest

from samkeeper.papers.forms import InternalRules, Undertaking, render
from samkeeper.rules.book import library
from samkeeper.rules.evidence import Form
from tests.papers.samples import EMPTY, FORMS, bare, facts_of, form_of, grid, text

# A line a row; (n) over n columns of the drawn grid, ↓n over n rows, ▢ to fill. White space aside, which says nothing.
BEIJING_1 = """
使用单位名称 ‖ ▢(4)
所属区县 ‖ ▢ ‖ 管理部门(2) ‖ ▢
PSAM卡管理员 ‖ ▢ ‖ 联系电话(2) ‖ ▢
单位地址 ‖ ▢ ‖ 单位医保编码(2) ‖ ▢
 ‖ 用途(3) ‖ 数量（张）
PSAM卡用途↓6 ‖ 用于医院结算(3) ‖ ▢
自助服务终端(3) ‖ ▢
经代办医保(3) ‖ ▢
经代办社保(3) ‖ ▢
卡服务网点(3) ‖ ▢
总计▢张(4)
PSAM卡应用统计↓9 ‖ PSAM卡编号（权限）(2) ‖ 安装应用位置(2)
▢(2) ‖ ▢(2)
▢(2) ‖ ▢(2)
▢(2) ‖ ▢(2)
▢(2) ‖ ▢(2)
▢(2) ‖ ▢(2)
▢(2) ‖ ▢(2)
▢(2) ‖ ▢(2)
（如数量多，可另附PSAM卡应用统计清单）(4)
申请单位盖章：申请人：日期：(5)
"""

BEIJING_2 = """
使用单位名称 ‖ ▢(4)
所属区县 ‖ ▢ ‖ 管理部门 ‖ ▢(2)
PSAM卡管理员 ‖ ▢ ‖ 联系电话 ‖ ▢(2)
单位地址 ‖ ▢ ‖ 单位医保编码 ‖ ▢(2)
PSAM卡应用统计↓6 ‖ PSAM卡编号（权限） ‖ 安装应用位置(2) ‖ 注销理由
▢ ‖ ▢(2) ‖ □丢失□损坏□业务网点取消
▢ ‖ ▢(2) ‖ □丢失□损坏□业务网点取消
▢ ‖ ▢(2) ‖ □丢失□损坏□业务网点取消
▢ ‖ ▢(2) ‖ □丢失□损坏□业务网点取消
（如数量多，可另附PSAM卡应用统计清单）(4)
申请单位盖章：申请人：日期：(5)
卡安全服务网点经办人签字：注销时间：年月日时分秒(5)
"""

HEALTH_1 = """
使用单位名称 ‖ ▢(7)
所属区县 ‖ ▢(2) ‖ 管理部门(2) ‖ ▢(3)
SAM卡管理员 ‖ ▢(2) ‖ 联系电话(2) ‖ ▢(3)
单位地址 ‖ ▢(2) ‖ 单位医保编码(2) ‖ ▢(3)
安全存取模块(SAM)卡种类↓6 ‖ SAM卡用途(3) ‖ SAM卡权限(3) ‖ 数量(张)
用于医疗卫生机构受理居民的健康卡(3) ‖ 只读(3) ‖ ▢
用于医疗卫生机构受理居民的健康卡(3) ‖ 可读写(除精神病诊断信息的写入)(3) ‖ ▢
用于具有精神病诊断资质的医疗卫生机构受理居民健康卡(3) ‖ 可读写(3) ‖ ▢
用于居民健康卡服务网点(3) ‖ 只解锁(3) ‖ ▢
总计(6) ‖ ▢张
安全存取模块(SAM)卡安装应用位置↓5 ‖ SAM卡编号 ‖ 安装应用位置(4) ‖ SAM卡权限(2)
▢ ‖ ▢(4) ‖ ▢(2)
▢ ‖ ▢(4) ‖ ▢(2)
▢ ‖ ▢(4) ‖ ▢(2)
(如数量多,可另附安全存取模块(SAM)卡安装应用位置清单)(7)
申请单位盖章:申请人:日期:(8)
管理机构盖章:负责人:日期:(8)
经办人签字:日期:(8)
"""

HEALTH_2 = """
使用单位名称 ‖ ▢(6)
所属区县 ‖ ▢(2) ‖ 管理部门(2) ‖ ▢(2)
安全存取模块(SAM)卡管理员 ‖ ▢(2) ‖ 联系电话(2) ‖ ▢(2)
单位地址 ‖ ▢(2) ‖ 单位编码(2) ‖ ▢(2)
安全存取模块(SAM)卡应用统计↓5 ‖ 安全存取模块(SAM)卡编号 ‖ SAM卡权限(2) ‖ 安装应用位置(2) ‖ 注销理由
▢ ‖ ▢(2) ‖ ▢(2) ‖ □丢失□损坏□业务网点取消
▢ ‖ ▢(2) ‖ ▢(2) ‖ □丢失□损坏□业务网点取消
▢ ‖ ▢(2) ‖ ▢(2) ‖ □丢失□损坏□业务网点取消
(如数量多,可另附安全存取模块(SAM)卡应用统计清单)(6)
安全存取模块(SAM)卡归还数量 ‖ ▢(6)
申请单位盖章:申请人:日期:(7)
管理机构盖章:负责人:日期:(7)
经办人签字:注销时间:年月日时分秒(7)
"""

JIEYANG_2 = """
使用机构名称 ‖ ▢(3)
机构类别 ‖ □社会保障卡“一卡通”业务经办窗口单位□揭阳市基本医疗保险定点医药机构\
□社会保障卡合作银行□社会保障卡应用拓展机构(3)
地址 ‖ ▢ ‖ 单位医保编码（限定点医药机构） ‖ ▢
PSAM卡管理专人 ‖ ▢ ‖ 联系电话 ‖ ▢
合作银行（银联） ‖ ▢ ‖ 申领数量（张） ‖ ▢
PSAM卡应用统计↓9 ‖ PSAM卡卡号 ‖ 使用地点、终端(2)
▢ ‖ ▢(2)
▢ ‖ ▢(2)
▢ ‖ ▢(2)
▢ ‖ ▢(2)
▢ ‖ ▢(2)
▢ ‖ ▢(2)
▢ ‖ ▢(2)
（如数量多，可另附清单）(3)
申请单位盖章：申请人：日期：(4)
市人力资源和社会保障局审核意见：经办：发放日期：年月日(4)
"""

JIEYANG_3 = """
使用机构名称 ‖ ▢(5)
地址 ‖ ▢(2) ‖ 单位医保编码（限定点医药机构） ‖ ▢(2)
PSAM卡管理专人 ‖ ▢(2) ‖ 联系电话 ‖ ▢(2)
PSAM卡应用统计↓6 ‖ PSAM卡卡号 ‖ 使用地点(2) ‖ 注销理由 ‖ 卡是否交回
▢ ‖ ▢(2) ‖ □丢失（附情况说明）□业务调整无需再使用□不可抗拒原因损坏 ‖ □是□否
▢ ‖ ▢(2) ‖ □丢失（附情况说明）□业务调整无需再使用□不可抗拒原因损坏 ‖ □是□否
▢ ‖ ▢(2) ‖ □丢失（附情况说明）□业务调整无需再使用□不可抗拒原因损坏 ‖ □是□否
▢ ‖ ▢(2) ‖ □丢失（附情况说明）□业务调整无需再使用□不可抗拒原因损坏 ‖ □是□否
（如数量多，可另附清单）(5)
申请单位盖章：申请人：日期：(6)
市人力资源和社会保障局经办：注销时间：年月日时分秒(6)
"""

GRIDS = dict(zip(FORMS, (BEIJING_1, BEIJING_2, HEALTH_1, HEALTH_2, JIEYANG_2, JIEYANG_3), strict=True))

# What stands above and below the table, in reading order, the table left out (…).
AROUND = dict(
    zip(
        FORMS,
        (
            "表1：北京市社会保障PSAM卡申领发放表编号：…注：1．编号、PSAM卡编号(权限)栏由密钥管理单位填写。"
            "2．安装应用位置由使用单位填写。3．本表一式2份，使用单位和密钥管理单位各留存1份。",
            "表2：北京市社会保障PSAM卡注销表编号：…注：1．编号栏由密钥管理单位填写。"
            "2．本表一式2份，使用单位和密钥管理单位各留存1份。",
            "附表1:居民健康卡安全存取模块(SAM)卡申领表编号:注:1、编号、SAM卡编号由密钥管理单位填写。"
            "2、本表一式2份,使用单位和密钥管理单位各留存1份…",
            "附表2:居民健康卡安全存取模块(SAM)卡注销表编号:…",
            "附件2揭阳市社会保障PSAM卡申领表编号：…注：PSAM卡卡号由市人力资源和社会保障局填写。",
            "附件3揭阳市社会保障PSAM卡注销表编号：…",
        ),
        strict=True,
    )
)


def as_read(table: str) -> str:
    """The labels of a table in the order in which they are set: one over n rows stands before the last of them."""
    rows: dict[int, list[str]] = {}
    for row, line in enumerate(table.strip("\n").splitlines()):
        for cell in line.split(" ‖ "):
            over = re.search(r"↓(\d)$", cell)
            rows.setdefault(row + int(over[1]) - 1 if over else row, []).append(re.sub(r"(\(\d\))?(↓\d)?$|▢", "", cell))
    return "".join(cell for row in sorted(rows) for cell in rows[row])


@pytest.mark.parametrize(("book", "form"), FORMS)
def test_form_has_the_rows_and_cells_of_its_regulation(book: str, form: Form) -> None:
    assert grid(form_of(book, form), facts_of(form, 0, EMPTY, "")) == GRIDS[book, form].strip("\n").splitlines()


@pytest.mark.parametrize(("book", "form"), FORMS)
def test_printed_blank_form_reads_as_its_regulation_and_says_nothing_else(book: str, form: Form) -> None:
    """Heading, labels row by row, notes, as a program reads them out of the PDF; blank means blank."""
    printed = bare(text(render(form_of(book, form), facts_of(form, 0, EMPTY, "")), 1))
    printed = re.sub(
        "附件[23]式样未随文公布，本式样系推定|所存文本残缺，个别栏目系推定|(一式2份之第1份，)?第1页，共1页", "", printed
    )
    assert printed == bare(AROUND[book, form].replace("…", as_read(GRIDS[book, form])))


@pytest.mark.parametrize("book", ["beijing", "health"])
@pytest.mark.parametrize(("no", "form"), [("表1", Form.APPLICATION), ("表2", Form.CANCELLATION)])
def test_form_holds_every_cell_that_the_book_quotes(book: str, no: str, form: Form) -> None:
    printed = bare(text(render(form_of(book, form), facts_of(form, 0, EMPTY, ""))))
    quoted = re.split(r"\n|\s{4,}", library()[book].article(no).text.strip())
    assert len(quoted) > 20
    assert [cell for cell in quoted if bare(cell) not in printed] == []


def test_undertaking_is_the_notice_word_for_word_with_nothing_filled_in() -> None:
    printed = bare(text(render(form_of("jieyang", Form.UNDERTAKING), Undertaking())))
    assert printed == "附件1" + bare(library()["jieyang"].article("附件1").text) + "第1页，共1页"


def test_internal_rules_are_the_model_word_for_word_with_unit_and_day() -> None:
    facts = InternalRules(unit="揭阳市人民医院", issued_on=date(2026, 11, 21))
    printed = bare(text(render(form_of("jieyang", Form.INTERNAL_RULES), facts)))
    model = [each for each in library()["jieyang"].articles if each.no.startswith("内部管理规定（使用单位范本）")]
    wanted = bare("".join(each.heading + each.text for each in model))
    wanted = wanted.replace("[单位签章]年月日", "揭阳市人民医院[单位签章]2026年11月21日")
    assert re.sub(r"第\d页，共2页", "", printed) == wanted
