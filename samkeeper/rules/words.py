"""The closed lists of words that a rulebook may use, each with its Chinese name.

A word that is not here does not load (`loading`), so a typing error in a city's file is named at once instead of
quietly changing the law. A word never leaves a list while an open case uses it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from samkeeper.lifecycle import Part, Reason


class Word(StrEnum):
    """A word of a rulebook with the name that a user reads."""

    label: str

    def __new__(cls, value: str, label: str = "") -> Self:
        word = str.__new__(cls, value)
        word._value_ = value
        word.label = label
        return word


class Effect(Word):
    """What an article does."""

    PROCEDURE = "procedure", "办理流程"
    DUTY = "duty", "职责"
    DEFINITION = "definition", "定义"
    SCREENING = "screening", "交易监督"
    NONE = "none", "无业务效力"


class Case(Word):
    """The procedures. The first eight are those of `samkeeper story`; `life` is a chain of others."""

    APPLICATION = "application", "申领"
    LOSS = "loss", "丢失"
    THEFT = "theft", "被盗"
    DAMAGE = "damage", "损坏"
    CLOSURE = "closure", "网点取消或不再使用"
    DISQUALIFICATION = "disqualification", "取消资格"
    CHANGE = "change", "变更"
    LIFE = "life", "全生命周期"
    ADDED_WINDOW = "added_window", "增加窗口"
    REISSUE = "reissue", "补办"
    PURCHASE = "purchase", "统一申领（购卡）"
    CUSTODIAN = "custodian", "变更专人"
    EXPIRY = "expiry", "超期更换"
    SURRENDER = "surrender", "主动申请注销"
    ABOLITION = "abolition", "使用机构取消"
    WORN_OUT = "worn_out", "完全失效交回"
    MISUSE = "misuse", "违规使用"
    FOUND = "found", "找回或恢复使用"
    REMOVAL = "removal", "拆机"
    DESTRUCTION = "destruction", "销毁"
    PRODUCTION = "production", "制卡"
    SPOILAGE = "spoilage", "制卡报废"
    OPENING = "opening", "期初建账"
    COMPROMISE = "compromise", "密钥泄露处置"
    INCIDENT = "incident", "安全事故"
    CARRIER_HANDOVER = "carrier_handover", "密钥载体移交"
    UNIT_ISSUE = "unit_issue", "单位内部发放"
    UNIT_LOSS = "unit_loss", "单位内部挂失"
    UNIT_EXCHANGE = "unit_exchange", "单位内部补办"
    UNIT_DESTRUCTION = "unit_destruction", "单位内部销毁"
    UNIT_CHECK = "unit_check", "单位内部检查"
    INSPECTION = "inspection", "跟踪核查"
    DORMANCY = "dormancy", "长期不用核查"
    AREA_REGISTRATION = "area_registration", "发卡注册"
    AREA_CHANGE = "area_change", "发卡事项变更"
    TEST_CARD = "test_card", "测试卡"
    CARD_MAKING = "card_making", "个人卡制作"
    CROSS_REGION = "cross_region", "跨地区应用接入"
    EXTRA_FUNCTION = "extra_function", "搭载其他功能"
    INVALID_LIST = "invalid_list", "失效名单"
    CHIP_FILING = "chip_filing", "芯片备案"
    HSM_ADMISSION = "hsm_admission", "加密机选用"
    PRODUCT_CHOICE = "product_choice", "产品选用"
    PRODUCT_CHECK = "product_check", "产品检查"
    MAKER_ADMISSION = "maker_admission", "厂商备案准入"
    FEE_PERMIT = "fee_permit", "收费许可"


# Why a card moves when the article gives no reason of its own.
CASE_REASONS = {
    Case.LOSS: Reason.LOST,
    Case.THEFT: Reason.STOLEN,
    Case.DAMAGE: Reason.DAMAGED,
    Case.CLOSURE: Reason.OUTLET_CLOSED,
    Case.DISQUALIFICATION: Reason.DISQUALIFIED,
    Case.EXPIRY: Reason.EXPIRED,
    Case.SURRENDER: Reason.UNIT_REQUEST,
    Case.ABOLITION: Reason.INSTITUTION_ABOLISHED,
    Case.WORN_OUT: Reason.DAMAGED,
    Case.MISUSE: Reason.MISUSED,
    Case.COMPROMISE: Reason.KEY_COMPROMISE,
}


class CardRole(Word):
    """Which card of the case a step means."""

    SUBJECT = "subject", "本卡"
    SPARE = "spare", "备用卡"
    NEW = "new", "新卡"


class CardKind(Word):
    """The two kinds of card, each under its own books."""

    SOCIAL = "social", "社会保障PSAM卡"
    HEALTH = "health", "居民健康卡SAM卡"


class Who(Word):
    """Who acts, in the texts' own words.

    `part`: which part in the lifecycle's play the body has, None for one that moves no card.
    """

    part: Part | None

    def __new__(cls, value: str, label: str = "", part: str = "") -> Self:
        word = str.__new__(cls, value)
        word._value_ = value
        word.label = label
        word.part = Part(part) if part else None
        return word

    INSTITUTION = "institution", "使用单位", "institution"
    RESPONSIBLE_UNIT = "responsible_unit", "责任单位", "institution"
    MANAGEMENT = "management", "公司管理层", "institution"
    INFOSEC = "infosec", "信息安全部门", "institution"
    DEPARTMENT_HEAD = "department_head", "使用部门负责人", "institution"
    EMPLOYEE = "employee", "使用人员", "institution"
    DESK = "desk", "经办网点", "desk"
    OUTLET = "outlet", "卡安全服务网点", "desk"
    SERVICE_POINT = "service_point", "居民健康卡服务网点", "desk"
    BUREAU = "bureau", "市人力资源和社会保障局", "desk"
    CENTRE = "centre", "所属居民健康卡注册管理中心", "desk"
    CENTRE_MANAGER = "centre_manager", "居民健康卡注册管理中心SAM卡管理人员", "desk"
    CENTRE_KEEPER = "centre_keeper", "居民健康卡注册管理中心SAM卡保管人员", "desk"
    ISSUER = "issuer", "发卡管理机构", "issuer"
    KEY_AUTHORITY = "key_authority", "密钥管理单位", "issuer"
    SAM_ISSUER = "sam_issuer", "SAM卡发行单位", "issuer"
    PROVINCE_CENTRE = "province_centre", "省级居民健康卡注册管理中心", "issuer"
    MINISTRY_CENTRE = "ministry_centre", "卫生部居民健康卡注册管理中心", "issuer"
    MINISTRY = "ministry", "人力资源社会保障部", "issuer"
    PROVINCE = "province", "省级人力资源社会保障部门", "issuer"
    CITY = "city", "地市级人力资源社会保障部门", "issuer"
    MINISTRY_OFFICE = "ministry_office", "人力资源社会保障部信息化领导小组办公室"
    HRSS = "hrss", "各级人力资源社会保障部门"
    ISSUING_AREA = "issuing_area", "发卡地区"
    CARD_AUTHORITY = "card_authority", "卡管理机构"
    COS_MAKER = "cos_maker", "COS开发商"
    CHIP_MAKER = "chip_maker", "芯片厂商"
    CARD_MAKER = "card_maker", "SAM卡片制造商"
    TEST_HOUSE = "test_house", "指定检测机构"
    SUPERVISION_SYSTEM = "supervision_system", "监督系统"
    MEDICAL_SECURITY = "medical_security", "医疗保障部门"


class UnitKind(Word):
    """Kinds of using unit, as the texts sort them."""

    DESIGNATED_MEDICAL = "designated_medical", "定点医疗机构"
    DESIGNATED_PHARMACY = "designated_pharmacy", "定点零售药店"
    BUSINESS_WINDOW = "business_window", "社会保障卡“一卡通”业务经办窗口单位"
    COOPERATING_BANK = "cooperating_bank", "社会保障卡合作银行"
    EXTENSION_BODY = "extension_body", "社会保障卡应用拓展机构"
    HEALTH_PROVIDER = "health_provider", "医疗卫生机构"
    HEALTH_SERVICE_POINT = "health_service_point", "居民健康卡服务网点"


class Verdict(Word):
    """What the bench found. `inconclusive` meets no need: a person decides."""

    SOUND = "sound", "无故障"
    FAULTY = "faulty", "确认损坏"
    INCONCLUSIVE = "inconclusive", "无法判定"


class Agreement(Word):
    """The state of a unit's agreement as the medical-insurance system answers."""

    IN_FORCE = "in_force", "有效状态"
    NOT_IN_FORCE = "not_in_force", "无效状态"
    UNREACHABLE = "unreachable", "暂时无法查询"


