"""Signing in and out, the password, the size of the text."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.office import PASSWORD, Office, stand_up

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Office:
    return stand_up()


def test_sign_in_leads_to_the_worklist(client: Client, office: Office) -> None:
    response = client.post("/sign-in/", {"username": "110101-officer", "password": PASSWORD})
    assert (response.status_code, response["Location"]) == (302, "/")


def test_sign_in_leads_on_to_where_one_was_going(client: Client, office: Office) -> None:
    asked = client.get("/cards/")["Location"]
    response = client.post(asked, {"username": "110101-officer", "password": PASSWORD, "next": "/cards/"})
    assert response["Location"] == "/cards/"


def test_a_wrong_password_says_what_to_do_and_keeps_the_name(client: Client, office: Office) -> None:
    page = client.post("/sign-in/", {"username": "110101-officer", "password": "wrong"}).content.decode()
    assert "用户名或密码不对" in page
    assert 'value="110101-officer"' in page
    assert "wrong" not in page


def test_empty_fields_are_asked_for_in_plain_words(client: Client) -> None:
    page = client.post("/sign-in/", {}).content.decode()
    assert "用户名：请填写" in page and "密码：请填写" in page


def test_sign_out_ends_the_session(client: Client, office: Office) -> None:
    client.force_login(office.accounts["officer"])
    assert client.post("/sign-out/")["Location"] == "/sign-in/"
    assert client.get("/mine/").status_code == 302


def test_mine_says_who_one_is_here(client: Client, office: Office) -> None:
    client.force_login(office.accounts["custodian"])
    page = client.get("/mine/").content.decode()
    assert "王保管人" in page and "北京同仁医院" in page


def test_a_new_password_is_taken(client: Client, office: Office) -> None:
    client.force_login(office.accounts["officer"])
    new = "another-long-secret-7"
    response = client.post(
        "/mine/password/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new}, follow=True
    )
    assert "密码已修改" in response.content.decode()
    assert Client().login(username="110101-officer", password=new)


def test_a_wrong_old_password_is_told_at_the_top_and_at_the_field(client: Client, office: Office) -> None:
    client.force_login(office.accounts["officer"])
    page = client.post(
        "/mine/password/", {"old_password": "x", "new_password1": "a-long-one-77", "new_password2": "a-long-one-77"}
    ).content.decode()
    assert '<a href="#id_old_password">原密码：原密码不对，请重新输入。</a>' in page
    assert 'id="id_old_password_error"' in page
    assert page.count("原密码不对") == 2


def test_large_text_is_kept_in_the_browser_without_a_sign_in(client: Client) -> None:
    assert client.post("/large-text/", {"next": "/sign-in/"})["Location"] == "/sign-in/"
    assert 'class="large-text"' in client.get("/sign-in/").content.decode()
    client.post("/large-text/")
    assert 'class="large-text"' not in client.get("/sign-in/").content.decode()


def test_large_text_leads_nowhere_else(client: Client) -> None:
    assert client.post("/large-text/", {"next": "https://elsewhere.example/"})["Location"] == "/mine/"
