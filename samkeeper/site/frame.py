"""What every page shows around its content: the menu of the role, the bar under a thumb, the size of the text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from samkeeper.parties.models import Role

LARGE_TEXT = "large-text"


@dataclass(frozen=True, slots=True)
class Item:
    """One place to go. `roles`: who is shown it."""

    label: str
    icon: str
    name: str
    roles: frozenset[str] = frozenset(Role.values)

    def link(self, path: str) -> dict[str, Any]:
        url = reverse(self.name)
        return {
            "label": self.label,
            "icon": self.icon,
            "url": url,
            "here": path.startswith(url) if url != "/" else path == url,
        }


_CUSTODIAN = frozenset({Role.CUSTODIAN.value})
_REPORTERS = frozenset({Role.CUSTODIAN.value, Role.OFFICER.value})
_OTHERS = frozenset(Role.values) - _CUSTODIAN

MENU = (
    Item("待办", "list-check", "casework:worklist"),
    Item("办理", "file-plus", "casework:start", _REPORTERS),
    Item("报失", "alert-triangle", "casework:report", _REPORTERS),
    Item("卡", "credit-card", "registry:cards"),
    Item("单位", "building-hospital", "registry:institutions"),
    Item("规则", "scale", "rules"),
    Item("记录", "certificate", "record"),
)

# Four at most: what is done standing, with one thumb.
THUMB_BAR = (
    Item("待办", "list-check", "casework:worklist"),
    Item("扫一扫", "scan", "scan"),
    Item("报失", "alert-triangle", "casework:report", _CUSTODIAN),
    Item("卡", "credit-card", "registry:cards", _OTHERS),
    Item("我的", "user-circle", "mine"),
)


def _for(role: str, items: tuple[Item, ...], path: str) -> list[dict[str, Any]]:
    return [item.link(path) for item in items if role in item.roles]


def frame(request: HttpRequest) -> dict[str, Any]:
    """The context processor that settings name."""
    account = getattr(request, "user", None)
    role = account.role if account and account.is_authenticated else ""
    return {
        "menu": _for(role, MENU, request.path),
        "thumb_bar": _for(role, THUMB_BAR, request.path),
        "large_text": request.COOKIES.get(LARGE_TEXT) == "1",
    }
