"""A ledger entry in words, read from its own body: what is shown is what was signed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from samkeeper.ledger.models import Entry
from samkeeper.lifecycle import STATES, Reason
from samkeeper.site.templatetags.words import basis, clause, moment, move_label, permissions


def _state(code: str) -> str:
    return STATES[code].label if code else "尚未入库"


def _basis(written: str) -> str:
    kind, _, number = written.partition(":")
    return basis(kind, number)


# Body key -> (label, how its value is written); a key that is not here is left to the canonical bytes.
_MOVE: dict[str, tuple[str, Callable[[Any], str]]] = {
    "move": ("动作", move_label),
    "from": ("原状态", _state),
    "to": ("新状态", _state),
    "at": ("生效时间", lambda written: moment(datetime.fromisoformat(written))),
    "reason": ("原因", lambda code: Reason(code).label),
    "institution": ("使用单位编码", str),
    "device": ("终端设备号", str),
    "permissions": ("权限", permissions),
    "basis": ("凭据", _basis),
}


def facts_of(entry: Entry) -> list[tuple[str, str]]:
    """(label, value) of a move, in a reader's order; nothing for kinds whose words the page's head already says."""
    if entry.kind != "card:move":
        return []
    body = entry.body
    facts = [
        (label, write(body[key]))
        for key, (label, write) in _MOVE.items()
        if body.get(key) or (key == "from" and key in body)
    ]
    return [*facts, ("依据", clause(body["clause"]))]
