"""What the books say: which is in force where, whose procedures, what is refused, who keeps what, how it is read."""

from __future__ import annotations

from datetime import date

import pytest

from samkeeper.errors import BadInput, Refused
from samkeeper.lifecycle import MOVES, Part, Phase, Reason
from samkeeper.rules import refusals
from samkeeper.rules.book import NoProcedure, chosen, library
from samkeeper.rules.evidence import Form
from samkeeper.rules.walking import check, procedures
from samkeeper.rules.words import Case, UnitKind, Who
from samkeeper.verdicts import Kind

STORIES = ("application", "loss", "theft", "damage", "closure", "disqualification", "change", "life")
BOOKS = ("beijing", "jieyang", "health")

# What each book's cards go through, in its own order.
MOVES_OF = {
    ("beijing", "application"): "issue bind",
    ("beijing", "loss"): "suspend bind cancel",
    ("beijing", "theft"): "suspend bind cancel",
    ("beijing", "damage"): "hand_in pass_test cancel recover issue bind",
    ("beijing", "closure"): "hand_in cancel recover",
    ("beijing", "disqualification"): "cancel recover",
    ("beijing", "change"): "rebind",
    ("jieyang", "application"): "issue bind",
    ("jieyang", "loss"): "suspend cancel",
    ("jieyang", "theft"): "suspend cancel",
    ("jieyang", "damage"): "hand_in cancel recover",
    ("jieyang", "closure"): "cancel recover",
    ("jieyang", "change"): "rebind",
    ("health", "application"): "issue bind",
    ("health", "loss"): "suspend cancel",
    ("health", "theft"): "suspend cancel",
    ("health", "damage"): "hand_in pass_test cancel recover issue bind",
    ("health", "closure"): "hand_in take_back",
    ("health", "abolition"): "hand_in take_back",
    ("health", "surrender"): "hand_in cancel recover",
    ("health", "disqualification"): "cancel recover",
    ("health", "expiry"): "hand_in cancel recover issue bind",
    ("health", "worn_out"): "hand_in cancel recover destroy",
    ("health", "change"): "rebind",
    ("health", "purchase"): "admit",
}

# Moves that no text makes: the house rule that does, and where it stands in for the silent text.
HOUSE_MOVES = {
    "house 报失即挂失": ("beijing", "loss", "suspend"),
    "house 白卡入库": ("health", "production", "receive"),
    "house 初始化": ("jieyang", "production", "initialize"),
    "house 个人化": ("jieyang", "production", "personalize"),
    "house 成品入库": ("health", "production", "shelve"),
    "house 制卡报废": ("beijing", "spoilage", "scrap"),
    "house 成品卡入库": ("beijing", "purchase", "admit"),
    "house 期初建账": ("jieyang", "opening", "admit"),
    "house 安装启用": ("beijing", "application", "bind"),
    "house 入库前交回": ("health", "closure", "hand_in"),
    "house 失效卡先注销": ("health", "worn_out", "cancel"),
    "house 注销即收回": ("beijing", "closure", "recover"),
    "house 找回解挂": ("health", "found", "resume"),
    "house 违规停用": ("jieyang", "misuse", "suspend"),
    "house 密钥泄露处置": ("beijing", "compromise", "cancel"),
    "house 拆机": ("health", "removal", "unbind"),
    "house 销毁": ("beijing", "destruction", "destroy"),
}

# The contradictions and gaps inside the texts, each where it is read and a word by which the reading is known.
READINGS = (
    ("health", "第十五条第二款", "第十七条（二）写在服务网点"),
    ("health", "第十七条第三款", "业务网点取消"),
    ("health", "第十五条第三款", "未列“注销的”"),
    ("health", "表2", "单位医保编码"),
    ("beijing", "第十条", "北京市社会保障卡系统PSAM卡注销表"),
    ("beijing", "第十二条", "是否还须提交表2"),
    ("national", "第二十三条", "由省制作发行"),
    ("national", "第二十一条", "由省管理"),
    ("guangdong", "密钥管理", "第二十一条"),
    ("jieyang", "二、申领发放流程 第二款", "联系金融机构"),
    ("jieyang", "二、申领发放流程 第四款", "未写明注销用表"),
    ("jieyang", "二、申领发放流程 第五款", "未写明注销用表"),
    ("jieyang", "内部管理规定（使用单位范本） 四、挂失、补办与销毁", "至交回为止"),
    ("jieyang", "内部管理规定（使用单位范本） 三、职责与权限", "次序"),
    ("national", "第二十六条", "逐张报告"),
)


def test_nearest_place_and_day_choose_the_book() -> None:
    assert chosen("social", "445202", date(2024, 2, 23)).name == "jieyang"
    assert chosen("social", "445202", date(2024, 2, 22)).name == "guangdong"
    assert chosen("social", "110108", date(2020, 1, 1)).name == "beijing"
    assert chosen("social", "310000", date(2020, 1, 1)).name == "national"
    assert chosen("health", "445202", date(2024, 3, 1)).name == "health"


