"""Building the code tables of conditions and laboratory tests from a folder of terminology CSVs.

Run through ``python -m cards.knowledge.build_tables FOLDER``; nothing here is used while the service runs. Written are:

- ``conditions.tsv``: system, code, match, groups, name, source. ``exact`` means that code, ``prefix`` any code that
  begins with it (the longest counts), ``descendants`` that code and, where somebody knows the hierarchy, what lies
  beneath it. The group ``-`` says that a code below a prefix means nothing to us.
- ``labs.tsv``: system, code, kind (``test`` or ``answer``), meaning, screens, method, unit, name, source.

Value sets lump together what matters separately here: acute with chronic liver disease, poisoning with the adverse
effects of a medicine taken as directed, a cornea with a kidney. Our own rules below part them; where one of our rules
begins a code, nothing else is said about that code.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cards.conditions import ConditionGroup as Group
from cards.knowledge.systems import ICD_9_CM, ICD_10, ICD_10_CM, INTERPRETATION, LOINC, SNOMED_CT, plain_code
from cards.labs import LabTest, Outcome

CONDITION_COLUMNS = ("system", "code", "match", "groups", "name", "source")
LAB_COLUMNS = ("system", "code", "kind", "meaning", "screens", "method", "unit", "name", "source")
NO_GROUP = "-"

_NOT_TRUSTED = frozenset({"uncertain-memory"})
_SYSTEMS = {"SNOMED": SNOMED_CT, "ICD10CM": ICD_10_CM, "ICD10": ICD_10, "ICD9CM": ICD_9_CM}
_MATCHES = {"exact": "exact", "prefix": "prefix", "exact+descendants": "descendants"}

_GROUPS = {
    "acute_hepatitis": Group.ACUTE_HEPATITIS,
    "alcohol_use_disorder": Group.ALCOHOL_USE_DISORDER,
    "alcohol_use_disorder_in_remission": Group.ALCOHOL_USE_DISORDER_REMISSION,
    "alopecia_areata": Group.ALOPECIA_AREATA,
    "ankylosing_spondylitis": Group.ANKYLOSING_SPONDYLITIS,
    "anxiety": Group.ANXIETY,
    "atopic_dermatitis_eczema": Group.ECZEMA,
    "breastfeeding_lactation": Group.LACTATION,
    "celiac_disease": Group.CELIAC_DISEASE,
    "chronic_liver_disease_other": Group.CHRONIC_LIVER_DISEASE,
    "chronic_pain": Group.CHRONIC_PAIN,
    "chronic_pruritus": Group.PRURITUS,
    "cirrhosis_hepatic_failure": Group.CIRRHOSIS,
    "ckd_stage_1": Group.CKD_STAGE_1,
    "ckd_stage_2": Group.CKD_STAGE_2,
    "ckd_stage_3": Group.CKD_STAGE_3,
    "ckd_stage_4": Group.CKD_STAGE_4,
    "ckd_stage_5": Group.CKD_STAGE_5,
    "ckd_unspecified": Group.CKD,
    "complex_regional_pain_syndrome": Group.CRPS,
    "crohn_disease": Group.CROHN_DISEASE,
    "depression": Group.DEPRESSION,
    "ehlers_danlos_syndrome": Group.EHLERS_DANLOS,
    "elevated_transaminases": Group.HIGH_TRANSAMINASES,
    "endometriosis": Group.ENDOMETRIOSIS,
    "esrd_dialysis": Group.KIDNEY_FAILURE,
    "fibromyalgia": Group.FIBROMYALGIA,
    "graves_disease": Group.GRAVES,
    "hailey_hailey_disease": Group.HAILEY_HAILEY,
    "hashimoto_thyroiditis": Group.HASHIMOTO,
    "hypothyroidism": Group.HYPOTHYROIDISM,
    "ibd_unspecified": Group.INFLAMMATORY_BOWEL_DISEASE,
    "interstitial_cystitis": Group.INTERSTITIAL_CYSTITIS,
    "irritable_bowel_syndrome": Group.IRRITABLE_BOWEL,
    "long_covid": Group.LONG_COVID,
    "long_term_opioid_use": Group.LONG_TERM_OPIOID_USE,
    "low_back_pain": Group.LOW_BACK_PAIN,
    "mast_cell_activation_syndrome": Group.MAST_CELL_ACTIVATION,
    "me_cfs": Group.ME_CFS,
    "multiple_sclerosis": Group.MULTIPLE_SCLEROSIS,
    "naltrexone_allergy": Group.NALTREXONE_ALLERGY,
    "neuropathic_pain": Group.NEUROPATHIC_PAIN,
    "nightmares_vivid_dreams": Group.NIGHTMARES,
    "obesity": Group.OBESITY,
    "opioid_overdose_intoxication": Group.OPIOID_OVERDOSE,
    "opioid_use_disorder": Group.OPIOID_USE_DISORDER,
    "opioid_use_disorder_in_remission": Group.OPIOID_USE_DISORDER_REMISSION,
    "opioid_withdrawal": Group.OPIOID_WITHDRAWAL,
    "organ_transplant": Group.TRANSPLANT,
    "parkinson_disease": Group.PARKINSON,
    "planned_surgery": Group.PLANNED_SURGERY,
    "pots_dysautonomia": Group.DYSAUTONOMIA,
    "pregnancy": Group.PREGNANCY,
    "psoriasis": Group.PSORIASIS,
    "psoriatic_arthritis": Group.PSORIATIC_ARTHRITIS,
    "ptsd": Group.PTSD,
    "rheumatoid_arthritis": Group.RHEUMATOID_ARTHRITIS,
    "seizure_epilepsy": Group.SEIZURE,
    "sjogren_syndrome": Group.SJOGREN,
    "sleep_disturbance_insomnia": Group.INSOMNIA,
    "suicidal_ideation": Group.SUICIDALITY,
    "systemic_lupus_erythematosus": Group.LUPUS,
    "ulcerative_colitis": Group.ULCERATIVE_COLITIS,
    "vitiligo": Group.VITILIGO,
    # "pregnancy_status_finding" holds *not pregnant* as well; its codes are answers, and go to labs.tsv.
}

_ALCOHOL_REMISSION = (Group.ALCOHOL_USE_DISORDER_REMISSION,)
_OPIOID_REMISSION = (Group.OPIOID_USE_DISORDER_REMISSION,)
_WITHDRAWAL = (Group.OPIOID_USE_DISORDER, Group.OPIOID_WITHDRAWAL)
_INTOXICATED = (Group.OPIOID_USE_DISORDER, Group.OPIOID_OVERDOSE)
_CIRRHOSIS = (Group.CIRRHOSIS,)
_DECOMPENSATED = (Group.DECOMPENSATED_CIRRHOSIS,)
_CHRONIC_LIVER = (Group.CHRONIC_LIVER_DISEASE,)
_CHRONIC_WITH_COMA = (Group.DECOMPENSATED_CIRRHOSIS, Group.CHRONIC_LIVER_DISEASE)
_ACUTE = (Group.ACUTE_HEPATITIS,)
_FULMINANT = (Group.ACUTE_LIVER_FAILURE, Group.ACUTE_HEPATITIS)
_SEVERE = (Group.DEPRESSION, Group.SEVERE_DEPRESSION)
_PREGNANCY = (Group.PREGNANCY,)
_PALLIATIVE = (Group.PALLIATIVE_CARE,)
_DIABETIC = (Group.DIABETIC_NEUROPATHY,)
_NOTHING: tuple[Group, ...] = ()


def _each(codes: str, groups: tuple[Group, ...]) -> dict[str, tuple[Group, ...]]:
    """The same groups for several codes."""
    return dict.fromkeys(codes.split(), groups)


# Each key is a prefix. Empty groups: too unspecific to say anything, or something else altogether.
_OURS: dict[str, dict[str, tuple[Group, ...]]] = {
    ICD_10_CM: {
        **_each("F10.11 F10.21 F10.91", _ALCOHOL_REMISSION),
        **_each("F11.11 F11.21 F11.91", _OPIOID_REMISSION),
        **_each("K70.3 K71.7 K74.4 K74.5 K74.6", _CIRRHOSIS),
        "K70.31": (Group.CIRRHOSIS, Group.DECOMPENSATED_CIRRHOSIS),  # with ascites
        "K74.3": (Group.PRIMARY_BILIARY_CHOLANGITIS,),
        # Failure whose pace is not said, and what only a failing liver brings on.
        **_each("K70.4 K72 K76.7 K76.81 K76.82", _DECOMPENSATED),
        "K72.0": (Group.ACUTE_LIVER_FAILURE,),
        "K71.11": (Group.ACUTE_LIVER_FAILURE,),
        **_each("K70.1 K71.1 K71.2 K71.6", _ACUTE),
        "K70.11": (Group.ACUTE_HEPATITIS, Group.DECOMPENSATED_CIRRHOSIS),
        **_each("B15.0 B16.0 B16.2 B17.11", _FULMINANT),
        **_each("B19 K76.6", _CHRONIC_LIVER),  # hepatitis B or C of unsaid pace is nearly always the chronic one
        **_each("B19.0 B19.11 B19.21", _CHRONIC_WITH_COMA),
        **_each("F32.2 F32.3 F33.2 F33.3", _SEVERE),
        **_each("E08.4 E09.4 E10.4 E11.4 E13.4", _DIABETIC),
        **_each("E08.43 E09.43 E10.43 E11.43 E13.43", _NOTHING),  # of the inner organs: gastroparesis, not pain
        "L29.81": (Group.CHOLESTATIC_PRURITUS,),
        "M54.5": (Group.LOW_BACK_PAIN,),
        "F63": (Group.IMPULSE_CONTROL,),
        **_each("M15 M16 M17 M18 M19", (Group.OSTEOARTHRITIS,)),
        "M34": (Group.SYSTEMIC_SCLEROSIS,),
        "L66.1": (Group.LICHEN_PLANOPILARIS,),
        "L43": (Group.LICHEN_PLANUS,),
        "C": (Group.CANCER,),
        "U09": (Group.LONG_COVID,),
        "T14.91": (Group.SUICIDALITY,),
        # The chapter of pregnancy without ectopic pregnancy, abortion, birth and childbed.
        "O": _NOTHING,
        **_each("O09 O1 O2 O3 O4 O6 O7 O98 O99 O9A Z36", _PREGNANCY),
        "O92": (Group.LACTATION,),
        # Adverse effect and underdosing of an opioid taken as directed are no overdose.
        **_each("T40.0X5 T40.0X6 T40.2X5 T40.2X6 T40.3X5 T40.3X6 T40.4X5 T40.4X6 T40.415 T40.416 T40.425", _NOTHING),
        **_each("T40.426 T40.495 T40.496 T40.605 T40.606 T40.695 T40.696", _NOTHING),
        # Bone, skin and cornea are not guarded by immunosuppression; one who waits has no organ yet.
        **_each("Z94.5 Z94.6 Z94.7 T86.82 T86.83 T86.84 Z76.82", _NOTHING),
        **_each("F32.81 G90.8 G90.9 K59.03 K75.9 L30.9 M54.9 Q82.8 R52 R56.0 R74.02 R74.8 R79.89", _NOTHING),
        **_each("Z41 Z88.5 Z88.8 Z91.51", _NOTHING),
        "Z51.5": _PALLIATIVE,
    },
    ICD_10: {
        **_each("F11.3 F11.4", _WITHDRAWAL),
        "F11.0": _INTOXICATED,
        **_each("K70.3 K71.7 K74.4 K74.5 K74.6", _CIRRHOSIS),
        "K74.3": (Group.PRIMARY_BILIARY_CHOLANGITIS,),
        **_each("K70.4 K72 K76.7", _DECOMPENSATED),
        "K72.0": (Group.ACUTE_LIVER_FAILURE,),
        "K71": _NOTHING,
        **_each("K70.1 K71.1 K71.2 K71.6", _ACUTE),
        **_each("B15.0 B16.0 B16.2", _FULMINANT),
        **_each("B19 K76.6", _CHRONIC_LIVER),
        "B19.0": _CHRONIC_WITH_COMA,
        **_each("F32.2 F32.3 F33.2 F33.3", _SEVERE),
        **_each("E10.4 E11.4 E12.4 E13.4 E14.4", _DIABETIC),
        "M54.5": (Group.LOW_BACK_PAIN,),
        "F63": (Group.IMPULSE_CONTROL,),
        **_each("M15 M16 M17 M18 M19", (Group.OSTEOARTHRITIS,)),
        "M34": (Group.SYSTEMIC_SCLEROSIS,),
        "L66.1": (Group.LICHEN_PLANOPILARIS,),
        "L43": (Group.LICHEN_PLANUS,),
        "C": (Group.CANCER,),
        "U09": (Group.LONG_COVID,),
        "O": _NOTHING,
        **_each("O1 O2 O3 O4 O6 O7 O98 O99 Z36", _PREGNANCY),
        "O92": (Group.LACTATION,),
        **_each("R45.8 R56.0 Z94.5 Z94.6 Z94.7", _NOTHING),
        "Z51.5": _PALLIATIVE,
    },
    ICD_9_CM: {
        **_each("303.03 303.93 305.03", _ALCOHOL_REMISSION),
        **_each("304.03 304.73 305.53", _OPIOID_REMISSION),
        **_each("571.2 571.5", _CIRRHOSIS),
        # 571.6 does not tell primary biliary cholangitis from cirrhosis.
        **_each("070 571.6 572.3", _CHRONIC_LIVER),
        **_each("572.2 572.4 572.8", _DECOMPENSATED),
        **_each("070.2 070.4 070.6 070.71", _CHRONIC_WITH_COMA),
        **_each("070.1 070.51 070.53 571.1", _ACUTE),
        **_each("070.0 070.41 070.43", _FULMINANT),
        "570": (Group.ACUTE_LIVER_FAILURE,),
        **_each("296.23 296.24 296.33 296.34", _SEVERE),
        **_each("250.6 357.2", _DIABETIC),
        "312.3": (Group.IMPULSE_CONTROL,),
        "715": (Group.OSTEOARTHRITIS,),
        "710.1": (Group.SYSTEMIC_SCLEROSIS,),
        "697.0": (Group.LICHEN_PLANUS,),
        **_each("14 15 16 17 18 19 20", (Group.CANCER,)),
        **_each("V72.81 V72.82 V72.83 V72.84", (Group.PLANNED_SURGERY,)),
        **_each("292.0 573.3 698.2 698.3 698.4 729.1 790.5 V42.2 V42.3 V42.4 V42.5 V58.69 V72.8", _NOTHING),
        "V66.7": _PALLIATIVE,
    },
    SNOMED_CT: {
        **_each("59927004 235886005 235881000 708248004 13920009", _DECOMPENSATED),
        "716203000": (Group.CIRRHOSIS, Group.DECOMPENSATED_CIRRHOSIS),
        "197270009": (Group.ACUTE_LIVER_FAILURE,),
        **_each("424736006 1511000119107 71791000119104 193184006", _DIABETIC),
        "471300007": _NOTHING,  # waits for a transplant
    },
}

# Concepts that no folder need tell of: palliative care, hospice care, full and shared care by a hospice.
_OURS_ALONE = _each("103735009 385763009 170935008 170936009", _PALLIATIVE)


@dataclass(slots=True)
class _Code:
    """One code as the folder tells of it."""

    system: str
    code: str
    match: str
    groups: frozenset[Group] = frozenset()
    name: str = ""
    source: str = ""


def build_conditions(folder: Path, into: Path) -> None:
    """Write ``conditions.tsv``."""
    told = _codes_told(_trusted(folder / "conditions.csv"))
    rows: list[list[str]] = []
    for system in (ICD_10_CM, ICD_10, ICD_9_CM, SNOMED_CT):
        codes = [row for row in told if row.system == system]
        settled = _settled_icd(system, codes) if system != SNOMED_CT else _settled_snomed(codes)
        for row in sorted(settled, key=lambda row: row.code):
            groups = " ".join(sorted(row.groups)) or NO_GROUP
            rows.append([row.system, row.code, row.match, groups, row.name, row.source])
    _write(into / "conditions.tsv", CONDITION_COLUMNS, rows)


def _codes_told(rows: Iterable[Mapping[str, str]]) -> list[_Code]:
    """Every code of the folder with all groups it was given; a group of no interest adds nothing."""
    told: dict[tuple[str, str], _Code] = {}
    for row in rows:
        group = _GROUPS.get(row["group"])
        if group is None:
            continue
        system = _SYSTEMS[row["code_system"]]
        code = told.setdefault((system, row["code"]), _Code(system, row["code"], "exact"))
        code.groups |= {group}
        if group is Group.DEPRESSION and re.search(r"(?<!moderately )\bsevere\b", row["display"].casefold()):
            code.groups |= {Group.SEVERE_DEPRESSION}
        if row["match"] != "exact":
            code.match = _MATCHES[row["match"]]
        code.name, code.source = _name_and_source(system, row, group)
    return list(told.values())


def _name_and_source(system: str, row: Mapping[str, str], group: Group) -> tuple[str, str]:
    """The name to ship: where the source's own name is not free to pass on, as WHO's, the house's name of the group."""
    name = re.sub(r" \([a-z /]+\)$|^\(.*\)$", "", row["display"])
    if system == SNOMED_CT:
        is_free = "SNOMED-GPS" in row["sources"]
        return (name if is_free else group.label, "SNOMED Global Patient Set" if is_free else SNOMED_CT)
    if system == ICD_10 or not name:
        return group.label, system
    return name, system


