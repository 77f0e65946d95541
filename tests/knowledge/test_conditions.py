"""Conditions are recognised by code and, where there is none, by name."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from cards.conditions import ConditionGroup
from cards.findings import HouseError
from cards.knowledge.build_conditions import build_conditions
from cards.knowledge.conditions import ConditionTable, _read_codes
from cards.knowledge.phrases import Words

ICD_10_CM = "http://hl7.org/fhir/sid/icd-10-cm"
ICD_10 = "http://hl7.org/fhir/sid/icd-10"
ICD_9_CM = "http://hl7.org/fhir/sid/icd-9-cm"
SNOMED_CT = "http://snomed.info/sct"

G = ConditionGroup


@pytest.fixture(scope="module")
def table() -> ConditionTable:
    return ConditionTable.load()


def groups(table: ConditionTable, text: str) -> set[str]:
    return {str(group) for group in table.groups_of((), text)}


@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        (ICD_10_CM, "M79.7", {G.FIBROMYALGIA}),
        (ICD_10_CM, "G35", {G.MULTIPLE_SCLEROSIS}),
        (ICD_10_CM, "G35.A", {G.MULTIPLE_SCLEROSIS}),  # the code since October 2025
        (ICD_10_CM, "G35.C2", {G.MULTIPLE_SCLEROSIS}),
        (ICD_10_CM, "K50.918", {G.CROHN_DISEASE}),
        (ICD_10_CM, "E66.813", {G.OBESITY}),
        (ICD_10_CM, "U09.9", {G.LONG_COVID}),
        (ICD_10_CM, "G93.32", {G.ME_CFS}),
        (ICD_10_CM, "G90.522", {G.CRPS}),
        (ICD_10_CM, "L40.50", {G.PSORIASIS, G.PSORIATIC_ARTHRITIS}),
        (ICD_10_CM, "E11.42", {G.DIABETIC_NEUROPATHY}),
        (ICD_10_CM, "E11.43", set()),  # gastroparesis is no pain
        (ICD_10_CM, "C50.911", {G.CANCER}),
        (ICD_10_CM, "F63.0", {G.IMPULSE_CONTROL}),
        (ICD_10_CM, "F10.20", {G.ALCOHOL_USE_DISORDER}),
        (ICD_10_CM, "F10.21", {G.ALCOHOL_USE_DISORDER_REMISSION}),
        (ICD_10_CM, "F11.20", {G.OPIOID_USE_DISORDER}),
        (ICD_10_CM, "F11.21", {G.OPIOID_USE_DISORDER_REMISSION}),
        (ICD_10_CM, "F11.23", {G.OPIOID_USE_DISORDER, G.OPIOID_WITHDRAWAL}),
        (ICD_10_CM, "F11.220", {G.OPIOID_USE_DISORDER, G.OPIOID_OVERDOSE}),
        (ICD_10_CM, "T40.2X1A", {G.OPIOID_OVERDOSE}),
        (ICD_10_CM, "T40.2X5A", set()),  # an adverse effect of an opioid taken as directed
        (ICD_10_CM, "T40.415D", set()),
        (ICD_10_CM, "T14.91XA", {G.SUICIDALITY}),
        (ICD_10_CM, "F32.2", {G.DEPRESSION, G.SEVERE_DEPRESSION}),
        (ICD_10_CM, "F32.1", {G.DEPRESSION}),
        (ICD_10_CM, "K72.00", {G.ACUTE_LIVER_FAILURE}),
        (ICD_10_CM, "K72.90", {G.DECOMPENSATED_CIRRHOSIS}),
        (ICD_10_CM, "K70.30", {G.CIRRHOSIS}),
        (ICD_10_CM, "K70.31", {G.CIRRHOSIS, G.DECOMPENSATED_CIRRHOSIS}),
        (ICD_10_CM, "K74.3", {G.PRIMARY_BILIARY_CHOLANGITIS}),  # not cirrhosis
        (ICD_10_CM, "K74.60", {G.CIRRHOSIS}),
        (ICD_10_CM, "B17.10", {G.ACUTE_HEPATITIS}),
        (ICD_10_CM, "B18.2", {G.CHRONIC_LIVER_DISEASE}),
        (ICD_10_CM, "N18.32", {G.CKD_STAGE_3}),
        (ICD_10_CM, "N18.6", {G.KIDNEY_FAILURE}),
        (ICD_10_CM, "Z99.2", {G.KIDNEY_FAILURE}),
        (ICD_10_CM, "O26.892", {G.PREGNANCY}),
        (ICD_10_CM, "O03.9", set()),  # over
        (ICD_10_CM, "O80", set()),
        (ICD_10_CM, "O92.5", {G.LACTATION}),
        (ICD_10_CM, "Z3A.28", {G.PREGNANCY}),
        (ICD_10_CM, "Z94.0", {G.TRANSPLANT}),
        (ICD_10_CM, "Z94.7", set()),  # a cornea needs no immunosuppression
        (ICD_10_CM, "L29.81", {G.CHOLESTATIC_PRURITUS}),
        (ICD_10_CM, "Z79.891", {G.LONG_TERM_OPIOID_USE}),
        (ICD_10_CM, "Z88.5", set()),  # allergic to opioids, not to naltrexone
        (ICD_10_CM, "G90.81", set()),  # serotonin syndrome is no dysautonomia
        (ICD_10_CM, "I10", set()),
        (ICD_10, "F11.2", {G.OPIOID_USE_DISORDER}),
        (ICD_10, "F11.3", {G.OPIOID_USE_DISORDER, G.OPIOID_WITHDRAWAL}),
        (ICD_10, "R45.851", {G.SUICIDALITY}),  # a code of ICD-10-CM, sent as ICD-10
        (ICD_9_CM, "304.03", {G.OPIOID_USE_DISORDER_REMISSION}),
        (ICD_9_CM, "304.01", {G.OPIOID_USE_DISORDER}),
        (ICD_9_CM, "174.9", {G.CANCER}),
        (SNOMED_CT, "24700007", {G.MULTIPLE_SCLEROSIS}),
        (SNOMED_CT, "1081000119105", {G.OPIOID_USE_DISORDER, G.LONG_TERM_OPIOID_USE}),
        (SNOMED_CT, "191821007", {G.OPIOID_USE_DISORDER_REMISSION}),
        (SNOMED_CT, "197270009", {G.ACUTE_LIVER_FAILURE}),
        (SNOMED_CT, "75084000", {G.DEPRESSION, G.SEVERE_DEPRESSION}),
        (SNOMED_CT, "719592004", {G.DEPRESSION}),  # "moderately severe"
        (SNOMED_CT, "60001007", set()),  # not pregnant
        (SNOMED_CT, "1119304009", set()),  # nobody could confirm this code
    ],
)
def test_a_code_tells_its_groups(table: ConditionTable, system: str, code: str, expected: set[str]) -> None:
    assert table.groups_of(((system, code, None),), None) == expected


@pytest.mark.parametrize("code", ["G35.A", "G35A", "g35.a", " G35.A ", "g35a"])
def test_icd_codes_are_read_with_and_without_dot_in_any_case(table: ConditionTable, code: str) -> None:
    assert table.groups_of(((ICD_10_CM, code, None),), None) == {G.MULTIPLE_SCLEROSIS}


@pytest.mark.parametrize(
    "system",
    [
        "urn:oid:2.16.840.1.113883.6.90",
        "2.16.840.1.113883.6.90",
        "http://hl7.org/fhir/sid/icd-10-cm/",
        "https://hl7.org/fhir/sid/icd-10-cm",
        "HTTP://HL7.org/fhir/sid/ICD-10-CM",
    ],
)
def test_a_code_system_is_known_under_all_its_names(table: ConditionTable, system: str) -> None:
    assert table.groups_of(((system, "F11.20", None),), None) == {G.OPIOID_USE_DISORDER}


@pytest.mark.parametrize("system", [None, "", "http://example.org/local", "http://loinc.org", "x" * 100_000])
def test_a_code_without_its_system_says_nothing_unless_it_has_a_name(table: ConditionTable, system: str | None) -> None:
    assert table.groups_of(((system, "24700007", None),), None) == set()
    assert table.groups_of(((system, "24700007", "Multiple sclerosis (disorder)"),), None) == {G.MULTIPLE_SCLEROSIS}


def test_an_edition_of_snomed_ct_is_snomed_ct(table: ConditionTable) -> None:
    assert table.groups_of((("http://snomed.info/sct/731000124108", "24700007", None),), None) == {G.MULTIPLE_SCLEROSIS}


def test_all_codings_of_a_concept_are_read(table: ConditionTable) -> None:
    codings = ((SNOMED_CT, "999", "something"), (ICD_9_CM, "555.9", None), (ICD_10_CM, "K50.90", None))
    assert table.groups_of(codings, None) == {G.CROHN_DISEASE}


def test_the_code_wins_over_the_words(table: ConditionTable) -> None:
    assert table.groups_of(((ICD_10_CM, "M79.7", None),), "opioid use disorder") == {G.FIBROMYALGIA}


def test_words_may_say_more_than_the_code(table: ConditionTable) -> None:
    said = table.groups_of(((ICD_10_CM, "K74.60", "Unspecified cirrhosis of liver"),), "Decompensated cirrhosis")
    assert said == {G.CIRRHOSIS, G.DECOMPENSATED_CIRRHOSIS}
    assert table.groups_of(((ICD_10_CM, "L29.9", None),), "Uremic pruritus") == {G.PRURITUS, G.URAEMIC_PRURITUS}


def test_words_decide_where_the_code_is_too_vague(table: ConditionTable) -> None:
    code = (ICD_10_CM, "Q82.8", "Other specified congenital malformations of skin")
    assert table.groups_of((code,), None) == set()
    assert table.groups_of((code,), "Hailey-Hailey disease") == {G.HAILEY_HAILEY}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fibromyalgia", {G.FIBROMYALGIA}),
        ("FIBROMYALGIA SYNDROME (disorder)", {G.FIBROMYALGIA}),
        ("Crohn's disease", {G.CROHN_DISEASE}),
        ("Crohn\u2019s ileitis", {G.CROHN_DISEASE}),
        ("Long COVID-19", {G.LONG_COVID}),
        ("Post-COVID-19 condition, unspecified", {G.LONG_COVID}),
        ("Sjögren's", {G.SJOGREN}),
        ("ME/CFS", {G.ME_CFS}),
        ("AUD, severe", {G.ALCOHOL_USE_DISORDER}),
        ("Alcohol use disorder, in early remission", {G.ALCOHOL_USE_DISORDER_REMISSION}),
        ("Alcohol dependence, not in remission", {G.ALCOHOL_USE_DISORDER}),
        ("Opioid use disorder, severe, in sustained remission", {G.OPIOID_USE_DISORDER_REMISSION}),
        ("Opioid dependence on agonist therapy", {G.OPIOID_USE_DISORDER, G.LONG_TERM_OPIOID_USE}),
        ("History of opioid use disorder", {G.OPIOID_USE_DISORDER_REMISSION}),
        ("CKD stage 4", {G.CKD_STAGE_4}),
        ("Chronic kidney disease, stage 3b (moderate)", {G.CKD_STAGE_3}),
        ("CKD3b", {G.CKD_STAGE_3}),
        ("Acute kidney failure", set()),
        ("Primary biliary cirrhosis", {G.PRIMARY_BILIARY_CHOLANGITIS}),
        ("Alcoholic cirrhosis of liver without ascites", {G.CIRRHOSIS}),
        ("Cirrhosis with ascites", {G.CIRRHOSIS, G.DECOMPENSATED_CIRRHOSIS}),
        ("Decompensated heart failure", set()),
        ("Major depressive disorder, single episode, severe", {G.DEPRESSION, G.SEVERE_DEPRESSION}),
        ("Depression, moderately severe", {G.DEPRESSION}),
        ("Respiratory depression", set()),
        ("Non-alcoholic fatty liver disease", set()),
        ("Nonalcoholic steatohepatitis", {G.CHRONIC_LIVER_DISEASE}),
        ("History of renal transplant", {G.TRANSPLANT}),
        ("Corneal transplant", set()),
        ("History of suicide attempt", set()),
        ("Mother currently breast-feeding", {G.LACTATION}),
        ("Pregnancy test", set()),
        ("Ectopic pregnancy", set()),
        ("Parkinson's disease", {G.PARKINSON}),
        ("", set()),
        ("Essential hypertension", set()),
    ],
)
def test_a_name_tells_its_groups(table: ConditionTable, text: str, expected: set[str]) -> None:
    assert groups(table, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "No history of opioid use disorder",
        "Denies opioid or alcohol use disorder",
        "Opioid use disorder ruled out",
        "r/o opioid withdrawal",
        "Opioid withdrawal, resolved",
        "Father with OUD",
        "Father's opioid use disorder",
        "OUD (father)",
        "Opioid use disorder in mother",
        "Family history of alcohol use disorder",
        "FHx: alcoholism, multiple sclerosis",
        "Alcoholism and drug addiction in family",
        "Encounter for screening for malignant neoplasm of colon",
        "Personal history of malignant neoplasm of breast",
        "Pregnant: No",
        "Not currently pregnant",
        "No longer pregnant",
        "No active suicidal ideation",
        "Alcohol use disorder screening",
    ],
)
def test_what_is_denied_asked_or_a_relatives_says_nothing_of_the_patient(table: ConditionTable, text: str) -> None:
    assert groups(table, text) == set()


def test_a_denial_ends_with_its_sentence_or_a_turn(table: ConditionTable) -> None:
    assert groups(table, "No history of opioid use disorder. Fibromyalgia.") == {G.FIBROMYALGIA}
    assert groups(table, "no opioid use disorder but has fibromyalgia") == {G.FIBROMYALGIA}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MS", {G.MULTIPLE_SCLEROSIS}),
        ("for MS", {G.MULTIPLE_SCLEROSIS}),
        ("Fibromyalgia, MS", {G.FIBROMYALGIA, G.MULTIPLE_SCLEROSIS}),
        ("MS related fatigue", {G.MULTIPLE_SCLEROSIS}),
        ("MS Contin 15 mg", set()),
        ("Dr. Smith, MS RN", set()),
        ("RA", {G.RHEUMATOID_ARTHRITIS}),
        ("Sat 98% on RA", set()),
        ("SI joint pain", set()),
    ],
)
def test_an_ambiguous_abbreviation_counts_only_when_it_fills_its_clause(
    table: ConditionTable, text: str, expected: set[str]
) -> None:
    assert groups(table, text) == expected


def test_conditions_are_found_in_the_free_text_of_an_order(table: ConditionTable) -> None:
    sig = "Take 1 capsule at bedtime. If vivid dreams occur, take in the morning"
    assert table.groups_in_words(f"{sig}\nIndication: fibromyalgia\nNo opioid use disorder") == {G.FIBROMYALGIA}


def test_a_text_of_a_hundred_thousand_words_is_read_in_linear_time(table: ConditionTable) -> None:
    assert table.groups_in_words("no history of chronic kidney disease stage " * 100_000) == set()
    assert len(Words.of("word " * 100_000).words) < 100_000


def test_every_group_is_recognised_by_the_name_the_house_gives_it(table: ConditionTable) -> None:
    assert not [group.value for group in G if group not in table.groups_of((), group.label)]


def test_every_shipped_code_tells_the_groups_of_its_row(table: ConditionTable) -> None:
    known = {SNOMED_CT: "SNOMED CT", ICD_10_CM: "ICD-10-CM", ICD_10: "ICD-10", ICD_9_CM: "ICD-9-CM"}
    systems = {name: system for system, name in known.items()}
    for row in (files("cards.knowledge") / "conditions.tsv").read_text("utf-8").splitlines()[1:]:
        name, code, _, said, *_ = row.split("\t")
        expected = set() if said == "-" else set(said.split())
        assert {str(g) for g in table.groups_of(((systems[name], code, None),), None)} == expected, row


def test_a_table_with_a_misspelled_group_is_refused_with_its_line() -> None:
    text = "system\tcode\tmatch\tgroups\tname\tsource\nICD-10-CM\tM79.7\texact\tfibromyalgy\tFibromyalgia\town rule"
    with pytest.raises(HouseError, match=r"conditions\.tsv, line 2: 'fibromyalgy'"):
        _read_codes(text)


def a_folder(tmp_path: Path, *rows: str) -> Path:
    columns = "group,code_system,code,display,match,sources,verified"
    (tmp_path / "conditions.csv").write_text("\n".join([columns, *rows]) + "\n", "utf-8")
    return tmp_path


def built(folder: Path) -> list[str]:
    """What comes of the folder, without what the house always adds."""
    build_conditions(folder, folder)
    codes = (line.split("\t") for line in (folder / "conditions.tsv").read_text("utf-8").splitlines()[1:])
    return [
        f"{code} {match} {groups}"
        for system, code, match, groups, *_ in codes
        if (code.startswith("M79") or system == "SNOMED CT") and groups != ConditionGroup.PALLIATIVE_CARE
    ]


def test_a_row_that_rests_on_memory_alone_is_not_shipped(tmp_path: Path) -> None:
    folder = a_folder(
        tmp_path,
        "fibromyalgia,SNOMED,203082005,Fibromyalgia (disorder),exact+descendants,MONDO,yes",
        "long_covid,SNOMED,1119304009,Chronic post-COVID-19 syndrome (disorder),exact,memory,uncertain-memory",
    )
    assert built(folder) == ["203082005 descendants fibromyalgia"]


def test_a_code_that_its_category_already_covers_is_not_shipped(tmp_path: Path) -> None:
    folder = a_folder(
        tmp_path,
        "chronic_pain,ICD10CM,M79,Other soft tissue disorders,prefix,x,yes",
        "chronic_pain,ICD10CM,M79.6,Pain in limb,exact,x,yes",
        "fibromyalgia,ICD10CM,M79.7,Fibromyalgia,exact,x,yes",
    )
    assert built(folder) == ["M79 prefix chronic-pain", "M79.7 exact chronic-pain fibromyalgia"]


def test_a_name_that_is_not_free_stays_where_it_is(tmp_path: Path) -> None:
    folder = a_folder(
        tmp_path,
        "fibromyalgia,SNOMED,1,Fibromyalgia of a kind (disorder),exact,MONDO,yes",
        "fibromyalgia,SNOMED,2,Primary fibromyalgia syndrome (disorder),exact,SNOMED-GPS(UTG),yes",
    )
    build_conditions(folder, folder)
    lines = (folder / "conditions.tsv").read_text("utf-8").splitlines()
    assert [line for line in lines if line.startswith("SNOMED CT") and not line.endswith("own rule")] == [
        "SNOMED CT\t1\texact\tfibromyalgia\tfibromyalgia\tSNOMED CT",
        "SNOMED CT\t2\texact\tfibromyalgia\tPrimary fibromyalgia syndrome\tSNOMED Global Patient Set",
    ]


@pytest.mark.parametrize("code", ["103735009", "170935008", "170936009", "385763009"])
def test_palliative_and_hospice_care_are_known_by_code(table: ConditionTable, code: str) -> None:
    told = table.groups_of((("http://snomed.info/sct", code, None),), None)
    assert told == {ConditionGroup.PALLIATIVE_CARE}


@pytest.mark.parametrize(
    ("words", "is_palliative"),
    [
        ("Palliative care", True),
        ("Patient enrolled in hospice", True),
        ("Palliative care referral", False),
        ("Declined hospice", False),
        ("History of hospice care", False),
        ("Mother in hospice", False),
    ],
)
def test_palliative_care_that_is_planned_declined_over_or_somebody_elses_is_none(
    table: ConditionTable, words: str, is_palliative: bool
) -> None:
    assert (ConditionGroup.PALLIATIVE_CARE in table.groups_in_words(words)) is is_palliative
