"""Which medicine is meant: by code, by name, by both, and when they disagree."""

from __future__ import annotations

import csv
import json
import random
import tomllib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from cards.drugs import UNIDENTIFIED, UNLISTED, Certainty, Drug, Form, OpioidKind, Release, Role, Strength
from cards.findings import HouseError
from cards.knowledge import medications
from cards.knowledge.build_medications import build_medications
from cards.knowledge.medication_words import amounts_in, differs_by_one_edit, words_of
from cards.knowledge.medications import Formulary

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED = "http://snomed.info/sct"
KNOWLEDGE = Path(medications.__file__).parent
FORMULARY = Formulary.load()
PAGE = tomllib.loads((KNOWLEDGE / "medications.toml").read_text("utf-8"))


def rows_of(file: str) -> list[dict[str, str]]:
    with (KNOWLEDGE / file).open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))


def by_text(text: str) -> Drug:
    return FORMULARY.recognise((), text)


def by_code(code: str, text: str | None = None, *, system: str | None = RXNORM, display: str | None = None) -> Drug:
    return FORMULARY.recognise(((system, code, display),), text)


def strengths_of(drug: Drug) -> dict[str, str]:
    return {name: f"{strength.mg}/{strength.per}" for name, strength in drug.strengths}


# ----------------------------------------------------------------------------------------------------------------------
# The files