def _settled_icd(system: str, told: Iterable[_Code]) -> list[_Code]:
    """The codes whose groups differ from those of the longest shorter one, which already says the same."""
    ours = {plain_code(rule): (rule, groups) for rule, groups in _OURS[system].items()}
    given = {plain_code(row.code): row for row in told}
    codes: dict[str, _Code] = {}
    for plain, row in given.items():
        codes[plain] = _Code(system, row.code, row.match, _groups_of(plain, given, ours), row.name, row.source)
    for plain, (rule, groups) in ours.items():
        name = given[plain].name if plain in given else ", ".join(group.label for group in groups)
        codes[plain] = _Code(system, rule, "prefix", frozenset(groups), name, "own rule")
    return [row for plain, row in codes.items() if row.groups != _groups_above(plain, codes)]


def _groups_of(
    plain: str, given: Mapping[str, _Code], ours: Mapping[str, tuple[str, tuple[Group, ...]]]
) -> frozenset[Group]:
    """What our longest rule says of a code; without one, everything that was told of it and of its categories."""
    rules = [rule for rule in ours if plain.startswith(rule)]
    if rules:
        return frozenset(ours[max(rules, key=len)][1])
    above = (row.groups for other, row in given.items() if row.match == "prefix" and plain.startswith(other))
    return given[plain].groups.union(*above)


