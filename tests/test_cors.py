"""Browsers: who may read, who is told before calling, and that nothing hides an error."""

from __future__ import annotations

import pytest

from cds_hooks.settings import Settings
from tests.desks import SIGN, Desk, FakeClinic, a_request

ENDPOINTS = ["/cds-services", SIGN, f"{SIGN}/feedback"]
HERE = "https://ehr.example.org"
PRODUCTION = Settings(profile="production", public_url="https://cds.example.org", cors_origins=(HERE,))


def preflight(desk: Desk, path: str, origin: str = HERE, **more: str):
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST",
               "Access-Control-Request-Headers": "authorization,content-type", **more}  # fmt: skip
    return desk.client.options(path, headers=headers)


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize("settings", [Settings(), PRODUCTION], ids=["demo", "production"])
def test_a_preflight_is_answered_without_a_token(path: str, settings: Settings):
    response = preflight(Desk(settings=settings), path)
    assert response.status_code == 204
    assert response.headers["Access-Control-Allow-Origin"] == ("*" if settings.is_demo else HERE)
    assert response.headers["Access-Control-Allow-Headers"] == "authorization, content-type"
    assert response.headers["Access-Control-Allow-Methods"] == "GET, POST, OPTIONS"
    assert "Origin" in response.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in response.headers


def test_a_preflight_is_answered_before_anything_looks_at_the_request():
    desk = Desk()

    @desk.app.before_request
    def nobody_may_in() -> tuple[str, int]:
        return "no", 401

    assert preflight(desk, SIGN).status_code == 204
    assert desk.client.get("/cds-services").status_code == 401


@pytest.mark.parametrize("origin", ["https://elsewhere.example.org", "null", "http://ehr.example.org", HERE + ":8443"])
def test_an_origin_that_is_not_listed_may_not_read(origin: str):
    desk = Desk(settings=PRODUCTION)
    response = preflight(desk, SIGN, origin)
    assert not [name for name, _ in response.headers if name.startswith("Access-Control")]
    answer = desk.client.get("/cds-services", headers={"Origin": origin})
    assert answer.status_code == 200
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]
    assert answer.headers["Vary"] == "Origin"


def test_production_without_a_list_lets_no_page_read():
    desk = Desk(settings=Settings(profile="production", public_url="https://cds.example.org"))
    assert "Access-Control-Allow-Origin" not in preflight(desk, SIGN).headers


def test_a_page_from_the_internet_may_reach_a_demo_on_this_machine_only():
    private = {"Access-Control-Request-Private-Network": "true"}
    assert preflight(Desk(), SIGN, **private).headers["Access-Control-Allow-Private-Network"] == "true"
    assert "Access-Control-Allow-Private-Network" not in preflight(Desk(), SIGN).headers
    assert "Access-Control-Allow-Private-Network" not in preflight(Desk(settings=PRODUCTION), SIGN, **private).headers


@pytest.mark.parametrize("settings", [Settings(max_body_bytes=10_000), PRODUCTION], ids=["demo", "production"])
def test_every_answer_can_be_read_errors_included(settings: Settings):
    desk = Desk(settings=settings)
    failing = Desk(FakeClinic(raises=KeyError("x")), settings)
    headers = {"Origin": HERE}
    answers = [
        (200, desk.client.get("/cds-services", headers=headers)),
        (200, desk.sign(a_request(), headers=headers)),
        (400, desk.sign(b"{", headers=headers)),
        (404, desk.post("/cds-services/other", {}, headers=headers)),
        (404, desk.client.get("/nowhere", headers=headers)),
        (405, desk.client.put(SIGN, headers=headers)),
        (415, desk.sign(a_request(), content_type="text/plain", headers=headers)),
        (500, failing.sign(a_request(), headers=headers)),
        (503, desk.client.get("/readyz", headers=headers)),
    ]
    if settings.max_body_bytes == 10_000:
        answers.append((413, desk.sign(a_request(extension={"a": "x" * 20_000}), headers=headers)))
    for status, response in answers:
        assert response.status_code == status
        assert response.headers["Access-Control-Allow-Origin"] == ("*" if settings.is_demo else HERE)
        assert response.headers["Access-Control-Expose-Headers"] == "X-Request-Id"


def test_options_without_an_origin_says_what_an_address_answers():
    response = Desk().client.options(SIGN)
    assert response.status_code == 204
    assert response.headers["Allow"] == "OPTIONS, POST"
    assert "Access-Control-Allow-Methods" not in response.headers


def test_options_of_an_address_that_is_none():
    assert preflight(Desk(), "/nowhere").status_code == 404