def test_the_page_of_medicines_has_the_shape_its_schema_describes() -> None:
    schema = json.loads((KNOWLEDGE / "medications.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    errors = [
        f"{'/'.join(map(str, error.path))}: {error.message}" for error in Draft202012Validator(schema).iter_errors(PAGE)
    ]
    assert errors == []


def test_the_schema_names_every_role_kind_and_form_the_code_knows() -> None:
    schema = json.loads((KNOWLEDGE / "medications.schema.json").read_text("utf-8"))["$defs"]
    assert schema["role"]["enum"] == list(Role)
    assert schema["kind"]["enum"] == list(OpioidKind)
    assert schema["form"]["enum"] == [form for form in Form if form is not Form.UNKNOWN]


def test_no_spelling_names_two_different_medicines() -> None:
    spelled: dict[str, str] = {}
    told = [
        (spelling, name) for name, facts in PAGE["ingredients"].items() for spelling in (name, *facts.get("names", ()))
    ]
    told += [(name, name) for name in PAGE["others"]["names"]]
    told += list(PAGE["others"]["also_called"].items())
    twice = [
        (spelling, name) for spelling, name in told if spelled.setdefault(" ".join(words_of(spelling)), name) != name
    ]
    assert twice == []


def test_every_other_name_leads_to_a_listed_ingredient() -> None:
    listed = {*PAGE["ingredients"], *PAGE["others"]["names"]}
    groups = [*PAGE["components"].values(), *PAGE["cough"].values(), *PAGE["gut"].values()]
    assert set(PAGE["others"]["also_called"].values()) <= listed
    assert {name for group in groups for name in group} <= listed


def test_a_product_made_of_nothing_we_know_is_refused_when_the_page_is_read() -> None:
    page = {**PAGE, "products": {"Elixir": {"of": ["philosophers stone"]}}}
    with pytest.raises(HouseError, match=r"philosophers stone, no ingredient there\. Add it under"):
        Formulary(page, {"RxNorm": {}})


def test_a_role_nobody_knows_is_refused_when_the_page_is_read() -> None:
    page = {**PAGE, "ingredients": {"oxycodone": {"roles": ["opiod"]}}}
    with pytest.raises(HouseError, match=r"'opiod' is not a valid Role\. Write it as"):
        Formulary(page, {"RxNorm": {}})


def test_every_code_in_the_tables_is_recognised_and_every_opioid_row_as_an_opioid() -> None:
    opioids = {name for name, facts in PAGE["ingredients"].items() if facts["roles"] == ["opioid"]}
    wrong = [
        row["name"]
        for row in rows_of("rxnorm.tsv")
        if (drug := by_code(row["code"])).recognised_by not in (Certainty.PRODUCT_CODE, Certainty.INGREDIENT_CODE)
        or (opioids.intersection(row["ingredients"].split("; ")) and drug.roles != {Role.OPIOID})
        or drug.is_opioid != (drug.opioid_kind is not None)
    ]
    assert wrong == []


def test_no_row_ships_whose_name_nobody_found() -> None:
    assert [row["code"] for row in rows_of("rxnorm.tsv") if "not found" in row["name"] or not row["name"]] == []


def write_csv(path: Path, *rows: dict[str, str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, fieldnames=list(rows[0]), restval="")
        table.writeheader()
        table.writerows(rows)


def test_the_build_leaves_out_what_is_uncertain_and_writes_house_names(tmp_path: Path) -> None:
    told = dict.fromkeys(
        ("tty", "other_ingredients", "strength", "dose_form", "brand", "currency_hint", "verified"), ""
    )
    heroin = {**told, "rxcui": "1", "display": "heroin 30 MG/ML", "ingredients": "diamorphine", "tty": "SCDC"}
    syrup = {
        **heroin,
        "rxcui": "2",
        "tty": "SBD",
        "display": "Codeine Phosphate 2 MG/ML / Guaifenesin 20 MG/ML Oral Solution [Syrup Reformulated Oct 2007]",
        "ingredients": "codeine",
        "other_ingredients": "Guaifenesin",
        "strength": "Codeine Phosphate 2 MG/ML / Guaifenesin 20 MG/ML",
        "dose_form": "Oral Solution",
        "brand": "Syrup Reformulated Oct 2007",
    }
    unsure = {**heroin, "rxcui": "3", "verified": "uncertain"}
    code = {
        "ingredient": "diamorphine",
        "code_system": "ATC",
        "code": "N07BC06",
        "display": "diamorphine",
        "kind": "ATC",
    }
    ndc = {
        "ndc11": "00000000001",
        "ingredient": "codeine",
        "generic_name_in_source": "codeine sulfate",
        "strength": "15 MG",
    }
    write_csv(tmp_path / "rxnorm_products.csv", heroin, syrup, unsure)
    write_csv(tmp_path / "ingredient_codes.csv", {**code, "sources": "", "notes": "", "verified": "yes"})
    write_csv(
        tmp_path / "ndc_examples.csv",
        {**ndc, **dict.fromkeys(("product_name", "dose_form", "rxcui_display", "verified"), "")},
    )
    tablet = {"kind": "dose-form-snomed", "code": "385055001", "display": "Tablet (dose form)", "verified": "yes"}
    write_csv(tmp_path / "timing_and_route.csv", tablet)
    for kind in ("opioid", "antagonist"):
        write_csv(tmp_path / f"{kind}_ingredients.csv", {"ingredient": "codeine"})
    (tmp_path / "medications.toml").write_bytes((KNOWLEDGE / "medications.toml").read_bytes())

    build_medications(tmp_path, tmp_path)

    assert [line.split("\t")[:7] for line in (tmp_path / "rxnorm.tsv").read_text("utf-8").splitlines()[1:]] == [
        ["1", "heroin 30 MG/ML", "diamorphine", "", "", "", ""],
        [
            "2",
            syrup["display"],
            "codeine; guaifenesin",
            "codeine=2/mL; guaifenesin=20/mL",
            "liquid",
            "immediate",
            "Syrup",
        ],
    ]
    assert [line.split("\t")[:5] for line in (tmp_path / "other_codes.tsv").read_text("utf-8").splitlines()[1:]] == [
        ["ATC", "N07BC06", "diamorphine", "diamorphine", ""],
        ["NDC", "00000000001", "codeine sulfate 15 MG", "codeine", "codeine=15"],
    ]
    assert (tmp_path / "dose_forms.tsv").read_text("utf-8").splitlines()[1:] == [
        "SNOMED CT\t385055001\tTablet\ttablet\t"
    ]


def test_the_build_says_which_ingredient_the_page_lacks(tmp_path: Path) -> None:
    for kind in ("opioid", "antagonist"):
        write_csv(tmp_path / f"{kind}_ingredients.csv", {"ingredient": "unobtainium"})
    (tmp_path / "medications.toml").write_bytes((KNOWLEDGE / "medications.toml").read_bytes())
    with pytest.raises(SystemExit, match="says nothing about unobtainium"):
        build_medications(tmp_path, tmp_path)


@pytest.mark.parametrize("code", ["198011", "207028", "542214", "1116442"])
def test_codes_seen_without_a_name_or_invented_elsewhere_are_not_believed(code: str) -> None:
    assert not by_code(code).is_identified


def test_a_code_that_others_take_for_naltrexone_is_what_the_table_says() -> None:
    assert by_code("1655058").name == "meperidine"


# ----------------------------------------------------------------------------------------------------------------------
# Names in text

IDENTIFIED = [
    # text, name, role, kind, form, strengths
    ("naltrexone 50 mg tablet", "naltrexone", "naltrexone", None, "tablet", {"naltrexone": "50/unit"}),
    ("NALTREXONE 4.5 MG CAPSULE", "naltrexone", "naltrexone", None, "capsule", {"naltrexone": "4.5/unit"}),
    ("NALTREXONE 0.5MG CAPSULE", "naltrexone", "naltrexone", None, "capsule", {"naltrexone": "0.5/unit"}),
    ("naltrexone4.5mg caps", "naltrexone", "naltrexone", None, "capsule", {"naltrexone": "4.5/unit"}),
    ("naltrexone .5 mg", "naltrexone", "naltrexone", None, "unknown", {"naltrexone": "0.5/unit"}),
    ("naltrexone ,5 mg", "naltrexone", "naltrexone", None, "unknown", {"naltrexone": "0.5/unit"}),
    ("naltrexone 1,5 mg", "naltrexone", "naltrexone", None, "unknown", {"naltrexone": "1.5/unit"}),
    ("Naltrexon 1,5 mg Kapseln", "naltrexone", "naltrexone", None, "capsule", {"naltrexone": "1.5/unit"}),
    ("naltrexone 1 mg/mL suspension", "naltrexone", "naltrexone", None, "liquid", {"naltrexone": "1/mL"}),
    ("naltrexone 5 mg/5 mL oral solution", "naltrexone", "naltrexone", None, "liquid", {"naltrexone": "1/mL"}),
    ("naltrexone 100 mcg capsule", "naltrexone", "naltrexone", None, "capsule", {"naltrexone": "0.1/unit"}),
    ("4.5 mg naltrexone capsule", "naltrexone", "naltrexone", None, "capsule", {"naltrexone": "4.5/unit"}),
    ("Low Dose Naltrexone 1.5 mg capsule", "naltrexone", "naltrexone", None, "capsule", {"naltrexone": "1.5/unit"}),
    ("Low-dose naltrexone 4.5 mg nightly", "naltrexone", "naltrexone", None, "unknown", {"naltrexone": "4.5/unit"}),
    ("LDN 4.5mg capsules", "naltrexone", "naltrexone", None, "capsule", {"naltrexone": "4.5/unit"}),
    ("LDN capsule", "naltrexone", "naltrexone", None, "capsule", {}),
    ("LDN 0.5", "naltrexone", "naltrexone", None, "unknown", {}),
    ("L.D.N. 4,5 nocte", "naltrexone", "naltrexone", None, "unknown", {}),
    ("Nal\u00adtrexone\u00ae 4.5 mg", "naltrexone", "naltrexone", None, "unknown", {"naltrexone": "4.5/unit"}),
    ("nal\u200btrexone 4.5 mg", "naltrexone", "naltrexone", None, "unknown", {"naltrexone": "4.5/unit"}),
    ("naltr\u00e9xone", "naltrexone", "naltrexone", None, "unknown", {}),
    ("naltrexone 1.5-4.5 mg", "naltrexone", "naltrexone", None, "unknown", {}),
    ("naltrexone 4.5 mg/day", "naltrexone", "naltrexone", None, "unknown", {}),
    ("NALTREXONE 1% VANISHING CREAM", "naltrexone", "naltrexone", None, "topical", {}),
    ("naltrexone (bulk) 100 % powder", "naltrexone", "naltrexone", None, "powder", {}),
    ("naltrexone (REVIA) tablet", "naltrexone", "naltrexone", None, "tablet", {}),
    ("Naltrexone IM (Vivitrol)", "naltrexone", "naltrexone", None, "depot", {}),
    (
        "naltrexone ER 380 mg intramuscular suspension,extended release",
        "naltrexone",
        "naltrexone",
        None,
        "depot",
        {"naltrexone": "380/unit"},
    ),
    ("naltrexone 100 mg implant pellet", "naltrexone", "naltrexone", None, "implant", {"naltrexone": "100/unit"}),
    (
        "naltrexone 8 mg-bupropion 90 mg tablet,extended release",
        "naltrexone/bupropion",
        "naltrexone",
        None,
        "tablet",
        {"naltrexone": "8/unit", "bupropion": "90/unit"},
    ),
    ("Mysimba", "naltrexone/bupropion", "naltrexone", None, "tablet", {}),
    ("NALTREXONE 0.2%/DIPHENHYDRAMINE 2% SOLUTION", "naltrexone/diphenhydramine", "naltrexone", None, "liquid", {}),
    ("Embeda", "morphine/naltrexone", "opioid", "extended", "capsule", {}),
    (
        "EMBEDA 100-4 MG",
        "morphine/naltrexone",
        "opioid",
        "extended",
        "capsule",
        {"morphine": "100/unit", "naltrexone": "4/unit"},
    ),
    ("Troxyca ER", "oxycodone/naltrexone", "opioid", "extended", "capsule", {}),
    (
        "oxyCODONE-acetaminophen 5 mg-325 mg tablet",
        "oxycodone/acetaminophen",
        "opioid",
        "short",
        "tablet",
        {"oxycodone": "5/unit", "acetaminophen": "325/unit"},
    ),
    ("Percocet 10-325", "oxycodone/acetaminophen", "opioid", "short", "tablet", {"oxycodone": "10/unit"}),
    ("OXYCODONE HCL-ACETAMINOPHEN", "oxycodone/acetaminophen", "opioid", "short", "unknown", {}),
    ("OXYCODONE HCL ER 10 MG PO T12A", "oxycodone", "opioid", "extended", "unknown", {"oxycodone": "10/unit"}),
    ("oxycodone 12hr 20 mg tab", "oxycodone", "opioid", "extended", "tablet", {"oxycodone": "20/unit"}),
    ("oxycodone 5 mg tab every 12 hr", "oxycodone", "opioid", "short", "tablet", {"oxycodone": "5/unit"}),
    ("OxyContin", "oxycodone", "opioid", "extended", "tablet", {}),
    ("Morphine Sulfate 50 MG [Kadian]", "morphine", "opioid", "extended", "capsule", {"morphine": "50/unit"}),
    ("MS CONTIN", "morphine", "opioid", "extended", "tablet", {}),
    ("HYDROSTAT IR", "hydromorphone", "opioid", "short", "tablet", {}),
    (
        "HYDROcodone bitartrate ER 30 mg tablet,crush resist,extended rel. 24hr",
        "hydrocodone",
        "opioid",
        "extended",
        "tablet",
        {"hydrocodone": "30/unit"},
    ),
    ("Norco 5/325", "hydrocodone/acetaminophen", "opioid", "short", "tablet", {"hydrocodone": "5/unit"}),
    (
        "hydrocodone/APAP 7.5-325 mg/15 mL",
        "hydrocodone/acetaminophen",
        "opioid",
        "short",
        "unknown",
        {"hydrocodone": "0.5/mL"},
    ),
    ("CODEINE SULFATE 15 MG PO TABS", "codeine", "opioid", "short", "tablet", {"codeine": "15/unit"}),
    ("Tylenol #3", "codeine/acetaminophen", "opioid", "short", "unknown", {}),
    ("T3 tablet", "codeine/acetaminophen", "opioid", "short", "tablet", {}),
    (
        "co-codamol 30/500",
        "codeine/acetaminophen",
        "opioid",
        "short",
        "unknown",
        {"codeine": "30/unit", "acetaminophen": "500/unit"},
    ),
    (
        "butalbital-aspirin-caffeine-codeine capsule",
        "codeine/aspirin/caffeine/butalbital",
        "opioid",
        "short",
        "capsule",
        {},
    ),
    (
        "promethazine with codeine 6.25-10 mg/5 mL syrup",
        "codeine/promethazine",
        "opioid",
        "cough",
        "liquid",
        {"codeine": "2/mL", "promethazine": "1.25/mL"},
    ),
    ("Robitussin AC", "codeine/guaifenesin", "opioid", "cough", "liquid", {}),
    ("Cheratussin AC", "codeine/guaifenesin", "opioid", "cough", "liquid", {}),
    ("Tussionex", "hydrocodone/chlorpheniramine", "opioid", "cough", "liquid", {}),
    ("Tuxarin ER", "codeine/chlorpheniramine", "opioid", "cough", "tablet", {}),
    (
        "hydrocodone-homatropine 5-1.5 mg/5 mL",
        "hydrocodone/homatropine",
        "opioid",
        "cough",
        "unknown",
        {"hydrocodone": "1/mL"},
    ),
    ("codeine linctus 15 mg/5 mL", "codeine", "opioid", "cough", "liquid", {"codeine": "3/mL"}),
    (
        "Suboxone 8 mg-2 mg sublingual film",
        "buprenorphine/naloxone",
        "opioid",
        "maintenance",
        "film",
        {"buprenorphine": "8/unit", "naloxone": "2/unit"},
    ),
    (
        "buprenorphine-naloxone 8-2 mg SL tab",
        "buprenorphine/naloxone",
        "opioid",
        "maintenance",
        "tablet",
        {"naloxone": "2/unit"},
    ),
    ("buprenorphine", "buprenorphine", "opioid", "maintenance", "unknown", {}),
    ("Belbuca 150 mcg", "buprenorphine", "opioid", "maintenance", "film", {"buprenorphine": "0.15/unit"}),
    ("Butrans 10 mcg/hr", "buprenorphine", "opioid", "patch", "patch", {"buprenorphine": "0.01/h"}),
    ("Sublocade 300 mg", "buprenorphine", "opioid", "sublocade", "depot", {"buprenorphine": "300/unit"}),
    ("Brixadi 24 mg", "buprenorphine", "opioid", "brixadi-weekly", "depot", {"buprenorphine": "24/unit"}),
    ("Brixadi 96 mg", "buprenorphine", "opioid", "brixadi-monthly", "depot", {"buprenorphine": "96/unit"}),
    ("Brixadi (weekly)", "buprenorphine", "opioid", "brixadi-weekly", "depot", {}),
    ("Brixadi", "buprenorphine", "opioid", "brixadi-monthly", "depot", {}),
    ("Probuphine", "buprenorphine", "opioid", "implant", "implant", {}),
    (
        "Buprenex 0.3 mg/mL",
        "buprenorphine",
        "opioid",
        "injected-buprenorphine",
        "injection",
        {"buprenorphine": "0.3/mL"},
    ),
    ("methadone 10 mg/5 mL oral solution", "methadone", "opioid", "maintenance", "liquid", {"methadone": "2/mL"}),
    ("Methadone ER", "methadone", "opioid", "maintenance", "unknown", {}),
    ("Duragesic-25", "fentanyl", "opioid", "patch", "patch", {}),
    ("fentanyl 50 mcg/hr", "fentanyl", "opioid", "patch", "patch", {"fentanyl": "0.05/h"}),
    ("fentanyl 200 mcg buccal lozenge", "fentanyl", "opioid", "short", "lozenge", {"fentanyl": "0.2/unit"}),
    ("fentanyl citrate injection", "fentanyl", "opioid", "short", "injection", {}),
    ("tramadol 50 mg tablet C-IV", "tramadol", "opioid", "short", "tablet", {"tramadol": "50/unit"}),
    ("tramadol XR 200 mg", "tramadol", "opioid", "extended", "unknown", {"tramadol": "200/unit"}),
    ("levorphanol 2 mg", "levorphanol", "opioid", "long", "unknown", {"levorphanol": "2/unit"}),
    ("heroin", "diamorphine", "opioid", "long", "unknown", {}),
    ("Lomotil", "diphenoxylate/atropine", "opioid", "gut", "unknown", {}),
    ("Viberzi 100 mg", "eluxadoline", "opioid", "gut", "tablet", {"eluxadoline": "100/unit"}),
    ("B & O Supprettes", "opium/belladonna alkaloids", "opioid", "gut", "rectal", {}),
    ("opium tincture 10 mg/mL", "opium", "opioid", "gut", "liquid", {"opium": "10/mL"}),
    ("loperamide 2 mg capsule", "loperamide", "opioid", "restricted", "capsule", {"loperamide": "2/unit"}),
    ("Korsuva", "difelikefalin", "opioid", "restricted", "injection", {}),
    ("kratom powder", "mitragynine", "opioid", "unregulated", "powder", {}),
    ("7-OH tablets 15 mg", "mitragynine", "opioid", "unregulated", "tablet", {"mitragynine": "15/unit"}),
    ("tianeptine", "tianeptine", "opioid", "unregulated", "unknown", {}),
    ("methyl-naltrexone tablet", "methylnaltrexone", "peripheral-antagonist", None, "tablet", {}),
    ("Methyl naltrexone", "methylnaltrexone", "peripheral-antagonist", None, "unknown", {}),
    (
        "methylnaltrexone 12 mg/0.6 mL",
        "methylnaltrexone",
        "peripheral-antagonist",
        None,
        "unknown",
        {"methylnaltrexone": "20/mL"},
    ),
    ("Movantik", "naloxegol", "peripheral-antagonist", None, "tablet", {}),
    ("Narcan 4 mg nasal spray", "naloxone", "naloxone", None, "nasal", {"naloxone": "4/unit"}),
    ("Lybalvi", "samidorphan/olanzapine", "other-antagonist", None, "tablet", {}),
    ("Silenor 6 mg", "doxepin", "hypnotic", None, "tablet", {"doxepin": "6/unit"}),
    ("Ambien", "zolpidem", "hypnotic", None, "unknown", {}),
    ("Armour Thyroid", "thyroid extract", "thyroid-hormone", None, "tablet", {}),
    (
        "tacrolimus 1 mg capsule",
        "tacrolimus",
        "transplant-immunosuppressant",
        None,
        "capsule",
        {"tacrolimus": "1/unit"},
    ),
]


@pytest.mark.parametrize(
    ("text", "name", "role", "kind", "form", "strengths"), IDENTIFIED, ids=[row[0] for row in IDENTIFIED]
)
def test_a_text_names_its_medicine(
    text: str, name: str, role: str, kind: str | None, form: str, strengths: dict[str, str]
) -> None:
    drug = by_text(text)
    assert drug.name == name, drug
    assert drug.roles == {Role(role)}, drug
    assert (drug.opioid_kind, drug.form) == (OpioidKind(kind) if kind else None, Form(form)), drug
    assert strengths.items() <= strengths_of(drug).items(), drug
    assert strengths or not strengths_of(drug), drug
    assert drug.recognised_by is Certainty.NAME


@pytest.mark.parametrize(
    "text",
    [
        "apomorphine 10 mg/mL",
        "apo-morphine",
        "trazodone 50 mg",
        "bupropion XL 150 mg",
        "hydrocortisone 1% cream",
        "hydroxyzine 25 mg",
        "Cardene 20 mg",
        "dextromethorphan 15 mg/5 mL",
        "Robitussin DM",
        "Tylenol 3 times daily",
        "doxepin 6 mg",
        "acetaminophen (acetaminophen 325 mg oral capsule)",
        "tacrolimus 0.1 % ointment",
        "Restasis",
        "lisinopril 10 mg",
    ],
)
def test_known_medicines_of_no_interest_are_identified_and_have_no_role(text: str) -> None:
    drug = by_text(text)
    assert drug.is_identified
    assert drug.roles == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "LDN",
        "LDN-193189 10 mg",
        "LDN193189 mg",
        "GOLDN seal 4 mg",
        "LDN 20",
        "RD, LDN 2023",
        "no opioids",
        "allergic to codeine",
        "allergic to codeine, morphine and tramadol",
        "Codeine allergy",
        "declines naloxone",
        "oxycodone-free",
        "not taking any methadone",
        "no oxycodone or hydrocodone",
        "T3 free",
        "1C PO HS",
        "drospirenone-ethinyl estradiol (YAZ,GIANVI) tablet 3-0.02 mg",
        "norbuprenorphine level",
        "vortex spacer device",
    ],
)
def test_what_names_no_medicine_of_ours_is_not_identified(text: str) -> None:
    drug = by_text(text)
    assert not drug.is_identified
    assert (drug.ingredients, drug.roles, drug.opioid_kind) == ((), frozenset(), None)


