"""A site's own RxNorm: what an import makes of a release, what it refuses, and that nothing is ever half done."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result

from cards import Clinic, Hook, HouseError
from cards.drugs import Certainty, Drug, Form, OpioidKind, Release, Role
from cards.knowledge.medications import Formulary
from cds_hooks.cli import main
from cds_hooks.databases import DatabaseError, opened
from cds_hooks.house import open_clinic
from cds_hooks.settings import TABLE, Settings
from cds_hooks.terminology import store
from cds_hooks.terminology.importing import import_release
from cds_hooks.terminology.release import ReleaseError, find_release
from tests.charts import ASKED, RXNORM
from tests.rxnorm_release import Known, large_release, small_release
from tests.rxnorm_release import Release as MadeUp

NDC = "http://hl7.org/fhir/sid/ndc"
ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for row in TABLE:
        monkeypatch.delenv(row.variable, raising=False)
    return tmp_path


@pytest.fixture(scope="module")
def known() -> Known:
    return small_release()


@pytest.fixture(scope="module")
def formulary(known: Known, tmp_path_factory: pytest.TempPathFactory) -> Formulary:
    """The formulary after an import of the small release into SQLite."""
    folder = tmp_path_factory.mktemp("imported")
    address = f"sqlite:///{folder / 'ldn.sqlite3'}"
    import_release(known.release.write(folder), address, "0")
    return formulary_of(address)


def formulary_of(address: str) -> Formulary:
    with opened(address) as engine:
        return Formulary.load(store.load(engine))


def installed(address: str) -> store.Installed | None:
    with opened(address) as engine:
        return store.installed(engine)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def by(formulary: Formulary, code: int | str, text: str | None = None, *, system: str = RXNORM) -> Drug:
    return formulary.recognise(((system, str(code), None),), text)


def strengths_of(drug: Drug) -> dict[str, str]:
    return {name: f"{strength.mg}/{strength.per}" for name, strength in drug.strengths}


# ----------------------------------------------------------------------------------------------------------------------
# What is understood


def test_a_product_tells_ingredients_strengths_and_form_at_every_level(formulary: Formulary, known: Known):
    codes = known.percocet
    for code in (codes.scd, codes.sbd):
        drug = by(formulary, code)
        assert drug.name == "oxycodone/acetaminophen"
        assert strengths_of(drug) == {"oxycodone": "5/unit", "acetaminophen": "325/unit"}
        assert (drug.form, drug.release) == (Form.TABLET, Release.IMMEDIATE)
        assert (drug.opioid_kind, drug.recognised_by) == (OpioidKind.SHORT, Certainty.PRODUCT_CODE)
    for code in (codes.scdf, codes.scdg, codes.sbdc, codes.sbdf, codes.sbdg, codes.bn):
        assert by(formulary, code).name == "oxycodone/acetaminophen"
    assert by(formulary, codes.scdc[0]).name == "oxycodone"
    assert by(formulary, codes.sbd).brand == "Perkodal"
    assert strengths_of(by(formulary, codes.sbdc)) == {"oxycodone": "5/unit", "acetaminophen": "325/unit"}


def test_a_brand_that_only_the_release_knows_is_recognised_by_name(formulary: Formulary):
    assert formulary.recognise((), "Perkodal 5-325 mg").name == "oxycodone/acetaminophen"


def test_naltrexone_is_naltrexone_and_embeda_is_an_opioid(formulary: Formulary, known: Known):
    assert by(formulary, known.naltrexone.scd).roles == {Role.NALTREXONE}
    assert strengths_of(by(formulary, known.naltrexone.scd)) == {"naltrexone": "50/unit"}
    for code in (known.embeda.scd, known.embeda.sbd, known.embeda.sbdg, known.embeda.scdf):
        assert by(formulary, code).is_opioid
    assert by(formulary, known.embeda.scd).release is Release.EXTENDED


def test_a_patch_tells_its_rate_and_a_syrup_its_concentration(formulary: Formulary, known: Known):
    patch, syrup = by(formulary, known.patch.scd), by(formulary, known.syrup.scd)
    assert (patch.form, patch.opioid_kind, strengths_of(patch)) == (
        Form.PATCH,
        OpioidKind.PATCH,
        {"fentanyl": "0.025/h"},
    )
    assert (syrup.form, syrup.opioid_kind) == (Form.LIQUID, OpioidKind.COUGH)
    assert strengths_of(syrup) == {"codeine": "2/mL", "guaifenesin": "20/mL"}


def test_a_pack_is_what_is_in_it(formulary: Formulary, known: Known):
    for code in known.pack:
        drug = by(formulary, code)
        assert (drug.name, drug.form, strengths_of(drug)) == ("naltrexone", Form.TABLET, {"naltrexone": "50/unit"})


@pytest.mark.parametrize(
    "ndc", ["00406052301", "0406-0523-05", "0406052362", "63481062370", "63481-623-70", "00406-0523-01"]
)
def test_an_ndc_is_its_product_in_every_spelling(formulary: Formulary, ndc: str):
    drug = by(formulary, ndc, system=NDC)
    assert drug.name == "oxycodone/acetaminophen"
    assert strengths_of(drug) == {"oxycodone": "5/unit", "acetaminophen": "325/unit"}


def test_any_product_and_any_ndc_of_a_release_tells_what_it_is(tmp_path: Path):
    release = large_release(3_000)
    import_release(release.write(tmp_path), "sqlite:///a.sqlite3", "0")
    formulary = formulary_of("sqlite:///a.sqlite3")
    ours = 0
    for (level, name), code in release.known.items():
        if level in ("DF", "DFG") or "unheardofine" in name:
            continue
        drug = by(formulary, code)
        assert drug.is_identified, (level, name)
        ours += bool(drug.roles)
        if drug.roles and level in ("SCD", "SBD"):
            assert drug.strengths, name
            assert drug.form is not Form.UNKNOWN, name
    assert ours > 100
    for line in release.lines["RXNSAT"]:
        cells = line.split("|")
        if cells[8] == "NDC":
            assert by(formulary, cells[10], system=NDC).name == by(formulary, cells[0]).name


# ----------------------------------------------------------------------------------------------------------------------
# Other medicines, old codes, doubts


def test_another_medicine_is_identified_and_of_no_interest(formulary: Formulary, known: Known):
    for code in (known.lisinopril.scd, known.lisinopril.sbd, known.lisinopril.bn, known.lisinopril.sbdg):
        drug = by(formulary, code)
        assert (drug.name, drug.is_identified, drug.roles, drug.ingredients) == ("lisinopril", True, frozenset(), ())
    assert by(formulary, known.combined.scd).name == "hydrochlorothiazide/lisinopril"
    assert by(formulary, "0093-1113-01", system=NDC).is_identified
    assert not by(formulary, 9_999_999).is_identified
    assert not by(Formulary.load(), known.lisinopril.scd).is_identified


def test_words_of_ours_beside_another_medicines_code_are_a_contradiction(formulary: Formulary, known: Known):
    drug = by(formulary, known.lisinopril.scd, "naltrexone 4.5 mg capsule")
    assert (drug.name, drug.contradicted_by) == ("naltrexone", "lisinopril")
    assert by(formulary, known.lisinopril.scd, "lisinopril 10 mg tablet").contradicted_by is None
    assert by(formulary, known.lisinopril.scd, "Naltrexon").name == "naltrexone"
    assert by(formulary, known.lisinopril.scd, "naltrexnoe 10 mg").name == "lisinopril"  # a misspelling never decides


def test_a_filler_with_a_code_makes_no_combination(formulary: Formulary, known: Known):
    parts = (
        (((RXNORM, str(known.naltrexone.scdc[0] + 1), None),), None, None),
        (((RXNORM, str(known.cellulose), None),), None, None),
    )
    drug = formulary.recognise_ingredients(parts, None)
    assert drug.name == "naltrexone"
    assert drug.is_single_ingredient
    assert formulary.recognise_ingredients(parts[1:], None).is_identified
    both = formulary.recognise(((RXNORM, str(known.naltrexone.scd), None), (RXNORM, str(known.cellulose), None)), None)
    assert both.name == "naltrexone"


def test_obsolete_archived_and_merged_codes_stay_what_they_were(formulary: Formulary, known: Known):
    obsolete = by(formulary, known.obsolete)
    assert strengths_of(obsolete) == {"oxycodone": "15/unit", "acetaminophen": "500/unit"}
    assert obsolete.form is Form.TABLET
    assert by(formulary, known.merged) == by(formulary, known.percocet.scd)
    assert strengths_of(by(formulary, known.archived)) == {"methadone": "7/unit"}


def test_a_row_of_a_release_is_told_as_the_sites_own(formulary: Formulary, known: Known):
    coding = ("http://www.nlm.nih.gov/research/umls/rxnorm", str(known.percocet.scd), None)
    (found,) = formulary.explain((coding,), None)
    assert found.file == "the site's own drug table"
    (shipped,) = formulary.explain((("http://www.whocc.no/atc", "N07BB04", None),), None)
    assert shipped.file == "other_codes.tsv"


def test_an_obsolete_code_that_nothing_explains_stays_unknown(formulary: Formulary, known: Known):
    assert not by(formulary, known.nameless).is_identified


def test_codes_that_a_release_lacks_are_answered_by_the_shipped_table(formulary: Formulary):
    assert by(formulary, "1049221").is_opioid
    assert by(formulary, "1483744").name == "naltrexone"


def test_half_a_combination_is_not_taken_for_the_whole(known: Known, tmp_path: Path):
    """One lost relation: the product's name still speaks of oxycodone, so it is not taken for acetaminophen alone."""
    release = small_release().release
    codes = known.percocet
    lost = f"{codes.scdc[0]}||CUI|RO|{codes.scd}||CUI|consists_of|"
    before = len(release.lines["RXNREL"])
    release.lines["RXNREL"] = [line for line in release.lines["RXNREL"] if not line.startswith(lost)]
    assert len(release.lines["RXNREL"]) == before - 1
    import_release(release.write(tmp_path), "sqlite:///a.sqlite3", "0")
    drug = by(formulary_of("sqlite:///a.sqlite3"), codes.scd)
    assert drug.name == "oxycodone/acetaminophen"
    assert drug.is_opioid


