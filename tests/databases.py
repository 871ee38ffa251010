"""Databases with the product's tables, for the sites that tests run beside their own process."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

ROOT = Path(__file__).resolve().parent.parent


def template() -> str:
    """The database that `make test` has migrated once for all; empty in a run by hand."""
    return os.environ.get("TEMPLATE_DATABASE", "")


def address(name: str) -> str:
    """Where a database beside the configured one is."""
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))


def create(name: str, environment: Mapping[str, str]) -> None:
    """Makes a migrated database; the environment names it to the product."""
    if template():
        administer(f'CREATE DATABASE "{name}" TEMPLATE "{template()}"')
        return
    administer(f'CREATE DATABASE "{name}"')
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=dict(environment), check=True)


def drop(name: str) -> None:
    """Deletes a database, even one in use or one that never came to be."""
    administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def administer(statement: str) -> None:
    """Runs one statement outside of any transaction."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(statement.encode())