class FeeKind(Word):
    """What a unit pays for; no text gives an amount."""

    FIRST_ISSUE = "first_issue", "首次申领费用"
    ADDED_WINDOW = "added_window", "增加窗口购卡费用"
    REISSUE = "reissue", "补办购卡费用"
    OUT_OF_WARRANTY = "out_of_warranty", "质保期外更换费用"
    PAST_VALIDITY = "past_validity", "超过使用有效期限更换费用"


class Refund(Word):
    SELF_BOUGHT = "self_bought", "退还自费购卡费用"


class Role(Word):
    """A person's part in one case; persons in different roles are compared for the separation of duties."""

    APPLICANT = "applicant", "申请人"
    CUSTODIAN = "custodian", "专人"
    CARRIER = "carrier", "领卡专人"
    OFFICER = "officer", "经办人"
    CHECKER = "checker", "复核人"
    APPROVER = "approver", "审批人"
    KEEPER = "keeper", "保管人员"
    SUPERVISOR = "supervisor", "监督专人"
    WITNESS = "witness", "见证人"
    DEPARTMENT_HEAD = "department_head", "部门负责人"
    MANAGEMENT = "management", "公司管理层"


class When(Word):
    """When a step applies (`conditions` asks the facts). `label` completes 「仅…时适用」 on screen."""

    SPARE = "spare", "单位有备用卡"
    DESIGNATED_MEDICAL = "designated_medical", "单位是定点医疗机构"
    MEDICAL_OR_PHARMACY = "medical_or_pharmacy", "单位是定点医药机构"
    BANK_OR_EXTENSION = "bank_or_extension", "单位是合作银行或应用拓展机构"
    OUT_OF_WARRANTY = "out_of_warranty", "更换的卡已过质保期"
    PAST_VALIDITY = "past_validity", "更换的卡已超过使用有效期限"
    SELF_BOUGHT = "self_bought", "卡由单位自费购买且未测出故障"
    FAULTY = "faulty", "检测确认损坏"
    SOUND = "sound", "检测无故障"
    PSYCHIATRIC_PURPOSE = "psychiatric_purpose", "申领具有精神病诊断资质单位所用的可读写卡"
    UNLOCK_PURPOSE = "unlock_purpose", "申领只解锁的卡"
    PLACE = "place", "变更使用位置"
    STRUCTURE = "structure", "变更卡面、卡内文件结构"
    SUPPLY = "supply", "变更供卡厂商和产品、发卡人群或数量"
    PROVINCE_APPLIES = "province_applies", "由省级部门申请发卡"
    CITY_APPLIES = "city_applies", "由地市级部门申请发卡"
    THIRD_PARTY = "third_party", "由第三方机构承办制作"
