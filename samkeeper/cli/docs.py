"""`samkeeper docs`: write the pages that are drawn from tables, so that no page can drift from the code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from samkeeper.lifecycle import MOVES, STATES


@click.command()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path("docs"), show_default=True)
def command(out: Path) -> None:
    """由状态表生成文档页面。

    例：samkeeper docs --out docs
    """
    for name, write in PAGES.items():
        (out / name).write_text(write(), encoding="utf-8")
        click.echo(out / name)


def lifecycle_page() -> str:
    """`docs/lifecycle.md`: the states, the moves and the diagram, all from `lifecycle.py`."""
    states = (
        f"| `{s.code}` | {s.label} | {s.phase} | {'yes' if s.void else ''} | {'yes' if s.blacklisted else ''} |"
        for s in STATES.values()
    )
    moves = (
        f"| `{m.code}` | {m.label} | {', '.join(s for s in STATES if s in m.sources) or '–'} | {m.target} "
        f"| {', '.join(sorted(m.by))} |"
        for m in MOVES.values()
    )
    return "\n".join(
        [
            "# The life of a card",
            "",
            "Drawn from `samkeeper/lifecycle.py` by `samkeeper docs`; its page of prose says why.",
            "*void*: a transaction made now is judged cancelled. *blacklisted*: the number goes to the terminals.",
            "",
            "```mermaid",
            "stateDiagram-v2",
            *_arrows(),
            "```",
            "",
            "| state | 中文 | phase (居民健康卡SAM卡办法 第三条) | void | blacklisted |",
            "| --- | --- | --- | --- | --- |",
            *states,
            "",
            "| move | 中文 | from | to | by |",
            "| --- | --- | --- | --- | --- |",
            *moves,
            "",
        ]
    )


def _arrows() -> list[str]:
    ends = [state for state in STATES if not any(state in move.sources for move in MOVES.values())]
    return [
        *(
            f"    {source} --> {move.target}: {move.label}"
            for move in MOVES.values()
            for source in ([s for s in STATES if s in move.sources] or ["[*]"])
        ),
        *(f"    {state} --> [*]" for state in ends),
    ]


PAGES: dict[str, Callable[[], str]] = {"lifecycle.md": lifecycle_page}
