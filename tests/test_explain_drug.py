"""``ldn-cds explain-drug``: what it understood, and from which row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cds_hooks.cli import main
from cds_hooks.settings import TABLE


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("LDN_CONFIG", *(row.variable for row in TABLE)):
        monkeypatch.delenv(name, raising=False)


def explained(*what: str) -> str:
    result = CliRunner().invoke(main, ["explain-drug", *what])
    assert result.exit_code == 0, result.output
    return result.output


def as_json(*what: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(explained(*what, "--json"))
    return found


def test_a_name_is_explained_by_the_line_of_the_page_that_knows_it() -> None:
    told = explained("Percocet 5/325")
    assert "role         opioid (short)" in told
    assert "strengths    oxycodone 5\u00a0mg, acetaminophen 325\u00a0mg" in told
    assert "how sure     name only" in told
    assert 'medications.toml [products."Percocet"]: "percocet" names oxycodone/acetaminophen' in told


@pytest.mark.parametrize(
    ("code", "row"),
    [
        ("1049221", "rxnorm.tsv RxNorm 1049221: acetaminophen 325 MG / oxycodone hydrochloride 5 MG Oral Tablet (SCD)"),
        ("N07BB04", "other_codes.tsv ATC N07BB04: naltrexone"),
        ("0056-0011-22", "other_codes.tsv NDC 0056-0011-22: naltrexone"),
        ("5S6W795CQM", "other_codes.tsv UNII 5S6W795CQM: "),
        ("http://snomed.info/sct|373546002", "other_codes.tsv SNOMED CT 373546002: "),
    ],
)
def test_a_code_is_explained_by_its_row_and_source(code: str, row: str) -> None:
    told = explained(code)
    assert row in told
    assert "[" in told.partition(row)[2]


def test_a_brand_that_only_the_code_table_knows_is_told_as_such() -> None:
    assert "rxnorm.tsv brand " in explained("Zydone 5/400")


def test_a_misspelling_asks_what_was_meant() -> None:
    told = explained("oxycodne 5 mg")
    assert "how sure     possible misspelling" in told
    assert "did you mean oxycodone?" in told


def test_code_and_words_that_differ_are_both_told() -> None:
    told = as_json("1483744", "oxycodone 5 mg tablet")
    assert (told["name"], told["contradictedBy"], told["roles"]) == ("oxycodone", "naltrexone", ["opioid"])
    assert [found["file"] for found in told["evidence"]] == ["rxnorm.tsv", "medications.toml"]
    assert "codes and words differ: naltrexone is named too" in explained("1483744", "oxycodone 5 mg tablet")


def test_a_denial_says_that_it_does_not_count() -> None:
    assert "is denied, or somebody else's" in explained("allergic to codeine")


@pytest.mark.parametrize("what", ["see list", "99999999", "ustekinumab 90 mg"])
def test_what_nobody_knows_rests_on_no_row(what: str) -> None:
    assert "no row of any table" in explained(what)


def test_nothing_to_explain_is_refused() -> None:
    assert CliRunner().invoke(main, ["explain-drug"]).exit_code == 2
