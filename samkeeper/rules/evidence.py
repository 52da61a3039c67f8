"""The closed lists of what can be shown: papers, records, checks, notices, certificates.

They are the nouns of the needs (`needs`); the office keeps a row for each one that it receives or makes.
"""

from __future__ import annotations

from samkeeper.rules.words import Word


class Form(Word):
    """Papers. A book that has an official form for one prints that form's own title instead of this name."""

    APPLICATION = "application", "申领表"
    CANCELLATION = "cancellation", "注销表"
    UNDERTAKING = "undertaking", "使用承诺书"
    LOSS_STATEMENT = "loss_statement", "丢失情况说明"
    AGREEMENT_COPY = "agreement_copy", "与银行（银联）相关合作协议书复印件"
    CHANGE_REQUEST = "change_request", "变更申请"
    CHANGE_REPORT = "change_report", "基本信息变更报备材料"
    CLOSURE_REQUEST = "closure_request", "业务办理点取消或不再使用的申请"
    CANCELLATION_REQUEST = "cancellation_request", "注销申请"
    REISSUE_REQUEST = "reissue_request", "补领申请"
    PURCHASE_APPLICATION = "purchase_application", "列出并汇总省内各使用单位用途、权限及数量的申领表"
    WITHDRAWAL_LIST = "withdrawal_list", "取消定点医疗机构的名单"
    WITHDRAWAL_DECISION = "withdrawal_decision", "管理机构取消资格的书面决定或名单"
    INTERNAL_RULES = "internal_rules", "PSAM卡内部管理制度"
    UNIT_REQUEST = "unit_request", "加密卡使用申请"
    UNIT_PROOF = "unit_proof", "相关证明文件（如工作需要、岗位职责等）"
    OPENING_LIST = "opening_list", "期初卡片清单"
    CONFIDENTIALITY_AGREEMENT = "confidentiality_agreement", "保密协议"
    SECURITY_PLAN = "security_plan", "第三方安全管理方案"
    CAUSE_REPORT = "cause_report", "事故原因查明报告"
    EMERGENCY_PLAN = "emergency_plan", "社会保障卡安全管理应急预案"
    IMPLEMENTATION_PLAN = "implementation_plan", "实施方案（应用设计、费用解决、信息采集、具体发行）"
    AREA_APPLICATION = "area_application", "社会保障卡发行注册申请表"
    PREPARATION_REPORT = "preparation_report", "社会保障卡发行筹备情况说明"
    FILE_STRUCTURE = "file_structure", "应用领域和卡内应用文件结构"
    CARD_FACE = "card_face", "卡面样式"
    AREA_RULES = "area_rules", "本地区社会保障卡管理办法和实施细则"
    OTHER_MATERIALS = "other_materials", "人力资源社会保障部要求提供的其他材料"
    HOLDER_DATA = "holder_data", "发卡对象的个人资料"
    APPROVAL_LETTER = "approval_letter", "人力资源社会保障部的批复件"
    FILE_SYSTEM_SCRIPT = "file_system_script", "创建SAM卡文件系统的接口服务程序或脚本文件"


class Record(Word):
    """Entries that a body must make before the step counts as done."""

    OUTBOUND = "outbound", "出库登记（终端编号、业务点、相关责任人）"
    INBOUND = "inbound", "入库登记"
    MINISTRY_REGISTRATION = (
        "ministry_registration",
        "卫生部居民健康卡注册管理中心备案登记",
    )
    CHANGE_REGISTRATION = "change_registration", "变更登记"
    DAMAGE_REGISTRATION = "damage_registration", "损坏卡相关信息登记"
    BLACKLIST = "blacklist", "黑名单登记"
    HANDOVER = "handover", "交接记录"
    RECEIPT = "receipt", "领取人签收"
    UNIT_REGISTER = "unit_register", "单位内部发放登记备案"
    DESTRUCTION = "destruction", "销毁过程记录"
    BACKUP_AND_ERASURE = "backup_and_erasure", "相关信息备份和彻底清除记录"
    SERIAL_NUMBERS = "serial_numbers", "城市编码、序列号登记"
    TRANSPORT_KEY = "transport_key", "传输密钥安全渠道交接记录"
    IDENTIFIER = "identifier", "社会保障卡发行机构标识号分配及备案记录"
    INVALID_LIST = "invalid_list", "失效名单登记"
    FOLLOW_UP = "follow_up", "跟踪核查记录"
    CHIP_FILING = "chip_filing", "芯片备案"
    ADMISSION = "admission", "厂商备案及准入登记"
    VIOLATION = "violation", "违规情况登记"
    AGREEMENT_ACTION = "agreement_action", "按协议处理的结果登记"
    QUARTERLY_STATISTICS = "quarterly_statistics", "季度统计分析"
    VISIT = "visit", "现场检查记录"
    MAKING_BODY = "making_body", "制作承办机构登记"
    TEST_CARDS = "test_cards", "测试卡制作记录"
    SUPPLY_FILING = "supply_filing", "供卡厂商、产品、人群、数量变更备案"
    INCIDENT_HANDLING = "incident_handling", "事故处理结果登记"
    PRODUCT_CHECK = "product_check", "产品质量和标准符合性检查记录"
    SPOILAGE = "spoilage", "制卡报废登记"
    CUSTODIAN_HANDOVER = "custodian_handover", "新旧专人交接记录"
    FOUND_REPORT = "found_report", "找回情况登记"