def test_no_book_in_force_is_refused_with_the_day_and_place() -> None:
    with pytest.raises(Refused, match="2000年01月01日在区划310000没有适用于社会保障PSAM卡的规则"):
        chosen("social", "310000", date(2000, 1, 1))


@pytest.mark.parametrize("name", library())
def test_every_procedure_can_be_walked_by_the_lifecycle(name: str) -> None:
    assert check(library()[name])


@pytest.mark.parametrize(("address", "moves"), MOVES_OF.items())
def test_procedure_makes_the_moves_of_its_text(address: tuple[str, str], moves: str) -> None:
    name, case = address
    assert " ".join(step.does for step in library()[name].procedure(case).steps if step.does) == moves


@pytest.mark.parametrize("name", BOOKS)
def test_life_goes_from_blank_chip_to_destroyed_card(name: str) -> None:
    moves = [step.does for step in library()[name].procedure("life").steps if step.does]
    assert moves[:6] == ["receive", "initialize", "personalize", "shelve", "issue", "bind"]
    assert moves[-3:] == ["cancel", "recover", "destroy"]


def test_story_that_a_book_does_not_have_names_the_books_that_do() -> None:
    missing = []
    for name in BOOKS:
        for case in STORIES:
            try:
                library()[name].procedure(case)
            except NoProcedure as refused:
                missing.append((name, case, refused.message))
    ((name, case, message),) = missing
    assert (name, case) == ("jieyang", "disqualification")
    assert "有此流程的规则：beijing（" in message
    assert "health（" in message


def test_unknown_procedure_names_those_there_are() -> None:
    with pytest.raises(BadInput, match="可用的流程：application、loss"):
        library()["beijing"].procedure("losss")


def test_every_move_has_a_source_in_every_book_but_those_that_the_texts_do_not_know() -> None:
    """Only the health rules take a card back into stock (第十七条第三款), and Jieyang knows no test of a card."""
    sourceless = {
        (name, move)
        for name in BOOKS
        for move in MOVES
        if not any(step.does == move for procedure in procedures(library()[name]) for step in procedure.steps)
    }
    assert sourceless == {("beijing", "take_back"), ("jieyang", "take_back"), ("jieyang", "pass_test")}


def test_house_steps_say_that_they_are_ours() -> None:
    for name in BOOKS:
        for procedure in procedures(library()[name]):
            for step in procedure.steps:
                assert step.is_house == str(step.clause).startswith("本系统规则")


@pytest.mark.parametrize(("address", "where"), HOUSE_MOVES.items())
def test_house_rule_makes_the_move_where_the_text_is_silent(address: str, where: tuple[str, str, str]) -> None:
    name, case, move = where
    step = library()[name].procedure(case).making(move)
    assert f"house {step.clause.article}" == address


def test_step_keys_are_distinct_within_a_procedure() -> None:
    for book in library().values():
        for procedure in procedures(book):
            keys = [step.key for step in procedure.steps]
            assert len(set(keys)) == len(keys)
            assert all(procedure.step(key).key == key for key in keys)


def test_clauses_are_written_as_printed() -> None:
    def clause(name: str, case: str, move: str) -> str:
        return str(library()[name].procedure(case).making(move).clause)

    assert clause("beijing", "loss", "cancel") == "北京市社会保障PSAM卡管理试行办法实施细则 第八条（三）"
    assert clause("health", "theft", "cancel") == "居民健康卡安全存取模块(SAM)卡生命周期管理办法 第十七条第五款"
    assert clause("jieyang", "loss", "cancel").endswith("规范管理的通知 二、申领发放流程 第四款")
    assert clause("beijing", "loss", "suspend") == "本系统规则 报失即挂失"


def test_reasons_follow_the_case_and_the_article() -> None:
    def reason(name: str, case: str) -> Reason | None:
        return library()[name].procedure(case).making("cancel").reason

    assert reason("beijing", "theft") is Reason.STOLEN
    assert reason("jieyang", "closure") is Reason.BUSINESS_CHANGE
    assert reason("jieyang", "damage") is Reason.FORCE_MAJEURE
    assert reason("health", "surrender") is Reason.UNIT_REQUEST
    assert library()["beijing"].procedure("loss").making("bind").reason is None


def test_refusals_are_those_of_beijing_13_and_health_15() -> None:
    beijing, health = refusals(library()["beijing"]), refusals(library()["health"])
    assert beijing.kinds == frozenset(Kind)
    assert (beijing.article, beijing.binds) == ("第十三条", frozenset({UnitKind.DESIGNATED_MEDICAL}))
    assert beijing.clause == "北京市社会保障PSAM卡管理试行办法实施细则 第十三条"
    assert health.kinds == {Kind.COUNTERFEIT, Kind.FOREIGN, Kind.UNAUTHORIZED}
    assert (health.article, health.binds) == ("第十五条", frozenset())


