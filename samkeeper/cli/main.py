"""`samkeeper`: the commands, loaded one by one so that plain ones start without Django."""

from __future__ import annotations

import importlib
import sys
from typing import ClassVar

import click

from samkeeper.errors import BadInput, Fault, Refused


class Rooms(click.Group):
    """A group that knows its commands by name and imports only the one that is called."""

    modules: ClassVar[dict[str, str]] = {
        "account": "account",
        "bench": "bench",
        "demo": "demo",
        "docs": "docs",
        "export": "export",
        "hotlist": "hotlist",
        "import": "imports",
        "keys": "keys",
        "ledger": "ledger",
        "manage": "manage",
        "rules": "rules",
        "screen": "screen",
        "story": "story",
        "template": "template",
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self.modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.modules:
            return None
        module = importlib.import_module(f"samkeeper.cli.{self.modules[cmd_name]}")
        command: click.Command = module.command
        return command


@click.group(cls=Rooms, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="samkeeper", prog_name="samkeeper")
def main() -> None:
    """卡护：社会保障PSAM卡与居民健康卡SAM卡全生命周期管理。

    例：samkeeper story loss --rulebook beijing
    """


def run() -> None:
    """Run a command; say what went wrong in one line. Exit 0 done, 1 the answer is no, 2 wrong use, input or world."""
    try:
        status = main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        fail(error.format_message(), 2)
    except BadInput as error:
        fail(error.message, 2)
    except Refused as error:
        fail(f"{error.clause}：{error.message}" if error.clause else error.message, 1)
    except Fault as error:
        fail(error.message + ("可以稍后重试。" if error.retry else ""), 2)
    else:
        sys.exit(status if isinstance(status, int) else 0)


def fail(message: str, status: int) -> None:
    click.echo(" ".join(message.split()), err=True)
    sys.exit(status)
