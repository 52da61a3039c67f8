"""`samkeeper demo`: the sample data and the whole site on an embedded database, on loopback only."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import click


@click.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="端口。")
@click.option("--no-serve", is_flag=True, help="只准备数据，不启动网站。")
@click.option("--reset", is_flag=True, help="先删除演示数据，从头再来。")
def command(port: int, no_serve: bool, reset: bool) -> None:
    """准备演示数据（首次），在本机 http://localhost:8000 打开整个网站。

    例：./dev demo --port 8080
    """
    if os.environ.get("SAMKEEPER_DATABASE_URL"):
        raise click.UsageError("演示只用内置数据库；请先取消环境变量 SAMKEEPER_DATABASE_URL")
    from samkeeper.cli.office import office

    office()
    from django.conf import settings
    from django.core.management import call_command
    from django.utils import timezone

    from samkeeper.demo.load import is_loaded, load

    if reset:
        _forget(Path(settings.DATABASES["default"]["NAME"]))
    call_command("migrate", verbosity=0)
    if not is_loaded():
        load(timezone.now())
    _seal(Path(settings.VAULT))
    _say_who(port)
    if not no_serve:
        _serve(port)


def _forget(database: Path) -> None:
    for file in (database, *(database.with_name(database.name + end) for end in ("-wal", "-shm"))):
        file.unlink(missing_ok=True)


def _seal(vault: Path) -> None:
    """Sign the record with a development vault, made at first start; its secret lies beside it, for this user only."""
    from samkeeper.cli.ledger import sealed
    from samkeeper.cli.office import kept_secret, office
    from samkeeper.keys.making import make_vault

    if not vault.exists():
        secret = kept_secret()
        secret.touch(mode=0o600)
        secret.write_text(secrets.token_urlsafe(32))
        office()
        make_vault(str(vault), (), sign=True).close()
    sealed(None)


def _say_who(port: int) -> None:
    from samkeeper.demo.load import PASSWORD, PEOPLE
    from samkeeper.parties.models import Role

    click.echo(f"http://localhost:{port}  密码都是 {PASSWORD}")
    for person in PEOPLE:
        click.echo(f"  {person.username:<14}{Role(person.role).label}  {person.name}")


def _serve(port: int) -> None:
    from granian import Granian
    from granian.constants import Interfaces

    Granian("samkeeper.site.wsgi:application", address="127.0.0.1", port=port, interface=Interfaces.WSGI).serve()