def test_a_code_split_into_several_stays_unknown(known: Known, tmp_path: Path):
    release = small_release().release
    release.merged(9_700_000, known.percocet.scd)
    release.merged(9_700_000, known.lisinopril.scd)
    release.merged(9_700_001, known.merged)  # a chain is followed
    import_release(release.write(tmp_path), "sqlite:///a.sqlite3", "0")
    formulary = formulary_of("sqlite:///a.sqlite3")
    assert not by(formulary, 9_700_000).is_identified
    assert by(formulary, 9_700_001).is_opioid


def test_an_ndc_of_ten_digits_that_may_be_two_products_stays_unknown(known: Known, tmp_path: Path):
    release = small_release().release
    release.attribute(known.lisinopril.scd, "NDC", "12345012345")
    release.attribute(known.percocet.scd, "NDC", "01234512345")
    import_release(release.write(tmp_path), "sqlite:///a.sqlite3", "0")
    formulary = formulary_of("sqlite:///a.sqlite3")
    assert not by(formulary, "1234512345", system=NDC).is_identified
    assert by(formulary, "01234512345", system=NDC).is_opioid


# ----------------------------------------------------------------------------------------------------------------------
# Both databases, every way to hand a release over


def test_an_import_replaces_the_one_before_and_remove_goes_back(database: str, known: Known, tmp_path: Path):
    first = known.release.zip(tmp_path / "RxNorm_full_prescribe_03022026.zip")
    result = run("terminology", "import", first, "--database", database)
    assert result.exit_code == 0, result.output
    assert "In use: RxNorm full prescribe 2026-03-02\n" in result.output
    assert "restart it" in result.output
    assert by(formulary_of(database), known.percocet.scd).is_opioid

    second = small_release().release
    new = second.product(["hydromorphone hydrochloride 2 MG"], "Oral Tablet").scd
    result = run(
        "terminology", "import", second.write(tmp_path / "second"), "--edition", "Spring", "--database", database
    )
    assert result.exit_code == 0, result.output
    assert by(formulary_of(database), new).is_opioid
    about = installed(database)
    assert about is not None
    assert (about.label, about.source) == ("Spring", "second")
    with opened(database) as engine, engine.connect() as connection:
        for table in (store.EDITION, store.OTHERS):
            assert (
                len(
                    {
                        row.edition_id if "edition_id" in row._fields else row.id
                        for row in connection.execute(table.select())
                    }
                )
                == 1
            )

    result = run("terminology", "remove", "--database", database)
    assert result.output.startswith("Removed Spring. The shipped table is in use.\n")
    assert installed(database) is None
    assert not by(formulary_of(database), new).is_identified
    assert run("terminology", "remove", "--database", database).output == "The shipped table is in use already.\n"


