"""`samkeeper manage`: Django's own commands (migrate, check, …) on the database of the environment."""

from __future__ import annotations

import click


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Django 管理命令。

    例：samkeeper manage migrate
    """
    from samkeeper.cli.office import office

    office()
    from django.core.management import execute_from_command_line

    execute_from_command_line(["samkeeper manage", *arguments])