def _groups_above(plain: str, codes: Mapping[str, _Code]) -> frozenset[Group]:
    """What the longest shorter prefix says."""
    for length in range(len(plain) - 1, 0, -1):
        above = codes.get(plain[:length])
        if above is not None and above.match == "prefix":
            return above.groups
    return frozenset()


def _settled_snomed(told: Iterable[_Code]) -> list[_Code]:
    """SNOMED CT concepts that mean something to us; one that only we add carries the name of its group."""
    ours = _OURS[SNOMED_CT]
    rows = [
        _Code(row.system, row.code, row.match, frozenset(ours.get(row.code, row.groups)), row.name, row.source)
        for row in told
    ]
    for code, groups in _OURS_ALONE.items():
        rows.append(_Code(SNOMED_CT, code, "descendants", frozenset(groups), groups[0].label, "own rule"))
    return [row for row in rows if row.groups]


# --- laboratory ------------------------------------------------------------------------------------------------------

_TESTS = {
    "alt": LabTest.ALT,
    "ast": LabTest.AST,
    "bilirubin_total": LabTest.BILIRUBIN,
    "creatinine_serum": LabTest.CREATININE,
    "creatinine_clearance": LabTest.CREATININE_CLEARANCE,
    "egfr": LabTest.EGFR,
    "tsh": LabTest.TSH,
    "pregnancy_test": LabTest.PREGNANCY_TEST,
    "lactation_status": LabTest.LACTATION_STATUS,
    "uds_naltrexone": LabTest.NALTREXONE_SCREEN,
    "naltrexone_level": LabTest.NALTREXONE_SCREEN,
    "weight": LabTest.WEIGHT,
    "pain_score": LabTest.OUTCOME,
}
_SINGLE_TESTS = {
    "82810-3": LabTest.PREGNANCY_STATUS,
    "11449-6": LabTest.PREGNANCY_STATUS,
    "18185-9": LabTest.GESTATIONAL_AGE,
    "11778-8": LabTest.DUE_DATE,
    "11779-6": LabTest.DUE_DATE,
    "44261-6": LabTest.PHQ9_TOTAL,
    "89204-2": LabTest.PHQ9_TOTAL,
    "44260-8": LabTest.PHQ9_SUICIDALITY,
}
_MEASURED_WEIGHT = [LOINC, "3141-9", "test", LabTest.WEIGHT, "", "", "kg", "Body weight Measured", LOINC]
_SCREENED = {
    "uds_heroin_6mam": "heroin",
    "uds_mitragynine": "kratom",
}
# What stands in a name of the fentanyl family, most telling first; the group holds all of them.
_POTENT = ("norcarfentanil", "carfentanil", "alfentanil")
_NOT_A_RESULT = ("cutoff", "tested", "screen method [", "confirm method [", "panel", "pnl", "z-score")
_NOT_OPIOID_AGONISTS = frozenset({"uds_naloxone"})
# A hair keeps for months what the body has long lost.
_HAIR = "hair"