def test_status_says_which_table_is_in_use(database: str, known: Known, tmp_path: Path):
    shipped = "In use: the shipped table. No edition of this site's own is installed.\n"
    assert run("terminology", "status", "--database", database).output == shipped
    run("terminology", "import", known.release.write(tmp_path / "r"), "--edition", "Spring", "--database", database)
    lines = run("terminology", "status", "--database", database).output.splitlines()
    assert lines[0] == "In use: Spring"
    assert re.fullmatch(r"Imported: 20\d\d-\d\d-\d\d \d\d:\d\d UTC from r, by ldn-cds \S+", lines[1])
    assert lines[2] == "Codes: 85, of which 63 concern a rule"
    assert "  SCD           10        8" in lines
    assert "Of these 83 active, 2 obsolete, 1 remapped; NDCs: 8" in lines
    assert "Not understood: 1" in lines


def test_a_service_that_starts_uses_the_imported_table(database: str, known: Known, tmp_path: Path):
    import_release(known.release.write(tmp_path), database, "0")
    clinic = open_clinic(Settings(database=database))
    assert isinstance(clinic, Clinic)
    order = {
        "resourceType": "MedicationRequest", "id": "draft", "status": "draft", "intent": "order",
        "subject": {"reference": "Patient/anna-example"},
        "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": str(known.percocet.sbd)}]},
    }  # fmt: skip
    context = {"patientId": "anna-example", "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": order}]}}
    answer = clinic.answer(Hook.ORDER_SIGN, context, {}, ASKED, date(2026, 11, 24), lambda: str(uuid4()))
    assert [order.drug.name for order in answer.chart.orders] == ["oxycodone/acetaminophen"]