@pytest.mark.parametrize(
    "text",
    ["ustekinumab 90 mg/mL", "multivitamin", "drospirenone-ethinyl estradiol", "no opioids", "None", "no medications"],
)
def test_a_plain_name_in_no_table_is_another_medicine_and_no_unknown_one(text: str) -> None:
    assert by_text(text) == UNLISTED
    assert by_code("99999999", display=text) == UNLISTED


@pytest.mark.parametrize(
    "text",
    [None, "", "???", "see list", "patient's own medication", "Unknown medication", "narcotic pain pill", "1C PO HS",
     "compounded capsule", "LDN", "take 1 tablet daily"],
)  # fmt: skip
def test_words_that_could_mean_any_medicine_leave_it_not_identified(text: str | None) -> None:
    assert FORMULARY.recognise((), text) == UNIDENTIFIED
    assert FORMULARY.recognise(((RXNORM, "99999999", None),), text) == UNIDENTIFIED


def test_a_denial_reaches_only_the_names_it_speaks_of() -> None:
    assert by_text("naltrexone 4.5 mg capsule; declines methadone").name == "naltrexone"
    assert by_text("no codeine, morphine 15 mg").name == "morphine"
    assert by_text("DO NOT CRUSH oxycodone ER").is_opioid
    assert by_text("Rx no. 12; morphine 15 mg").is_opioid
    assert by_text("morphine sulfate preservative free 1 mg/mL").is_opioid