_ANSWERS = {
    "pregnant": Outcome.POSITIVE,
    "positive": Outcome.POSITIVE,
    "not pregnant": Outcome.NEGATIVE,
    "negative": Outcome.NEGATIVE,
    "unknown": Outcome.UNKNOWN,
    "treat as pregnancy not excluded": Outcome.UNKNOWN,
    "above reference": Outcome.POSITIVE,
    "above critical": Outcome.POSITIVE,
    "abnormal": Outcome.POSITIVE,
    "normal": Outcome.NEGATIVE,
    "below reference": Outcome.NEGATIVE,
}
_ANSWER_SYSTEMS = {"SNOMED": SNOMED_CT, "LOINC answer": LOINC, "HL7": INTERPRETATION}


def build_labs(folder: Path, into: Path) -> None:
    """Write ``labs.tsv``: the tests, and the coded answers to them."""
    rows: list[list[str]] = [_MEASURED_WEIGHT]  # many senders use it; the folder knows only the other code
    for told in _trusted(folder / "labs.csv"):
        row = _answer(told) if told["group"].startswith("value_") else _test(told)
        if row is not None:
            rows.append(row)
    answers = {row[1] for row in rows if row[0] == SNOMED_CT}
    for told in _trusted(folder / "conditions.csv"):
        is_answer = told["group"] in {"pregnancy", "breastfeeding_lactation"} and told["code_system"] == "SNOMED"
        if is_answer and told["code"] not in answers:
            name, source = _name_and_source(SNOMED_CT, told, _GROUPS[told["group"]])
            rows.append([SNOMED_CT, told["code"], "answer", Outcome.POSITIVE, "", "", "", name, source])
    _write(into / "labs.tsv", LAB_COLUMNS, sorted(rows, key=lambda row: (row[2] == "answer", row[0], row[3], row[1])))


