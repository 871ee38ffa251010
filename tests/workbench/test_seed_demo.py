"""The demonstration: in any province, one person per role, passwords that stay."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

ELSEWHERE = """code,name,level,parent_code
32,江苏省,1,
3201,南京市,2,32
320102,玄武区,3,3201
320104,秦淮区,3,3201
"""
ROLES = [
    "县管理员", "县复核员", "邻县管理员", "拟稿人", "核稿人", "签发人", "分管领导", "本局收发员",
    "收发员一", "收发员二", "应用开发者", "应用审核员", "系统管理员", "安全管理员", "审计管理员",
    "邻县人员",
]  # fmt: skip


def _load(folder: Path, *, people: int) -> None:
    divisions = folder / "divisions.csv"
    divisions.write_text(ELSEWHERE, encoding="utf-8")
    call_command("load_divisions", str(divisions), people=people, seed=1, stdout=StringIO())


def _seed(file: Path) -> tuple[list[dict[str, Any]], str]:
    printed = StringIO()
    call_command("seed_demo", "--quick", accounts=file, stdout=printed)
    accounts: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["accounts"]
    return accounts, printed.getvalue()


@pytest.mark.django_db
def test_every_role_is_played_by_somebody_else_in_whatever_province(tmp_path: Path) -> None:
    _load(tmp_path, people=700)
    accounts, printed = _seed(tmp_path / "accounts.json")
    assert [account["role"] for account in accounts] == ROLES
    assert len({account["username"] for account in accounts}) == len(ROLES)
    by_role = {account["role"]: account for account in accounts}
    assert by_role["签发人"]["unit"] == "玄武区民政局"
    assert by_role["邻县管理员"]["unit"].startswith("秦淮区人民政府办公室")
    for account in accounts:
        assert account["password"] in printed


@pytest.mark.django_db
def test_the_accounts_are_for_their_owners_eyes_and_work(tmp_path: Path) -> None:
    _load(tmp_path, people=700)
    file = tmp_path / "accounts.json"
    accounts, _ = _seed(file)
    assert file.stat().st_mode & 0o777 == 0o600
    drafter = next(account for account in accounts if account["role"] == "拟稿人")
    form = {"login": drafter["username"], "password": drafter["password"]}
    assert Client().post("/accounts/login/", form)["Location"] == "/"


@pytest.mark.django_db
def test_a_second_run_keeps_everything(tmp_path: Path) -> None:
    _load(tmp_path, people=700)
    first, _ = _seed(tmp_path / "accounts.json")
    again, _ = _seed(tmp_path / "accounts.json")
    assert again == first


@pytest.mark.django_db
def test_a_lost_file_gives_new_passwords_to_the_same_people(tmp_path: Path) -> None:
    _load(tmp_path, people=700)
    file = tmp_path / "accounts.json"
    first, _ = _seed(file)
    file.unlink()
    again, _ = _seed(file)
    assert [account["username"] for account in again] == [a["username"] for a in first]
    assert all(new["password"] != old["password"] for new, old in zip(again, first, strict=True))


@pytest.mark.django_db
def test_the_accounts_are_kept_in_the_demos_folder_unless_said_otherwise(
    tmp_path: Path, settings: Any
) -> None:
    settings.BASE_DIR = tmp_path
    _load(tmp_path, people=700)
    call_command("seed_demo", "--quick", stdout=StringIO())
    assert (tmp_path / ".local" / "accounts.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.django_db
def test_every_deputy_who_a_long_leave_may_go_to_can_sign_in(tmp_path: Path) -> None:
    _load(tmp_path, people=700)
    accounts, _ = _seed(tmp_path / "accounts.json")
    by_role = {account["role"]: account for account in accounts}
    drafter, deputy = by_role["拟稿人"]["unit"], by_role["分管领导"]["unit"]
    assert drafter.split()[0] == deputy.split()[0]


@pytest.mark.django_db
def test_an_empty_tree_is_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="WORKBENCH_NO_DEMO_PLACE"):
        _seed(tmp_path / "accounts.json")


@pytest.mark.django_db
def test_administrators_of_the_demo_sign_in_with_a_second_factor_that_stays(
    tmp_path: Path,
) -> None:
    _load(tmp_path, people=700)
    file = tmp_path / "accounts.json"
    accounts, printed = _seed(file)
    secrets = {one["role"]: one["totp_secret"] for one in accounts}
    assert {role for role, secret in secrets.items() if not secret} == {
        "拟稿人", "核稿人", "签发人", "分管领导", "本局收发员", "收发员一", "收发员二",
        "应用开发者", "邻县人员",
    }  # fmt: skip
    assert secrets["县管理员"] in printed
    again, _ = _seed(file)
    assert {one["role"]: one["totp_secret"] for one in again} == secrets

    administrator = next(one for one in accounts if one["role"] == "县管理员")
    client = Client()
    form = {"login": administrator["username"], "password": administrator["password"]}
    assert client.post("/accounts/login/", form)["Location"] == "/accounts/2fa/authenticate/"
    told = StringIO()
    call_command("demo_code", "县管理员", accounts=file, stdout=told)
    client.post("/accounts/2fa/authenticate/", {"code": told.getvalue()[:6]})
    assert client.get("/administration/").status_code == 200
    with pytest.raises(CommandError):
        call_command("demo_code", "拟稿人", accounts=file)