def test_a_service_does_not_start_with_a_database_it_cannot_use(tmp_path: Path):
    with pytest.raises(HouseError, match="The database cannot be used"):
        open_clinic(Settings(database=f"postgresql://ldn@/nothing?host={tmp_path}"))


@pytest.mark.parametrize(
    "change",
    [
        lambda release, folder: release.write(folder),
        lambda release, folder: release.write(folder, inside="."),
        lambda release, folder: release.write(folder, inside="RxNorm_full_03022026/RRF"),
        lambda release, folder: release.zip(folder / "a.zip"),
        lambda release, folder: release.zip(folder / "a.zip", inside=""),
        lambda release, folder: release.zip(folder / "a.zip", inside="RxNorm_full_prescribe/rrf/"),
        lambda release, folder: _in_small_letters(release.write(folder)),
        lambda release, folder: _with_windows_line_ends(release.write(folder)),
        lambda release, folder: release.write(folder, without=("RXNCUI.RRF", "RXNATOMARCHIVE.RRF")),
        lambda release, folder: _beside_its_prescribable_part(release, folder),  # noqa: PLW0108 - defined below
    ],
)  # fmt: skip
def test_a_release_is_found_however_it_is_packed(change: Callable[[MadeUp, Path], Path], known: Known, tmp_path: Path):
    import_release(
        change(known.release, tmp_path / "x" if (tmp_path / "x").mkdir() is None else tmp_path),
        "sqlite:///a.sqlite3",
        "0",
    )
    assert by(formulary_of("sqlite:///a.sqlite3"), known.percocet.scd).is_opioid