def _test(told: Mapping[str, str]) -> list[str] | None:
    """One laboratory code; ``None`` when no rule asks for it or when it is not the result of a test."""
    group, name = told["group"], told["display"]
    words = f"{name} {told['loinc_short_name']}".casefold()
    if any(sign in words for sign in (*_NOT_A_RESULT, _HAIR)) or group in _NOT_OPIOID_AGONISTS:
        return None
    test = _TESTS.get(group) or _SINGLE_TESTS.get(told["code"])
    screens = ""
    if test is None and (group.startswith("uds_") or group == "opioid_other_matrix"):
        test, screens = LabTest.OPIOID_SCREEN, _screened(group, words)
    if test is None:
        return None
    method = "confirmation" if "confirm" in words or " cfm" in words else ""
    if "screen" in words or " scn" in words or "immunoassay" in words:
        method = "screen"
    unit = told["units_ucum"] if " or " not in told["units_ucum"] else ""
    return [LOINC, told["code"], "test", test, screens, method, unit, name, LOINC]


def _screened(group: str, words: str) -> str:
    """The opioid a test looks for. Noroxymorphone is told apart: oral naltrexone turns into it too."""
    if "noroxymorphone" in words:
        return "noroxymorphone"
    if group == "uds_sufentanil_alfentanil":
        found = next((opioid for opioid in _POTENT if opioid in words), "sufentanil")
        return "carfentanil" if found == "norcarfentanil" else found
    if group == "opioid_other_matrix":
        return re.split(r"[ +]", words, maxsplit=1)[0]
    return _SCREENED.get(group, group.removeprefix("uds_"))


def _answer(told: Mapping[str, str]) -> list[str]:
    """One coded answer."""
    outcome = _ANSWERS[told["meaning_for_us"].split(" (")[0]]
    system = _ANSWER_SYSTEMS[told["code_system"]]
    name = re.sub(r" \([a-z ]+\)$", "", told["display"])
    source = "SNOMED CT" if system == SNOMED_CT else system
    if system == SNOMED_CT and "GPS" not in told["sources"]:
        name = outcome.value
    return [system, told["code"], "answer", outcome, "", "", "", name, source]


def _trusted(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["verified"] not in _NOT_TRUSTED]


def _write(path: Path, columns: tuple[str, ...], rows: Iterable[list[str]]) -> None:
    lines = ["\t".join(columns), *("\t".join(" ".join(cell.split()) for cell in row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
