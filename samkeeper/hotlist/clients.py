"""Who may ask the status server, for which numbers, how fast."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from samkeeper.errors import BadInput
from samkeeper.hotlist.hashes import digest
from samkeeper.hotlist.target import load

FIELDS = {"name", "token_sm3", "per_minute", "heads"}


@dataclass
class Client:
    """An institution's program. It may ask `per_minute` numbers a minute, all at once or one by one.

    `heads`: it is answered for numbers that begin so (none: for all); of others it learns no more than of unknown ones.
    """

    name: str
    per_minute: int
    heads: tuple[str, ...] = ()
    left: float = field(init=False)
    since: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self.left = float(self.per_minute)

    def covers(self, number: str) -> bool:
        return not self.heads or number.startswith(self.heads)

    def wait(self, numbers: int, now: float) -> float:
        """Take `numbers` off the allowance at `now` (seconds, never backwards): 0, or seconds to wait, none taken."""
        self.left = min(self.per_minute, self.left + (now - self.since) * self.per_minute / 60)
        self.since = now
        if numbers > self.left:
            return (numbers - self.left) * 60 / self.per_minute
        self.left -= numbers
        return 0.0


def read_clients(path: Path) -> dict[bytes, Client]:
    """Clients by the SM3 of their token; TOML: `[[client]]` with name, token_sm3 (hex), per_minute, heads (or none)."""
    try:
        entries = tomllib.loads(load(path).decode()).get("client", [])
        return dict(map(_client, entries))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadInput(f"客户名单有误（{error}）", where=path.name, remedy="请按文档填写 [[client]]") from None


def _client(entry: Mapping[str, object]) -> tuple[bytes, Client]:
    if unknown := set(entry) - FIELDS:
        raise ValueError(f"不认识 {'、'.join(sorted(unknown))}")
    token, heads, rate = bytes.fromhex(str(entry["token_sm3"])), entry.get("heads", []), entry["per_minute"]
    if len(token) != 32 or not isinstance(heads, list) or not isinstance(rate, int) or rate < 1:
        raise ValueError(f"{entry['name']} 的 token_sm3、per_minute 或 heads 不合规定")
    return token, Client(str(entry["name"]), rate, tuple(map(str, heads)))


def find(clients: Mapping[bytes, Client], authorization: str) -> Client | None:
    """The client whose token an Authorization header bears."""
    kind, _, token = authorization.partition(" ")
    return clients.get(digest(token.strip().encode())) if kind.lower() == "bearer" else None