def _in_small_letters(folder: Path) -> Path:
    for file in list((folder / "rrf").iterdir()):
        file.rename(file.with_name(file.name.lower()))
    return folder


def _with_windows_line_ends(folder: Path) -> Path:
    for file in (folder / "rrf").iterdir():
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    return folder


def _beside_its_prescribable_part(release: MadeUp, folder: Path) -> Path:
    small_release().release.write(folder, inside="prescribe/rrf", without=("RXNREL.RRF",))
    release.write(folder)
    (folder / "prescribe/rrf/RXNCONSO.RRF").write_text("not read\n")
    return folder


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("RxNorm_full_03022026.zip", "RxNorm full 2026-03-02"),
        ("RxNorm_full_prescribe_11032026.zip", "RxNorm full prescribe 2026-11-03"),
        ("RxNorm_weekly_11182026.zip", "RxNorm weekly 2026-11-18"),
        ("mine.zip", "RXNORM_20AA_260302F (2026-03-02)"),
    ],
)
def test_an_edition_is_called_by_its_name_or_by_its_list_of_sources(
    name: str, label: str, known: Known, tmp_path: Path
):
    path = known.release.zip(tmp_path / name)
    cells = [""] * 25
    cells[2], cells[3], cells[21] = "RXNORM_20AA_260302F", "RXNORM", "Y"
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("rrf/RXNSAB.RRF", "|".join(cells) + "|\n")
    assert find_release(path).edition() == label


def test_an_edition_without_any_name_is_called_by_its_date(known: Known, tmp_path: Path):
    folder = known.release.write(tmp_path / "r")
    os.utime(folder / "rrf/RXNCONSO.RRF", (1_772_409_600, 1_772_409_600))
    assert find_release(folder).edition() == "RxNorm, files of 2026-03-02"


# ----------------------------------------------------------------------------------------------------------------------
# What is refused