@pytest.mark.parametrize(
    ("text", "meant", "role"),
    [
        ("oxycodne 5 mg", "oxycodone", Role.OPIOID),
        ("naltrexne 4.5 mg", "naltrexone", Role.NALTREXONE),
        ("hydromorphnoe", "hydromorphone", Role.OPIOID),
        ("buprenorphinee", "buprenorphine", Role.OPIOID),
        ("oxycodne-acetaminophen 5-325", "oxycodone", Role.OPIOID),
    ],
)
def test_one_wrong_letter_in_a_long_name_is_a_possible_misspelling(text: str, meant: str, role: Role) -> None:
    drug = by_text(text)
    assert (drug.recognised_by, drug.meant, drug.roles) == (Certainty.POSSIBLE, meant, frozenset({role}))
    assert not drug.is_marketed_product


@pytest.mark.parametrize("text", ["oxycdne", "codene", "hydrocotisnoe", "morphin e", "naltrxne", "x" * 40])
def test_two_wrong_letters_or_a_short_name_are_not_guessed(text: str) -> None:
    assert by_text(text).recognised_by is not Certainty.POSSIBLE


@pytest.mark.parametrize("group", PAGE["words"]["look_alikes"])
def test_look_alikes_are_never_taken_for_one_another(group: list[str]) -> None:
    for name in group:
        drug = by_text(name)
        assert drug.recognised_by is not Certainty.POSSIBLE, f"{name} was taken for {drug.meant}"


