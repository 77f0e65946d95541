"""The brands of many countries in ``brands.tsv``: each names what its row says, and nothing else names it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from cards.drugs import Form, OpioidKind, Release, Role
from cards.findings import HouseError
from cards.knowledge import medications
from cards.knowledge.medication_words import phrase_of
from cards.knowledge.medications import Formulary
from tests.benchmarks.recognition import formulary, page

TABLE = Path(medications.__file__).parent / "brands.tsv"
REGISTERS = {
    "AIFA", "ARTG", "Austria-Codex", "BCFI", "BDPM", "CBG", "CIMA", "DPD", "dm+d", "EMA", "FASS", "Felleskatalogen",
    "Fimea", "HPRA", "medicinpriser.dk", "Medsafe", "Rote Liste", "Sérlyfjaskrá", "WHO ATC N07BB04",
}  # fmt: skip
PLAIN_WORDS = frozenset(map(phrase_of, page()["words"]["plain_brands"]))


def rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def test_every_brand_is_told_once_in_known_words_and_says_where_it_is_registered() -> None:
    brands = [phrase_of(row["brand"]) for row in rows()]
    assert len(set(brands)) == len(brands) > 300
    for row in rows():
        assert row["form"] in {"", *Form}, row
        assert row["release"] in {"", *Release}, row
        assert row["opioid_kind"] in {"", *OpioidKind}, row
        assert all(len(land) == 2 and land.isupper() for land in row["lands"].split()), row
        assert row["register"] in REGISTERS, row


def test_every_brand_names_its_ingredients_beside_a_strength() -> None:
    problems = []
    for row in rows():
        drug = formulary().recognise((), f"{row['brand']} 10 mg tablet")
        if set(drug.ingredients) != set(row["ingredients"].split("; ")):
            problems.append(f"{row['brand']} names {drug.name}")
        if row["opioid_kind"] and drug.opioid_kind != row["opioid_kind"]:
            problems.append(f"{row['brand']} is {drug.opioid_kind}")
    assert not problems, "; ".join(problems)


def test_no_brand_contradicts_the_page_or_the_code_table() -> None:
    """Where two tables name a brand the page is heard; then the row here would only mislead."""
    alone = Formulary(page(), {"RxNorm": {}})
    told = {row["brand"]: set(row["ingredients"].split("; ")) for row in rows()}
    for brand, ingredients in told.items():
        drug = alone.recognise((), f"{brand} 10 mg")
        assert not drug.roles or set(drug.ingredients) <= ingredients, f"{brand} is {drug.name} on the page"


def test_no_brand_stands_in_the_code_table_too() -> None:
    """Its rows say more, and a brand of two countries may be two medicines: Novahistine DH was."""
    with TABLE.with_name("rxnorm.tsv").open(encoding="utf-8", newline="") as file:
        coded = {phrase_of(row["brand"]) for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}
    assert [row["brand"] for row in rows() if phrase_of(row["brand"]) in coded] == []


@pytest.mark.parametrize(
    "text",
    [
        "5 m long catheter",
        "arr\u00eat du traitement",
        "harmonise doses with the clinic",
        "take twice daily 5 mg",
        "Patrol bus card",
        "Norspray saline 5 mL",
        "Dolormin 400 mg",
        "Paralgin 500",
    ],
)
def test_words_near_a_brand_name_no_opioid(text: str) -> None:
    assert Role.OPIOID not in formulary().recognise((), text).roles


def test_the_evidence_names_the_register() -> None:
    (found,) = formulary().explain((), "Skudexum 75/25")
    assert (found.file, found.entry, found.source) == ("brands.tsv", "brand Skudexum", "BDPM")


def test_a_brand_of_something_unknown_is_refused() -> None:
    with pytest.raises(HouseError, match="a product is made of unobtainium"):
        Formulary(page(), {"RxNorm": {}}, brands=["Wonder\tunobtainium\ttablet\t\t\tGB\tdm+d"])