def _change_line(file: str, number: int, change: Callable[[str], str]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        path = folder / "rrf" / file
        lines = path.read_text("utf-8").split("\n")
        lines[number - 1] = change(lines[number - 1])
        path.write_bytes("\n".join(lines).encode("utf-8", "surrogateescape"))

    return apply


def _cell(column: int, value: str) -> Callable[[str], str]:
    def change(line: str) -> str:
        cells = line.split("|")
        cells[column - 1] = value
        return "|".join(cells)

    return change


def _rewrite(file: str, content: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        path = folder / "rrf" / file
        path.write_bytes(content(path.read_bytes()))

    return apply


def _without(file: str) -> Callable[[Path], None]:
    return lambda folder: (folder / "rrf" / file).unlink()


def _only_lines(marks: tuple[str, ...], *, keep: bool = False) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        lines = content.decode().splitlines(keepends=True)
        return "".join(line for line in lines if any(mark in line for mark in marks) is keep).encode()

    return change


REFUSED: Mapping[str, tuple[Callable[[Path], None], str]] = {
    "names missing": (
        _without("RXNCONSO.RRF"),
        "RXNCONSO.RRF is missing beside the others in rrf. A release has all three files.",
    ),
    "relations missing": (_without("RXNREL.RRF"), "RXNREL.RRF is missing beside the others in rrf."),
    "attributes missing": (_without("RXNSAT.RRF"), "RXNSAT.RRF is missing beside the others in rrf."),
    "two missing": (
        lambda folder: (_without("RXNREL.RRF")(folder), _without("RXNSAT.RRF")(folder))[0],
        "RXNREL.RRF and RXNSAT.RRF is missing",
    ),
    "an empty file": (_rewrite("RXNREL.RRF", lambda _: b""), "rrf/RXNREL.RRF, line 1: the file is empty."),
    "a column too few": (
        _change_line("RXNCONSO.RRF", 7, lambda line: line.replace("|ENG|", "|")),
        "rrf/RXNCONSO.RRF, line 7: 18 columns expected, each closed by |, and 17 found.",
    ),
    "a column too many": (
        _change_line("RXNREL.RRF", 12, lambda line: f"{line}|"),
        "rrf/RXNREL.RRF, line 12: 16 columns expected, each closed by |, and 17 found.",
    ),
    "no pipe at the end": (
        _change_line("RXNSAT.RRF", 2, lambda line: line.removesuffix("|")),
        "rrf/RXNSAT.RRF, line 2: 13 columns expected, each closed by |, and 13 found.",
    ),
    "a line with commas": (
        _change_line("RXNSAT.RRF", 1, lambda line: line.replace("|", ",")),
        "rrf/RXNSAT.RRF, line 1: 13 columns expected, each closed by |, and 1 found.",
    ),
    "an empty line": (
        _change_line("RXNCONSO.RRF", 4, lambda _: ""),
        "rrf/RXNCONSO.RRF, line 4: 18 columns expected, each closed by |, and 0 found.",
    ),
    "not UTF-8": (
        _rewrite("RXNCONSO.RRF", lambda content: content.replace(b"fentanyl", b"fentan\xffyl", 1)),
        "not UTF-8 (byte ",
    ),
    "UTF-16": (
        _rewrite("RXNSAT.RRF", lambda content: content.decode().encode("utf-16")),
        "rrf/RXNSAT.RRF, line 1: not UTF-8 (byte 1).",
    ),
    "cut off within a line": (
        _rewrite("RXNREL.RRF", lambda content: content[:-9]),
        ": the file breaks off here. Fetch the release again.",
    ),
    "cut off at the end of the last line": (
        _rewrite("RXNSAT.RRF", lambda content: content[:-1]),
        ": the file breaks off here. Fetch the release again.",
    ),
    "an endless line": (
        _rewrite("RXNSAT.RRF", lambda content: b"x" * 3_000_000 + content),
        "rrf/RXNSAT.RRF, line 1: the line is longer than any of RxNorm's.",
    ),
    "a NUL": (
        _change_line("RXNCONSO.RRF", 3, lambda line: line.replace("naltrexone", "naltre\0xone")),
        "rrf/RXNCONSO.RRF, line 3: holds a NUL, which no text of RxNorm's does.",
    ),
    "no line of RxNorm's own": (
        _rewrite("RXNCONSO.RRF", lambda content: content.replace(b"|RXNORM|", b"|MTHSPL|")),
        "rrf/RXNCONSO.RRF: no line is RxNorm's own (SAB RXNORM). Is it a release?",
    ),
    "a code that is no number": (
        _change_line("RXNCONSO.RRF", 5, _cell(1, "C0027360")),
        "rrf/RXNCONSO.RRF, line 5: the RXCUI in column 1 is no number.",
    ),
    "a relation to no number": (
        _change_line("RXNREL.RRF", 1, _cell(5, "x")),
        "rrf/RXNREL.RRF, line 1: an RXCUI, in column 1 or 5, is no number.",
    ),
    "an unknown mark of suppression": (
        _change_line("RXNCONSO.RRF", 6, _cell(17, "Q")),
        "rrf/RXNCONSO.RRF, line 6: SUPPRESS in column 17 is none of N, O, E, Y.",
    ),
    "a name that is empty": (
        _change_line("RXNCONSO.RRF", 6, _cell(15, " ")),
        "rrf/RXNCONSO.RRF, line 6: the name in column 15 is empty.",
    ),
    "a strength that is no number": (
        _change_line("RXNSAT.RRF", 1, _cell(11, "NaN MG")),
        "rrf/RXNSAT.RRF, line 1: the strength in column 11 is no amount.",
    ),
    "a strength below nothing": (
        _change_line("RXNSAT.RRF", 1, _cell(11, "-50 MG")),
        "rrf/RXNSAT.RRF, line 1: the strength in column 11 is no amount.",
    ),
    "a strength without end, in a name": (
        _change_line("RXNCONSO.RRF", 1, _cell(15, "naltrexone hydrochloride Infinity MG")),
        "rrf/RXNCONSO.RRF, line 1: the strength in column 15 is no amount.",
    ),
    "no relation to any ingredient": (
        _rewrite("RXNREL.RRF", _only_lines(("|has_ingredient|", "|consists_of|"))),
        "rrf/RXNREL.RRF: tells of no product what is in it. The file is not whole.",
    ),
    "names that end too early": (
        _rewrite("RXNCONSO.RRF", lambda content: b"".join(content.splitlines(keepends=True)[:40])),
        " lead to a code that it does not have. One of the two files is not whole",
    ),
    "relations that end too early": (
        _rewrite("RXNREL.RRF", _only_lines(("|consists_of|", "|has_ingredients|", "|isa|", "|tradename_of|"))),
        "products in use cannot be followed to their ingredients. The file is not whole.",
    ),
    "no NDC": (
        _rewrite("RXNSAT.RRF", _only_lines(("|NDC|",))),
        "rrf/RXNSAT.RRF: has no NDC at all. The file is not whole.",
    ),
    "no naltrexone": (
        _rewrite("RXNCONSO.RRF", lambda content: content.replace(b"naltrexone", b"naltrexane")),
        "rrf/RXNCONSO.RRF: does not have naltrexone. The file is not whole.",
    ),
}


@pytest.mark.parametrize("case", REFUSED, ids=[case.replace(" ", "_") for case in REFUSED])
def test_a_release_that_is_not_sound_is_refused_and_the_old_one_stays(case: str, known: Known, tmp_path: Path):
    run("terminology", "import", known.release.write(tmp_path / "good"), "--edition", "Good")
    before = run("terminology", "status").output
    spoil, says = REFUSED[case]
    spoil(known.release.write(tmp_path / "bad"))
    result = run("terminology", "import", tmp_path / "bad")
    assert result.exit_code == 1
    assert says in result.output.replace("\n", " ")
    assert result.output.endswith("Nothing has changed.\n")
    assert run("terminology", "status").output == before
    assert by(formulary_of("sqlite:///ldn.sqlite3"), known.percocet.scd).is_opioid


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda folder: folder / "nowhere", "nowhere: there is no such file or folder."),
        (lambda folder: _file(folder / "a.txt", b"RXNCONSO"), "neither a folder nor a sound zip."),
        (lambda folder: _file(folder / "a.zip", b"PK\x03\x04 and then nothing"), "neither a folder nor a sound zip."),
        (lambda folder: folder, "holds no RXNCONSO.RRF."),
        (lambda folder: _empty_zip(folder / "a.zip"), "holds no RXNCONSO.RRF."),
        (lambda folder: _broken_zip(folder / "a.zip"), "it cannot be read on (Bad CRC-32 for file 'rrf/RXNCO"),
        (lambda folder: _encrypted_zip(folder / "a.zip"), "after line 0: it cannot be read on (File "),
    ],
)  # fmt: skip
def test_what_is_no_release_is_told(make: Callable[[Path], Path], says: str, tmp_path: Path):
    with pytest.raises(ReleaseError) as caught:
        import_release(make(tmp_path), "sqlite:///a.sqlite3", "0")
    assert says in str(caught.value)
    assert not Path("a.sqlite3").exists() or installed("sqlite:///a.sqlite3") is None