@given(st.text(alphabet="abcde", min_size=2, max_size=8), st.data())
def test_leaving_out_adding_or_changing_a_letter_is_one_edit(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(word) - 1))
    assert differs_by_one_edit(word[:at] + word[at + 1 :], word)
    assert differs_by_one_edit(word[:at] + "z" + word[at:], word)
    assert differs_by_one_edit(word[:at] + "z" + word[at + 1 :], word)
    assert not differs_by_one_edit("zz" + word, word)


def test_the_name_never_repeats_what_the_client_wrote() -> None:
    drug = by_text("Mrs Doe's oxycodone <script>")
    assert (drug.name, drug.brand) == ("oxycodone", None)


def test_the_brand_is_the_one_that_was_named() -> None:
    assert by_text("Vicodin 5-300 mg").brand == "Vicodin"
    assert by_text("Bu-Trans patch").brand == "Butrans"
    assert by_text("LDN 4.5 mg").brand == "LDN"


def test_release_is_unknown_unless_something_tells_it() -> None:
    assert by_text("oxycodone 5 mg tablet").release is Release.UNKNOWN
    assert by_text("oxycodone IR 5 mg tablet").release is Release.IMMEDIATE
    assert by_text("naltrexone SR 4.5 mg capsule").release is Release.EXTENDED
    assert by_text("morphine prolonged release").opioid_kind is OpioidKind.EXTENDED


def test_a_marketed_product_is_told_from_a_compounded_one() -> None:
    assert by_text("naltrexone 50 mg tablet").is_marketed_product
    assert by_text("ReVia").is_marketed_product
    assert by_code("1483744").is_marketed_product
    assert by_code("1483746").is_marketed_product
    assert by_code("7243", "naltrexone 50 mg oral tablet").is_marketed_product
    assert not by_text("naltrexone 50 mg capsule").is_marketed_product
    assert not by_text("naltrexone 4.5 mg tablet").is_marketed_product
    assert not by_text("LDN 4.5 mg capsule").is_marketed_product
    assert not by_text("Lotrexone 4.5 mg").is_marketed_product
    assert not by_code("2628820").is_marketed_product
    assert not by_code("2640969").is_marketed_product
    assert not by_code("7243").is_marketed_product


# ----------------------------------------------------------------------------------------------------------------------
# Amounts


@pytest.mark.parametrize(
    ("text", "values", "per"),
    [
        ("4.5 mg", ["4.5"], "unit"),
        ("4.5mg", ["4.5"], "unit"),
        (".5 mg", ["0.5"], "unit"),
        ("1,5 mg", ["1.5"], "unit"),
        ("1,000 mg", ["1000"], "unit"),
        ("1 g", ["1000"], "unit"),
        ("250 micrograms", ["0.250"], "unit"),
        ("50 \u00b5g", ["0.050"], "unit"),
        ("50 mcg/hr", ["0.050"], "h"),
        ("5-325", ["5", "325"], "unit"),
        ("5 mg-325 mg", ["5", "325"], "unit"),
        ("5\u2013325 mg", ["5", "325"], "unit"),
        ("1 mg/mL", ["1"], "mL"),
        ("10 mg/5 mL", ["2"], "mL"),
        ("7.5-325 MG/15ML", ["0.5"], "mL"),
        ("0.1 MG/ACTUAT", ["0.1"], "unit"),
    ],
)
def test_a_strength_is_read_in_milligrams(text: str, values: list[str], per: str) -> None:
    (amount,) = amounts_in(words_of(text))
    assert amount.per == per
    assert list(amount.values)[: len(values)] == [Decimal(value) for value in values]


@pytest.mark.parametrize("text", ["30", "12 hr", "1 %", "10 ml", "every 4 hours", "9" * 400 + " mg", "1.2.3 mg"])
def test_a_number_without_a_mass_is_no_strength(text: str) -> None:
    assert amounts_in(words_of(text)) == []


def test_a_strength_is_per_kilogram_or_day_only_in_a_dose() -> None:
    assert amounts_in(words_of("0.1 mg/kg"))[0].per is None
    assert by_text("morphine 0.1 mg/kg").strengths == ()


