"""Names of the areas whose regulations are on file (GB/T 2260); elsewhere the code itself is shown."""

from __future__ import annotations

_AREAS = {
    "110000": "北京市",
    "110101": "东城区",
    "110102": "西城区",
    "110105": "朝阳区",
    "110106": "丰台区",
    "110107": "石景山区",
    "110108": "海淀区",
    "110109": "门头沟区",
    "110111": "房山区",
    "110112": "通州区",
    "110113": "顺义区",
    "110114": "昌平区",
    "110115": "大兴区",
    "110116": "怀柔区",
    "110117": "平谷区",
    "110118": "密云区",
    "110119": "延庆区",
    "440000": "广东省",
    "445200": "揭阳市",
    "445202": "榕城区",
    "445203": "揭东区",
    "445222": "揭西县",
    "445224": "惠来县",
    "445281": "普宁市",
}


def area_name(code: str) -> str:
    """The area's name, or 「区划 450000」 where it is not among them."""
    return _AREAS.get(code, f"区划 {code}")
