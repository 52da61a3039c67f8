"""The numbers and switches of the house: data with defaults, set otherwise per authority."""

from __future__ import annotations

from collections.abc import Mapping

from samkeeper.errors import BadInput
from samkeeper.rules.articles import Setting


def chosen_settings(house: Mapping[str, Setting], own: Mapping[str, bool | int]) -> dict[str, bool | int]:
    """Every setting of the house with what the authority has set instead.

    Raises `BadInput` for an unknown name, a number where a switch stands, and the other way round.
    """
    for name, value in own.items():
        if name not in house:
            raise BadInput(f"没有名为“{name}”的设置", remedy=f"可用的设置：{'、'.join(house)}")
        if type(value) is not type(house[name].default):
            kind = "开关（是/否）" if isinstance(house[name].default, bool) else "整数"
            raise BadInput(f"“{house[name].label}”须为{kind}", where=name)
        if not isinstance(value, bool) and value < 0:
            raise BadInput(f"“{house[name].label}”不得为负数", where=name)
    return {name: own.get(name, setting.default) for name, setting in house.items()}
