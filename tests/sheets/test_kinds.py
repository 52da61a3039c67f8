from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samkeeper.sheets import (
    Kind,
    area_code,
    choice,
    date_,
    digits,
    moment,
    money,
    phone,
    sam_no,
    serial_no,
    social_credit_code,
    text,
    unit_no,
    whole,
    yes_no,
)
from samkeeper.sheets.codes import CREDIT_ALPHABET, credit_check_char


@pytest.mark.parametrize(
    ("kind", "given_text", "value"),
    [
        (text(), "第一\n人民　医院", "第一 人民 医院"),
        (text(2), "𱍐𱍑", "𱍐𱍑"),
        (digits(6), "００1２34", "001234"),
        (whole(-5), "-5", -5),
        (whole(), "1,234", 1234),
        (money, "1234.5", 123450),
        (money, "¥1,234.50元", 123450),
        (money, "￥0.07", 7),
        (choice({"在用": 1, "停用": 2}), " 停 用 ", 2),
        (yes_no, "√", True),
        (yes_no, "无", False),
        (area_code, "445202", "445202"),
        (area_code, "４４５２００", "445200"),
        (social_credit_code, "91350100m000100y43", "91350100M000100Y43"),
        (unit_no, "h44010400356", "H44010400356"),
        (sam_no, "0123 0000 3d11", "012300003D11"),
        (serial_no, "2301010100000021224a", "2301010100000021224A"),
        (phone, "138-0000-0000", "13800000000"),
        (phone, "+86 13800000000", "13800000000"),
        (phone, "（0663）8765432", "0663-8765432"),
        (phone, "010-82345678-801", "010-82345678-801"),
        (date_, "2026-11-21", date(2026, 11, 21)),
        (date_, "2026/1/2", date(2026, 1, 2)),
        (date_, "2026.01.02", date(2026, 1, 2)),
        (date_, "2026年11月21日", date(2026, 11, 21)),
        (date_, "20261121", date(2026, 11, 21)),
        (date_, "２０２６－１１－２１", date(2026, 11, 21)),
        (date_, "2026-11-21 00:00:00", date(2026, 11, 21)),
        (moment, "2026-11-21 14:03:22", datetime(2026, 11, 21, 6, 3, 22, tzinfo=UTC)),
        (moment, "2026/11/21 4:03:22", datetime(2026, 11, 20, 20, 3, 22, tzinfo=UTC)),
        (moment, "2026年11月21日14时3分22秒", datetime(2026, 11, 21, 6, 3, 22, tzinfo=UTC)),
        (moment, "20261121140322", datetime(2026, 11, 21, 6, 3, 22, tzinfo=UTC)),
        (moment, "2026-11-21T06:03:22Z", datetime(2026, 11, 21, 6, 3, 22, tzinfo=UTC)),
        (moment, "2026-11-21T14:03:22+08:00", datetime(2026, 11, 21, 6, 3, 22, tzinfo=UTC)),
    ],
)
def test_kind_reads_what_people_write(kind: Kind[object], given_text: str, value: object) -> None:
    assert kind(given_text) == value


@pytest.mark.parametrize(
    ("kind", "given_text", "says"),
    [
        (text(3), "四个字吧", "有 4 个字，超过 3 个字；"),
        (text(), "a\x07b", "控制字符；"),
        (digits(6), "12345", "应为 6 位数字，现有 5 位；"),
        (digits(6), "12345x", "只能填数字；"),
        (whole(1, 9), "10", "应在 1 到 9 之间；"),
        (whole(), "1.5", "应为整数；"),
        (whole(), "1,23", "应为整数；"),
        (money, "0.005", "至多两位小数"),
        (money, "-1", "以元为单位的金额"),
        (choice({"在用": 1, "停用": 2}), "报废", "应为在用、停用之一；"),
        (yes_no, "也许", "应为是、否之一；"),
        (area_code, "4452", "6 位数字"),
        (area_code, "995202", "不是行政区划代码"),
        (area_code, "440001", "不是行政区划代码"),
        (social_credit_code, "91350100M000100Y44", "校验码应为 3；"),
        (social_credit_code, "91350100M000100Y4", "应为 18 位，现有 17 位；"),
        (social_credit_code, "9135O100M000100Y43", "不用的字符 O；"),
        (unit_no, "12", "4 到 20 位"),
        (sam_no, "01230000", "应为 12 位数字或字母 A 到 F，现有 8 位；"),
        (sam_no, "01230000333G", "应为 12 位"),
        (serial_no, "230101010000002122", "现有 18 位；"),
        (serial_no, "FF010101000000212241", "尚未发行；"),
        (phone, "12345", "不是电话号码；"),
        (date_, "2026-02-30", "没有这一天；"),
        (date_, "46347", "应为日期；"),
        (date_, "2026-11/21", "应为日期；"),
        (date_, "0026-11-21", "年份不在 1950 到 2099 之间；"),
        (date_, "2026-11-21 08:00:00", "应为日期；"),
        (moment, "2026-11-21 14:03", "精确到秒"),
        (moment, "2026-11-21", "精确到秒"),
        (moment, "2026-11-21 25:03:22", "没有这个时间；"),
        (moment, "1926-11-21 14:03:22", "年份不在"),
    ],
)
def test_kind_says_what_is_wrong_and_what_to_do(kind: Kind[object], given_text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as refusal:
        kind(given_text)
    message, _, remedy = str(refusal.value).partition("；")
    assert message and remedy


@given(st.text(CREDIT_ALPHABET, min_size=17, max_size=17), st.integers(0, 16), st.sampled_from(CREDIT_ALPHABET))
def test_credit_code_catches_every_single_mistyped_character(first17: str, place: int, typed: str) -> None:
    code = first17 + credit_check_char(first17)
    assert social_credit_code(code) == code
    mistyped = code[:place] + typed + code[place + 1 :]
    if mistyped != code:
        with pytest.raises(ValueError, match="校验码"):
            social_credit_code(mistyped)


@given(st.integers(0, 10**14))
def test_money_comes_back_to_the_fen(fen: int) -> None:
    assert money(money.show(fen)) == fen


@given(st.datetimes(datetime(1992, 1, 1), datetime(2099, 12, 30)))
def test_moment_comes_back_to_the_second(naive: datetime) -> None:
    at = naive.replace(microsecond=0, tzinfo=UTC)
    assert moment(moment.show(at)) == at


@given(st.text(max_size=30))
def test_no_kind_fails_with_anything_but_a_sentence(given_text: str) -> None:
    for kind in (money, area_code, social_credit_code, unit_no, sam_no, serial_no, phone, date_, moment, yes_no):
        try:
            kind(given_text)
        except ValueError as refusal:
            assert "；" in str(refusal)
