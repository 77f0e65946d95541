"""The brands of many countries in ``brands.tsv``: each names what its row says, and nothing else names it."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from cards.drugs import Certainty, Form, OpioidKind, Release, Role
from cards.findings import HouseError
from cards.knowledge import medications
from cards.knowledge.medication_words import phrase_of
from cards.knowledge.medications import Formulary
from tests.benchmarks.recognition import formulary, page

TABLE = Path(medications.__file__).parent / "brands.tsv"
REGISTERS = {
    "AIFA", "ANVISA", "ARTG", "Austria-Codex", "BCFI", "BDPM", "CBG", "CDSCO", "CIMA", "dm+d", "DPD", "DRAP", "EMA",
    "EOF", "FASS", "Felleskatalogen", "Fimea", "HPRA", "medicinpriser.dk", "Medsafe", "MRP", "OGYÉI", "Rote Liste",
    "Swissmedic", "Sérlyfjaskrá", "SÚKL", "unknown", "URPL", "WHO ATC N07BB04",
}  # fmt: skip
SEEN_IN = re.compile(r"its own words|(?:wagem\.org|amiko|opensafely|dibbs)\S*.*|code: .{8,}")
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
        assert not row["seen_in"] or SEEN_IN.fullmatch(row["seen_in"]), row


def test_a_brand_seen_nowhere_is_asked_about_and_never_decides() -> None:
    """Six in ten were found beside their ingredients in public text; the others may be what we remember, or not."""
    unconfirmed = [row for row in rows() if not row["seen_in"]]
    assert 0 < len(unconfirmed) < 0.4 * len(rows())
    for row in rows():
        drug = formulary().recognise((), f"{row['brand']} 10 mg tablet")
        assert drug.is_possible is (row in unconfirmed), f"{row['brand']} is {drug.recognised_by}"
        if drug.is_possible:
            assert (drug.recognised_by, drug.meant) == (Certainty.UNCONFIRMED, row["ingredients"].replace("; ", "/"))
            assert not drug.is_marketed_product


def test_a_name_told_plainly_beside_an_unconfirmed_brand_decides() -> None:
    drug = formulary().recognise((), "Compensan (morphine sulfate) 100 mg tablet")
    assert (drug.ingredients, drug.recognised_by) == (("morphine",), Certainty.NAME)


def test_a_code_beside_an_unconfirmed_brand_decides() -> None:
    coded = (("http://www.whocc.no/atc", "N02AA01", None),)
    drug = formulary().recognise(coded, "Compensan 100 mg")
    assert (drug.ingredients, drug.is_possible, drug.contradicted_by) == (("morphine",), False, None)
    assert formulary().recognise(coded, "Gelonida").contradicted_by is None


def test_a_compound_with_an_unconfirmed_brand_in_it_is_in_doubt() -> None:
    drug = formulary().recognise_ingredients((((), "Compensan", None), ((), "ibuprofen", None)), None)
    assert (drug.recognised_by, drug.meant, drug.is_opioid) == (Certainty.UNCONFIRMED, "morphine", True)


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
        "seen by Dr Turgeon yesterday about his knee",
    ],
)
def test_words_near_a_brand_name_no_opioid(text: str) -> None:
    assert Role.OPIOID not in formulary().recognise((), text).roles


def test_the_evidence_names_the_register_and_where_the_brand_was_seen() -> None:
    (found,) = formulary().explain((), "Dolzam 50")
    assert (found.file, found.entry, found.source) == ("brands.tsv", "brand Dolzam", "BCFI; wagem.org/drug/tramadol")
    (found,) = formulary().explain((), "Gelonida")
    assert found.source == "Rote Liste; not seen in public text, so it is asked about"


def test_a_brand_of_something_unknown_is_refused() -> None:
    with pytest.raises(HouseError, match="a product is made of unobtainium"):
        Formulary(page(), {"RxNorm": {}}, brands=["Wonder\tunobtainium\ttablet\t\t\tGB\tdm+d\t"])