class Check(Word):
    """What somebody must have looked at and found right."""

    MANUAL = "manual", "按用户手册排查故障"
    DETAILS = "details", "核对相关信息"
    ELIGIBILITY = "eligibility", "审核申请机构符合条件"
    FORCE_MAJEURE = "force_majeure", "确认系不可抗拒原因造成损坏"
    SERIAL_PRINTED = "serial_printed", "卡片序列号卡面印刷完成"
    QUALITY = "quality", "封装质量控制"
    CONFORMITY = "conformity", "标准符合性审核"
    SECURITY = "security", "安全性审核"
    INTEROPERABILITY = "interoperability", "跨地区通用性测试"
    FIRST_REVIEW = "first_review", "省级初审"
    OFFICE_REVIEW = "office_review", "人力资源社会保障部信息化领导小组办公室审核批准"
    PROVINCE_CONSENT = "province_consent", "省级人力资源社会保障部门同意"
    MINISTRY_APPROVAL = "ministry_approval", "人力资源社会保障部批准"
    SECURITY_PLAN = "security_plan", "审核第三方安全管理方案"
    FOUR_UNCHANGED = "four_unchanged", "主要功能、标准规范、密钥体系、管理主体不变"
    ENVIRONMENT = "environment", "用卡环境一致性和安全性检查"
    INITIALIZED = "initialized", "空白卡初始化"
    HOLDER_DATA = "holder_data", "个人资料合法性、唯一性校验"
    COS_TEST = "cos_test", "指定检测机构的SAM卡检测"
    KEYS_ON_CARD = "keys_on_card", "卡片密钥与个人化数据写入校验"
    SELF_DEVELOPED = "self_developed", "厂商具有自主开发能力"
    SPECIFICATION = "specification", "符合社会保障卡规范要求"
    SYSTEMS_READY = "systems_ready", "业务管理系统、数据库和信息网络具备"
    STAFF_READY = "staff_ready", "管理和应用的技术力量具备"
    OTHER_CONDITIONS = "other_conditions", "人力资源社会保障部规定的其他条件具备"
    SECURE_PRODUCTION = "secure_production", "第三方机构安全生产环境和安全管理措施审查"
    FEE_APPROVAL = "fee_approval", "发行费用依国家规定报批"
    FISCAL_RECEIPTS = "fiscal_receipts", "使用财政部门统一印制的行政事业性收费收据"
    COUNTS_AGREE = "counts_agree", "销毁张数与收回张数核对相符"
    HARD_MASK = "hard_mask", "硬掩膜工艺CPU卡芯片，仅含RAM、ROM、EEPROM"
    OWN_RIGHTS = "own_rights", "厂商对芯片具有自主知识产权"


class Certificate(Word):
    """Certificates that must be valid on the day."""

    ADMISSION = "admission", "居民健康卡生产单位及产品备案准入资格"
    IC_DESIGN = "ic_design", "国家信息产业主管部门的集成电路设计企业认定"
    CRYPTO_SALES = "crypto_sales", "商用密码产品销售许可证"
    CRYPTO_PRODUCTION = "crypto_production", "商用密码产品生产定点单位证书"
    EAL4_PLUS = "eal4_plus", "EAL4+信息安全认证"
    ISO9001 = "iso9001", "ISO9001质量体系认证证书"
    CRYPTO_MODEL = "crypto_model", "商用密码产品型号证书"
    FEE_PERMIT = "fee_permit", "《广东省收费许可证》"


class Qualification(Word):
    PSYCHIATRIC = "psychiatric", "精神病诊断资质"


class Body(Word):
    """Whom a notice or a report goes to."""

    UNIT = "unit", "使用单位"
    CENTRE = "centre", "所属居民健康卡注册管理中心"
    MINISTRY_CENTRE = "ministry_centre", "卫生部居民健康卡注册管理中心"
    SUPERIOR = "superior", "上级人力资源社会保障部门"
    MINISTRY = "ministry", "人力资源社会保障部"
    BUREAU = "bureau", "市人力资源和社会保障局"
    INFOSEC = "infosec", "信息安全部门"
    NATIONAL_IC_REGISTRY = "national_ic_registry", "国家IC卡注册中心"