# ----------------------------------------------------------------------------------------------------------------------
# Codes


@pytest.mark.parametrize(
    ("code", "name", "kind", "form"),
    [
        ("7243", "naltrexone", None, "unknown"),
        ("1483744", "naltrexone", None, "tablet"),
        ("637213", "naltrexone", None, "depot"),
        ("636556", "naltrexone", None, "depot"),
        ("1551468", "naltrexone/bupropion", None, "tablet"),
        ("2059405", "naltrexone", None, "powder"),
        ("2045327", "naltrexone", None, "implant"),
        ("2111246", "naltrexone/bupropion", None, "unknown"),
        ("863845", "morphine/naltrexone", "extended", "capsule"),
        ("859959", "morphine/naltrexone", "extended", "capsule"),
        ("1049221", "oxycodone/acetaminophen", "short", "tablet"),
        ("218986", "oxycodone", "extended", "tablet"),
        ("856987", "hydrocodone/acetaminophen", "short", "tablet"),
        ("351267", "buprenorphine/naloxone", "maintenance", "tablet"),
        ("1819", "buprenorphine", "maintenance", "unknown"),
        ("904870", "buprenorphine", "patch", "patch"),
        ("238129", "buprenorphine", "injected-buprenorphine", "injection"),
        ("1996184", "buprenorphine", "sublocade", "depot"),
        ("1996185", "buprenorphine", "sublocade", "depot"),
        ("2639021", "buprenorphine", "brixadi-weekly", "depot"),
        ("2639027", "buprenorphine", "brixadi-weekly", "depot"),
        ("2639036", "buprenorphine", "brixadi-monthly", "depot"),
        ("2639044", "buprenorphine", "brixadi-monthly", "depot"),
        ("1797650", "buprenorphine", "implant", "implant"),
        ("6813", "methadone", "maintenance", "unknown"),
        ("261184", "fentanyl", "patch", "patch"),
        ("1735065", "fentanyl", "short", "injection"),
        ("544165", "hydrocodone/chlorpheniramine", "cough", "liquid"),
        ("312107", "opium/belladonna alkaloids", "gut", "rectal"),
        ("830196", "opium", "gut", "liquid"),
        ("6378", "levorphanol", "long", "unknown"),
        ("6468", "loperamide", "restricted", "unknown"),
        ("29899", "methylnaltrexone", None, "unknown"),
    ],
)
def test_an_rxnorm_code_names_its_medicine(code: str, name: str, kind: str | None, form: str) -> None:
    drug = by_code(code)
    assert (drug.name, drug.opioid_kind, drug.form) == (name, OpioidKind(kind) if kind else None, Form(form)), drug


def test_a_product_code_tells_strengths_and_an_ingredient_code_none() -> None:
    assert strengths_of(by_code("1483744")) == {"naltrexone": "50/unit"}
    assert by_code("1483744").recognised_by is Certainty.PRODUCT_CODE
    assert strengths_of(by_code("863845")) == {"morphine": "100/unit", "naltrexone": "4/unit"}
    assert strengths_of(by_code("904870")) == {"buprenorphine": "0.01/h"}
    assert by_code("7243").strengths == ()
    assert by_code("7243").recognised_by is Certainty.INGREDIENT_CODE


@pytest.mark.parametrize(
    ("system", "code", "name"),
    [
        ("urn:oid:2.16.840.1.113883.6.88", "7804", "oxycodone"),
        ("2.16.840.1.113883.6.88", "7804", "oxycodone"),
        ("https://www.nlm.nih.gov/research/umls/rxnorm/", " 7804 ", "oxycodone"),
        (SNOMED, "414984009", "oxycodone"),
        (f"{SNOMED}/731000124108", "414984009", "oxycodone"),
        ("urn:oid:2.16.840.1.113883.6.96", "373546002", "naltrexone"),
        ("https://dmd.nhs.uk", "34558611000001107", "naltrexone/bupropion"),
        ("http://www.whocc.no/atc", "N07BB04", "naltrexone"),
        ("http://www.whocc.no/atc", "n02aj06", "codeine/acetaminophen"),
        ("http://www.whocc.no/atc", "N07BC51", "buprenorphine/naloxone"),
        ("http://www.whocc.no/atc", "N02AA56", "oxycodone/naltrexone"),
        ("http://fdasis.nlm.nih.gov", "5S6W795CQM", "naltrexone"),
        ("http://hl7.org/fhir/sid/ndc", "00056-0011-22", "naltrexone"),
        ("http://hl7.org/fhir/sid/ndc", "0056-0011-22", "naltrexone"),
        ("http://hl7.org/fhir/sid/ndc", "00056001122", "naltrexone"),
        ("http://hl7.org/fhir/sid/ndc", "0056001122", "naltrexone"),
        ("urn:oid:2.16.840.1.113883.6.69", "60793043401", "morphine/naltrexone"),
    ],
)
def test_a_code_is_read_in_every_spelling_of_its_system(system: str, code: str, name: str) -> None:
    assert by_code(code, system=system).name == name


def test_a_code_in_no_or_a_foreign_system_counts_only_when_the_words_agree() -> None:
    for system in (None, "", "https://fhir.example.org/synonym"):
        assert not by_code("7804", system=system).is_identified
        assert by_code("1483744", "naltrexone", system=system).recognised_by is Certainty.PRODUCT_CODE
        assert by_code("7804", "lisinopril 10 mg", system=system).name == "lisinopril"


def test_the_same_digits_in_another_known_system_are_another_code() -> None:
    assert not by_code("7804", system=SNOMED).is_identified


def test_an_unknown_code_leaves_the_display_and_the_text_to_be_read() -> None:
    assert by_code("99999999", display="oxycodone 5 mg").name == "oxycodone"
    assert by_code("99999999", "oxycodone 5 mg").name == "oxycodone"
    assert by_code("99999999").name == "a medicine that could not be identified"


def test_ten_codings_of_mixed_levels_are_one_medicine() -> None:
    codes = ["7243", "105069", "1483744", "1483746", "1483767", "152092", "542207", "198011", "207028", "542214"]
    drug = FORMULARY.recognise(tuple((RXNORM, code, None) for code in codes), "naltrexone 50 mg tablet")
    assert (drug.name, drug.form, strengths_of(drug)) == ("naltrexone", Form.TABLET, {"naltrexone": "50/unit"})
    assert drug.recognised_by is Certainty.PRODUCT_CODE
    assert drug.contradicted_by is None