def _file(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _empty_zip(path: Path) -> Path:
    zipfile.ZipFile(path, "w").close()
    return path


def _broken_zip(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:  # stored, so that a changed byte is a changed byte
        for name, content in small_release().release.contents().items():
            archive.writestr(f"rrf/{name}", content)
    return _file(path, path.read_bytes().replace(b"lisinopril", b"lisinopryl", 1))


def _encrypted_zip(path: Path) -> Path:
    small_release().release.zip(path)
    content = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(signature)
        while at >= 0:
            content[at + offset] |= 1
            at = content.find(signature, at + 4)
    return _file(path, bytes(content))


def test_a_later_database_is_not_written_to(database: str, known: Known, tmp_path: Path):
    run("db", "upgrade", "--database", database)
    with opened(database) as engine, engine.begin() as connection:
        connection.exec_driver_sql("UPDATE ldn_schema_version SET version_num = '9999'")
    with pytest.raises(DatabaseError, match="A newer ldn-cds has been here"):
        import_release(known.release.write(tmp_path), database, "0")


# ----------------------------------------------------------------------------------------------------------------------
# Nothing half done, and no more memory than a line needs

_DIE_WHILE_WRITING = """
import os, signal, sys
from pathlib import Path
from cds_hooks.terminology import importing, store

after = int(sys.argv[3])
install = store.install

def until_killed(lines):
    for number, line in enumerate(lines):
        if number == after:
            os.kill(os.getpid(), signal.SIGKILL)
        yield line

store.install = lambda engine, edition, lines, tally: install(engine, edition, until_killed(lines), tally)
importing.import_release(Path(sys.argv[1]), sys.argv[2], "0", "Never")
"""


@pytest.mark.parametrize("after", [0, 1, 7_000])
def test_a_process_killed_while_it_writes_has_written_nothing(after: int, database: str, known: Known, tmp_path: Path):
    import_release(known.release.write(tmp_path / "old"), database, "0", "Old")
    large = large_release(10_000).write(tmp_path / "new")
    killed = subprocess.run(
        [sys.executable, "-c", _DIE_WHILE_WRITING, str(large), database, str(after)],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    about = installed(database)
    assert about is not None
    assert about.label == "Old"
    assert by(formulary_of(database), known.percocet.scd).is_opioid
    import_release(large, database, "0", "New")
    about = installed(database)
    assert about is not None
    assert about.label == "New"


def test_whoever_reads_sees_the_old_edition_until_the_new_one_is_whole(database: str, known: Known, tmp_path: Path):
    import_release(known.release.write(tmp_path), database, "0", "Old")
    seen: list[str] = []

    def look() -> None:
        about = installed(database)
        seen.append(about.label if about else "none")

    from cds_hooks.terminology.importing import Watcher

    import_release(large_release(4_000).write(tmp_path / "new"), database, "0", "New",
                   Watcher(advance=lambda _: look()))  # fmt: skip
    look()
    assert len(seen) >= 4
    assert set(seen[:-1]) == {"Old"}
    assert seen[-1] == "New"


def test_memory_does_not_grow_with_the_release(tmp_path: Path):
    """What stays in memory are our own medicines, the names of ingredients, and twelve bytes for any other code."""
    folder = large_release(10_000).write(tmp_path / "large")
    # What an import loads once, whatever its size, is no growth.
    import_release(large_release(10).write(tmp_path / "small"), "sqlite:///small.sqlite3", "0")
    tracemalloc.start()
    import_release(folder, "sqlite:///a.sqlite3", "0")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000, f"{peak:,}"


def test_progress_is_shown_to_a_terminal_only(known: Known, tmp_path: Path):
    ended = subprocess.run(
        [sys.executable, "-m", "cds_hooks", "terminology", "import", str(known.release.write(tmp_path / "r"))],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("In use: RxNorm, files of ")