@pytest.mark.parametrize("name", ["jieyang", "national", "guangdong"])
def test_books_without_a_refusal_refuse_nothing(name: str) -> None:
    assert not refusals(library()[name]).kinds


def test_health_purposes_carry_their_permission_masks() -> None:
    masks = {purpose.permission: purpose.mask for purpose in library()["health"].purposes}
    assert masks == {"只读": 0b1, "可读写(除精神病诊断信息的写入)": 0b11, "可读写": 0b111, "只解锁": 0b1000}
    assert {purpose.mask for purpose in library()["beijing"].purposes} == {-1}


def test_health_card_is_prepared_by_its_issuer_with_what_the_maker_hands_over() -> None:
    """health 第十条 (transport key, script), health 第十一条 (files, keys, data)"""
    procedure = library()["health"].procedure("production")
    initialize, personalize = procedure.making("initialize"), procedure.making("personalize")
    assert (initialize.clause.short, initialize.actor) == ("第十条", "SAM卡发行单位")
    assert (personalize.clause.short, personalize.actor) == ("第十一条", "SAM卡发行单位")


def test_beijing_waives_the_change_procedure_of_its_parent() -> None:
    """beijing 第四条 sets beijing_2009 第六条 aside."""
    (step,) = library()["beijing"].procedure("change").steps
    assert step.clause.short == "第四条"
    assert step.needs == ()
    assert library()["beijing_2009"].procedure("change").making("rebind").needs


def test_jieyang_says_itself_who_issues_cards_and_keeps_keys_where_its_parents_disagree() -> None:
    books = {name: library()[name].custody for name in ("jieyang", "guangdong", "national")}
    assert {name: custody.card_issuer for name, custody in books.items() if custody} == {
        "jieyang": Who.MINISTRY,
        "guangdong": Who.PROVINCE,
        "national": Who.MINISTRY,
    }
    assert {name: custody.keys["city"] for name, custody in books.items() if custody} == {
        "jieyang": Who.PROVINCE,
        "guangdong": Who.PROVINCE,
        "national": Who.CITY,
    }


@pytest.mark.parametrize(("name", "no", "word"), READINGS)
def test_contradiction_of_the_texts_is_read_openly(name: str, no: str, word: str) -> None:
    assert word in library()[name].article(no).reading


def test_official_titles_of_forms_are_those_printed() -> None:
    titles = {name: library()[name].form_name(Form.CANCELLATION) for name in BOOKS}
    assert titles == {
        "beijing": "《北京市社会保障PSAM卡注销表》（表2）",
        "jieyang": "《揭阳市社会保障PSAM卡注销表》（附件3）",
        "health": "《居民健康卡安全存取模块(SAM)卡注销表》（表2）",
    }
    assert not library()["jieyang"].forms[Form.APPLICATION].printed
    assert library()["beijing"].form_name(Form.WITHDRAWAL_LIST) == "取消定点医疗机构的名单"


def test_bodies_are_called_as_the_book_calls_them() -> None:
    actors = {name: library()[name].procedure("loss").making("suspend").actor for name in BOOKS}
    assert actors == {"beijing": "使用单位", "jieyang": "使用机构", "health": "使用单位"}


def test_unknown_article_names_those_there_are() -> None:
    with pytest.raises(Refused, match="没有“第十六条”；现有：题名、第一条"):
        library()["beijing"].article("第十六条")


def test_four_kinds_of_unit_may_apply_in_jieyang_each_with_supervisors() -> None:
    units = {unit.kind: unit.supervisors for unit in library()["jieyang"].units}
    assert set(units) == {
        UnitKind.BUSINESS_WINDOW,
        UnitKind.DESIGNATED_MEDICAL,
        UnitKind.DESIGNATED_PHARMACY,
        UnitKind.COOPERATING_BANK,
        UnitKind.EXTENSION_BODY,
    }
    assert "医疗保障部门" in units[UnitKind.DESIGNATED_PHARMACY]


def test_book_without_custody_of_its_own_takes_the_nearest_above() -> None:
    beijing = library()["beijing"].keeping()
    assert beijing is library()["national"].custody
    assert library()["jieyang"].keeping() is library()["jieyang"].custody


def test_enumerated_words_are_the_texts_own() -> None:
    jieyang = library()["jieyang"]
    assert jieyang.lists["promises"].words == ("保密义务", "合法使用", "遵守规定", "及时归还", "责任承担")
    assert len(jieyang.lists["liability"].words) == 6
    phases = library()["health"].lists["phases"].words
    assert tuple(f"{phase}阶段" for phase in Phase) == phases


def test_move_of_an_act_that_is_received_is_the_receivers() -> None:
    step = library()["jieyang"].procedure("loss").making("cancel")
    assert (step.actor, step.receiver, step.part) == ("使用机构", "市人力资源和社会保障局", Part.DESK)


def test_loss_is_a_case_that_only_places_with_a_city_book_have() -> None:
    with pytest.raises(NoProcedure):
        library()["national"].procedure(Case.LOSS)