def test_ingredient_codes_of_one_concept_add_up() -> None:
    drug = FORMULARY.recognise(((RXNORM, "7052", None), (RXNORM, "7243", None)), None)
    assert (drug.name, drug.roles) == ("morphine/naltrexone", frozenset({Role.OPIOID}))


def test_of_two_products_in_one_concept_the_longer_washout_counts() -> None:
    drug = FORMULARY.recognise(((RXNORM, "2639021", None), (RXNORM, "2639036", None)), None)
    assert drug.opioid_kind is OpioidKind.BRIXADI_MONTHLY


@pytest.mark.parametrize("code", [code for code, of in PAGE["components"].items() if of[0] != "naltrexone"])
def test_a_bare_strength_component_of_naltrexone_belongs_to_an_opioid_product(code: str) -> None:
    drug = by_code(code)
    assert drug.roles == {Role.OPIOID}
    assert drug.opioid_kind is OpioidKind.EXTENDED
    assert drug.strengths == ()


def test_a_strength_component_beside_words_for_naltrexone_is_naltrexone_of_the_strength_the_words_tell() -> None:
    drug = by_code("863540", "naltrexone 4.5 mg capsule")
    assert (drug.name, strengths_of(drug), drug.contradicted_by) == ("naltrexone", {"naltrexone": "4.5/unit"}, None)
    drug = FORMULARY.recognise(((RXNORM, "863540", None), (RXNORM, "7243", None)), None)
    assert (drug.name, drug.strengths) == ("naltrexone", ())


# ----------------------------------------------------------------------------------------------------------------------
# Codes and words together


def test_words_fill_what_the_code_leaves_open() -> None:
    drug = by_code("7243", "naltrexone 4.5 mg capsule")
    assert (drug.form, strengths_of(drug)) == (Form.CAPSULE, {"naltrexone": "4.5/unit"})
    assert by_code("7804", "oxycodone ER 10 mg tab").opioid_kind is OpioidKind.EXTENDED
    assert by_code("1819", "Sublocade 300 mg").opioid_kind is OpioidKind.SUBLOCADE
    assert by_code("2670", "codeine-guaifenesin 10-100 mg/5 mL").opioid_kind is OpioidKind.COUGH


def test_the_strength_of_a_product_code_is_not_overruled_by_words() -> None:
    assert strengths_of(by_code("1483744", "naltrexone 4.5 mg capsule")) == {"naltrexone": "50/unit"}


def test_an_opioid_in_the_words_outweighs_naltrexone_in_the_code() -> None:
    drug = by_code("1483744", "oxycodone 5 mg tablet")
    assert (drug.name, drug.contradicted_by, drug.is_opioid) == ("oxycodone", "naltrexone", True)


def test_an_opioid_in_the_code_outweighs_naltrexone_in_the_words() -> None:
    drug = by_code("1049221", "naltrexone 4.5 mg capsule")
    assert (drug.name, drug.contradicted_by) == ("oxycodone/acetaminophen", "naltrexone")
    drug = by_code("351267", "Buprenorphine / Naltrexone")
    assert (drug.name, drug.contradicted_by) == ("buprenorphine/naloxone", "buprenorphine/naltrexone")


def test_naltrexone_outweighs_other_antagonists_and_everything_harmless() -> None:
    assert by_code("29899", "naltrexone 4.5 mg").name == "naltrexone"
    assert by_code("7242", "naltrexone 4.5 mg").contradicted_by == "naloxone"
    assert by_code("7243", "metformin 500 mg").contradicted_by == "metformin"


def test_a_wrong_display_counts_as_words() -> None:
    drug = by_code("7243", display="oxycodone 5 mg")
    assert (drug.name, drug.contradicted_by) == ("oxycodone", "naltrexone")


def test_display_and_text_that_disagree_without_a_code_are_reported() -> None:
    drug = FORMULARY.recognise(((None, None, "naltrexone 4.5 mg"),), "oxycodone 5 mg")
    assert (drug.name, drug.contradicted_by) == ("oxycodone", "naltrexone")


def test_another_medicine_mentioned_in_passing_is_no_contradiction() -> None:
    assert by_code("1483744", "naltrexone 50 mg tablet, take with ibuprofen").contradicted_by is None
    assert by_code("1483744", "Contrave").contradicted_by == "naltrexone/bupropion"


# ----------------------------------------------------------------------------------------------------------------------
# Compounded medicines


def test_a_compound_is_named_by_its_ingredients_and_their_strengths() -> None:
    parts = (
        (((RXNORM, "7243", None),), None, Strength(Decimal("4.5"))),
        ((), "microcrystalline cellulose", None),
    )
    drug = FORMULARY.recognise_ingredients(parts, "compounded capsule LDN")
    assert (drug.name, strengths_of(drug), drug.form) == ("naltrexone", {"naltrexone": "4.5/unit"}, Form.CAPSULE)
    assert drug.recognised_by is Certainty.INGREDIENT_CODE
    assert not drug.is_marketed_product


def test_a_compound_with_an_opioid_in_it_is_an_opioid() -> None:
    parts = (((), "naltrexone", None), ((), "morphine sulfate", None))
    assert FORMULARY.recognise_ingredients(parts, None).roles == {Role.OPIOID}


def test_the_name_of_a_compound_is_heard_when_its_parts_hide_an_opioid() -> None:
    parts = ((((RXNORM, "7243", None),), None, None),)
    assert FORMULARY.recognise_ingredients(parts, "methadone 10 mg").contradicted_by == "naltrexone"
    assert FORMULARY.recognise_ingredients((((), "filler", None),), "methadone 10 mg").name == "methadone"
    assert FORMULARY.recognise_ingredients((), None) == UNIDENTIFIED


# ----------------------------------------------------------------------------------------------------------------------
# Dose forms stated by themselves


