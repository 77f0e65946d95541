"""While an order is being written (order-select): only what was just selected is judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fhir_fixtures.pieces import (
    ALCOHOL,
    FAILED,
    FIBROMYALGIA,
    INSOMNIA,
    NALTREXONE_50,
    OPIOID_WITHDRAWAL,
    OXYCODONE_5,
    SJOGREN,
    Json,
    Story,
    diagnosed,
    dispensed,
    dosage,
    given,
    ldn,
    order,
    prescribed,
    reported,
    supply,
    tablet,
    taking_full_dose,
    taking_ldn,
)
from fhir_fixtures.stories.clients import ORDER_123, SANDBOX_50, sandbox, sandbox_drafts

OXYCODONE = order("oxycodone 5 mg tablet", OXYCODONE_5)


def _select(name: str, title: str, drafts: Sequence[Json], *told: Any, **more: Any) -> Story:
    """Tell a story of order-select."""
    chart: Sequence[Json] = told[0] if told else ()
    expect: Mapping[str, str] = told[1] if len(told) > 1 else {}
    return Story(name, title, drafts, chart, expect, hook="order-select", **more)


STORIES: Final = [
    _select(
        "naltrexone_chosen_while_oxycodone_is_taken",
        "Low-dose naltrexone is chosen for someone who takes oxycodone.",
        [ldn(1.5)],
        [dispensed("oxycodone 5 mg tablet", -6, 30)],
        {"ldn-order-active-opioid": "critical"},
        only=True,
        cards=1,
    ),
    _select(
        "oxycodone_chosen_while_naltrexone_is_taken",
        "Oxycodone is chosen for someone on low-dose naltrexone.",
        [OXYCODONE],
        [taking_ldn(4.5)],
        {"opioid-order-ldn-active": "critical"},
        only=True,
        cards=1,
    ),
    _select(
        "naltrexone_chosen_beside_an_unsigned_oxycodone",
        "Low-dose naltrexone is chosen while an oxycodone draft waits to be signed.",
        [ldn(1.5), OXYCODONE],
        [],
        {"ldn-order-active-opioid": "critical"},
        cards=1,
        selections=["MedicationRequest/draft-1"],
        tags=["same session", "selections"],
    ),
    _select(
        "oxycodone_chosen_beside_an_unsigned_naltrexone",
        "Oxycodone is chosen while a low-dose naltrexone draft waits to be signed.",
        [ldn(1.5), OXYCODONE],
        [],
        {},
        cards=1,
        said=["oxycodone"],
        selections=["MedicationRequest/draft-2"],
        tags=["same session", "selections"],
    ),
    _select(
        "ibuprofen_chosen_beside_a_naltrexone_draft",
        "Ibuprofen is chosen; the naltrexone draft beside it was judged when it was chosen.",
        [ldn(1.5), order("ibuprofen 400 mg tablet")],
        [dispensed("oxycodone 5 mg tablet", -6, 30)],
        nothing=True,
        selections=["MedicationRequest/draft-2"],
        tags=["selections"],
    ),
    _select(
        "selection_that_names_no_draft",
        "The selection names a draft that is not there: then all are judged.",
        [ldn(1.5)],
        [dispensed("oxycodone 5 mg tablet", -6, 30)],
        {"ldn-order-active-opioid": "critical"},
        only=True,
        selections=["MedicationRequest/draft-9"],
        tags=["selections"],
    ),
    _select(
        "selection_by_an_absolute_address",
        "The selection is an absolute address that ends with the draft's own.",
        [ldn(1.5), order("ibuprofen 400 mg tablet")],
        [dispensed("oxycodone 5 mg tablet", -6, 30)],
        {"ldn-order-active-opioid": "critical"},
        only=True,
        selections=["https://ehr.example/fhir/MedicationRequest/draft-1"],
        tags=["selections"],
    ),
    _select(
        "naltrexone_chosen_without_a_dose_yet",
        "Naltrexone is chosen, and nobody has written a dose yet: no mistake.",
        [order("naltrexone capsule", None, because=SJOGREN)],
        nothing=True,
    ),
    _select(
        "naltrexone_four_and_a_half_milligrams_chosen",
        "A first 4.5 mg is chosen: the dose is a matter for signing.",
        [ldn(4.5)],
        nothing=True,
    ),
    _select(
        "bedtime_naltrexone_chosen_with_insomnia",
        "Bedtime naltrexone is chosen for someone with insomnia: a matter for signing.",
        [ldn(4.5)],
        [taking_ldn(4.5, since=-200), diagnosed(INSOMNIA)],
        nothing=True,
    ),
    _select(
        "fifty_milligrams_chosen_for_alcohol_dependence",
        "Naltrexone 50 mg is chosen for alcohol dependence.",
        [tablet(50)],
        [diagnosed(ALCOHOL)],
        nothing=True,
        tags=["labelled use"],
    ),
    _select(
        "part_of_a_tablet_chosen",
        "1.5 mg from a 50 mg tablet is chosen.",
        [
            order(
                None,
                NALTREXONE_50,
                dosage(1.5, "Take 1.5 mg by mouth at bedtime"),
                because=SJOGREN,
                dispenseRequest=supply(1, "tablet"),
            )
        ],
        [],
        {"ldn-commercial-tablet-fraction": "warning"},
        only=True,
    ),
    _select(
        "tenfold_dose_chosen",
        "The structure says 45 mg, the words say 4.5 mg, while the order is being written.",
        [order("naltrexone capsule", None, dosage(45, "Take 4.5 mg by mouth at bedtime"))],
        [],
        {"ldn-tenfold-or-text-mismatch": "critical"},
        open_choice=["ldn-tenfold-or-text-mismatch"],
        silent=["naltrexone-50-ldn-intent-mismatch"],
    ),
    _select(
        "naltrexone_chosen_nine_days_after_oxycodone",
        "Low-dose naltrexone is chosen nine days after a month of oxycodone.",
        [ldn(1.5)],
        [dispensed("oxycodone 5 mg tablet", -39, 30)],
        {"ldn-order-opioid-washout": "warning"},
        only=True,
    ),
    _select(
        "naltrexone_chosen_ten_days_after_oxycodone",
        "Low-dose naltrexone is chosen ten days after a month of oxycodone.",
        [ldn(1.5)],
        [dispensed("oxycodone 5 mg tablet", -40, 30)],
        nothing=True,
    ),
    _select(
        "naltrexone_chosen_for_someone_on_methadone",
        "Low-dose naltrexone is chosen for someone on methadone.",
        [ldn(1.5)],
        [reported("methadone 80 mg daily", asserted=-1)],
        {"ldn-order-moud-active": "critical"},
        only=True,
    ),
    _select(
        "naltrexone_chosen_after_sublocade",
        "Low-dose naltrexone is chosen 300 days after Sublocade.",
        [ldn(1.5)],
        [given("Sublocade 100 mg/0.5 mL subcutaneous injection", -300)],
        {"ldn-order-depot-buprenorphine": "warning"},
        only=True,
    ),
    _select(
        "naltrexone_chosen_with_a_patch_on",
        "Low-dose naltrexone is chosen for someone who wears a fentanyl patch.",
        [ldn(1.5)],
        [prescribed("fentanyl 25 mcg/hr transdermal patch", on=-10, lasts=30)],
        {"ldn-order-opioid-patch": "critical"},
        only=True,
    ),
    _select(
        "naltrexone_chosen_in_withdrawal",
        "Low-dose naltrexone is chosen while an opioid withdrawal stands on the problem list.",
        [ldn(1.5)],
        [diagnosed(OPIOID_WITHDRAWAL, recorded=-1)],
        {"ldn-order-withdrawal-or-untreated-oud": "critical"},
        only=True,
    ),
    _select(
        "naltrexone_chosen_and_orders_failed",
        "Low-dose naltrexone is chosen, and the list of orders failed.",
        [ldn(1.5)],
        [],
        {"ldn-med-list-unreadable": "warning"},
        only=True,
        lists={"medicationRequests": FAILED},
    ),
    _select(
        "undated_oxycodone_is_a_matter_for_signing",
        "Low-dose naltrexone is chosen; oxycodone without an end stands on the list: asked at signing.",
        [ldn(1.5)],
        [prescribed("oxycodone 5 mg tablet", on=-70)],
        nothing=True,
    ),
    _select(
        "tramadol_chosen_for_someone_on_full_dose",
        "Tramadol is chosen for someone on naltrexone 50 mg.",
        [order("tramadol 50 mg tablet")],
        [taking_full_dose(), diagnosed(ALCOHOL)],
        {"opioid-order-standard-naltrexone-active": "critical"},
        only=True,
    ),
    _select(
        "morphine_chosen_in_the_emergency_department",
        "Morphine is chosen in the emergency department for someone on low-dose naltrexone.",
        [order("morphine 2 mg/mL injection")],
        [taking_ldn(4.5)],
        {"opioid-order-naltrexone-inpatient-acute": "warning"},
        only=True,
        setting="EMER",
        tags=["in hospital"],
    ),
    _select(
        "cough_syrup_chosen_for_someone_on_naltrexone",
        "Codeine with guaifenesin is chosen for someone on low-dose naltrexone.",
        [order("codeine 10 mg-guaifenesin 100 mg/5 mL oral solution", dispenseRequest=supply(120, "mL", 5))],
        [taking_ldn(4.5)],
        {"opioid-cough-or-gut-order-naltrexone-active": "warning"},
        only=True,
    ),
    _select(
        "oxycodone_chosen_two_days_after_stopping",
        "Oxycodone is chosen two days after low-dose naltrexone was stopped: a matter for signing.",
        [OXYCODONE],
        [
            taking_ldn(
                4.5,
                since=-200,
                status="stopped",
                dosageInstruction=[
                    dosage(4.5, "Take 1 capsule at bedtime")
                    | {
                        "timing": {
                            "repeat": {
                                "frequency": 1,
                                "period": 1,
                                "periodUnit": "d",
                                "boundsPeriod": {"end": "2026-02-28"},
                            }
                        }
                    }
                ],
            )
        ],
        nothing=True,
    ),
    _select(
        "sandbox_opens_rx_view_without_a_drug",
        "Sandbox: Rx View has just opened, and the draft names no drug.",
        [sandbox(None, 0)],
        nothing=True,
        context=sandbox_drafts(sandbox(None, 0)) | {"selections": ["MedicationRequest/request-123"]},
        tags=["Sandbox"],
    ),
    _select(
        "sandbox_chooses_fifty_milligrams_while_oxycodone_is_taken",
        "Sandbox: one pill of naltrexone 50 mg is chosen; oxycodone stands on the list.",
        [sandbox(SANDBOX_50, 1)],
        [prescribed("Oxycodone Hydrochloride 5 MG Oral Tablet", on=-3)],
        {"ldn-order-active-opioid": "critical"},
        only=True,
        context=sandbox_drafts(sandbox(SANDBOX_50, 1)) | {"selections": ["MedicationRequest/request-123"]},
        tags=["Sandbox"],
    ),
    _select(
        "sandbox_chooses_on_a_dstu2_server",
        "Sandbox on DSTU2: order-123 is a MedicationOrder, and oxycodone stands on the list.",
        [ORDER_123],
        [
            {
                "resourceType": "MedicationOrder",
                "status": "active",
                "dateWritten": "2026-02-27",
                "patient": {"reference": "Patient/anna-example"},
                "medicationCodeableConcept": {"text": "Oxycodone Hydrochloride 5 MG Oral Tablet"},
            }
        ],
        {"ldn-order-active-opioid": "critical"},
        only=True,
        context=sandbox_drafts(ORDER_123) | {"selections": ["MedicationOrder/order-123"]},
        tags=["Sandbox", "DSTU2"],
    ),
    _select(
        "fifty_milligrams_for_fibromyalgia_is_asked_at_signing",
        "Naltrexone 50 mg for fibromyalgia is chosen: asked at signing.",
        [tablet(50, because=FIBROMYALGIA)],
        nothing=True,
    ),
]