@pytest.mark.parametrize(
    ("system", "code", "display", "form", "release"),
    [
        (RXNORM, "316945", None, Form.TABLET, Release.EXTENDED),
        (RXNORM, "317541", None, Form.TABLET, Release.UNKNOWN),
        (SNOMED, "421026006", None, Form.TABLET, Release.IMMEDIATE),
        (SNOMED, "385053008", None, Form.CAPSULE, Release.EXTENDED),
        (SNOMED, "385049006", None, Form.CAPSULE, Release.UNKNOWN),
        (SNOMED, "385099005", None, Form.TOPICAL, Release.UNKNOWN),
        ("http://standardterms.edqm.eu", "10219000", None, Form.TABLET, Release.UNKNOWN),
        (SNOMED, "385220007", None, Form.INJECTION, Release.IMMEDIATE),
        ("https://fhir.example.org/forms", "TAB", "tablet", Form.TABLET, Release.UNKNOWN),
        (None, None, "Prolonged-release oral tablet", Form.TABLET, Release.EXTENDED),
        (None, "317541", None, Form.UNKNOWN, Release.UNKNOWN),
    ],
)
def test_a_stated_dose_form_is_read_by_code_or_else_by_its_words(
    system: str | None, code: str | None, display: str | None, form: Form, release: Release
) -> None:
    assert FORMULARY.form_of(((system, code, display),), None) == (form, release)


# ----------------------------------------------------------------------------------------------------------------------
# What must hold for every opioid, and how long it may take

# Two exceptions: a bare component is an opioid by its code only, and its name says naltrexone (the tests above tell
# what then counts); a brand that is a plain word counts by itself or beside a dose form, not beside another brand.
OPIOID_ROWS = [
    row
    for row in rows_of("rxnorm.tsv")
    if row["code"] not in PAGE["components"]
    and not (
        row["level"] == "BN" and " ".join(words_of(row["name"])).replace(" - ", " ") in PAGE["words"]["plain_brands"]
    )
    and by_code(row["code"]).is_opioid
]


@given(st.sampled_from(OPIOID_ROWS), st.randoms(use_true_random=False))
def test_no_way_of_writing_an_opioid_makes_it_something_else(row: dict[str, str], chance: random.Random) -> None:
    tall = "".join(letter.upper() if chance.random() < 0.5 else letter.lower() for letter in row["name"])
    brand = chance.choice(["Contrave", "ReVia", "Narcan", "Tylenol", "Vivitrol", "Relistor"])
    for text in (row["name"], tall, f"{row['name']} [{brand}]", f"{brand} {tall}", row["name"].replace(" / ", "-")):
        assert by_text(text).roles == {Role.OPIOID}, text
        assert by_code(row["code"], text).roles == {Role.OPIOID}, text
        assert by_code(row["code"], display=text).roles == {Role.OPIOID}, text
        assert by_code("0", display=text).roles == {Role.OPIOID}, text


@given(st.text(max_size=200))
def test_any_text_at_all_is_read_without_complaint(text: str) -> None:
    assert by_text(text).name
    assert by_text(f"naltrexone {text}").name


@pytest.mark.parametrize(
    ("system", "code"),
    [
        (RXNORM, " 1483744 "),
        (RXNORM, "0001483744"),
        (RXNORM, "1483744.0"),
        (RXNORM, "1 483 744"),
        ("urn:oid:2.16.840.1.113883.6.88", "1,483,744"),
        ("http://www.whocc.no/atc", "n07 bb04"),
        ("http://snomed.info/sct", "373 546 002"),
        ("http://snomed.info/sct", "0373546002"),
        ("http://fdasis.nlm.nih.gov", " 5s6w 795cqm"),
        ("http://hl7.org/fhir/sid/ndc", "00056-0011-22"),
        ("http://hl7.org/fhir/sid/ndc", "0056-0011-22"),
        ("http://hl7.org/fhir/sid/ndc", "56-11-22"),
        ("http://hl7.org/fhir/sid/ndc", "00056 0011 22"),
        ("http://hl7.org/fhir/sid/ndc", "0056001122"),
        ("http://hl7.org/fhir/sid/ndc", "56001122"),
        ("http://hl7.org/fhir/sid/ndc", "56001122.0"),
    ],
)
def test_a_code_is_read_with_spaces_in_it_and_with_zeros_lost_or_added(system: str, code: str) -> None:
    assert by_code(code, system=system).name == "naltrexone"


@pytest.mark.parametrize("code", ["", " ", "0", "-", "0" * 12, "1" * 100_000, "1483744 7804", "560-011-22-1"])
@pytest.mark.parametrize("system", [RXNORM, "http://hl7.org/fhir/sid/ndc", "http://snomed.info/sct", "", None])
def test_a_code_of_no_medicine_is_none_however_it_is_spelled(system: str | None, code: str) -> None:
    assert not by_code(code, system=system).is_identified


def test_ten_thousand_codings_of_one_concept_are_read_within_a_second() -> None:
    unknown = [(RXNORM, str(90_000_000 + n), f"display {n}") for n in range(9_999)]
    codings = (*unknown, (RXNORM, "7243", None))
    began = process_time()
    assert FORMULARY.recognise(codings, "LDN 4.5 mg").is_naltrexone
    assert process_time() - began < 1


@pytest.mark.parametrize(
    "part",
    [
        "oxycodone 5 mg ",
        "x",
        "5-",
        "1.",
        "9",
        "LDN ",
        "no ",
        "no codeine, ",
        "low dose ",
        "to codeine ",
        "naltr\u00e9xone\u2122 ",
        "-",
        "l.d.n. ",
        "LDN 4.5 ",
        "naltrexone naltrexone ",
        "1/4 tab ",
        "5-325 ",
        "((((",
        "mg mg mg ",
        "o x y ",
        "a\u0301",
        "\u0301",
        "\u00bd ",
        "T3 ",
        "apap/",
        "tecnal c 1/",
        "Compensan ",
        "gelonida codeine ",
        "mother takes codeine ",
        "fentynal ",
    ],
)
def test_reading_time_grows_with_the_length_of_the_text_only_and_stays_under_fifty_milliseconds(part: str) -> None:
    """A hundred kilobytes. Where the README's figures come from the yardstick takes 4 ms; a slower machine is given more."""

    def time_of(read: Callable[[str], object], length: int) -> float:
        text = (part * length)[:length]
        began = process_time()
        read(text)
        return process_time() - began

    def yardstick(text: str) -> object:
        counted: dict[str, int] = {}
        for sign in text:
            counted[sign] = counted.get(sign, 0) + 1
        return counted

    time_of(by_text, 10_000)
    short = min(time_of(by_text, 25_000) for _ in range(3))
    long = min(time_of(by_text, 100_000) for _ in range(3))
    assert long < 4 * 3 * short + 0.02  # four times as long, with room for a busy machine; squared it would be sixteen
    allowed = 0.050 / 0.004 * min(time_of(yardstick, 100_000) for _ in range(5))
    assert long < allowed
