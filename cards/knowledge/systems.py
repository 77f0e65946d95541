"""The names of code systems, however a client spells them."""

from __future__ import annotations

from functools import lru_cache

SNOMED_CT = "SNOMED CT"
ICD_10_CM = "ICD-10-CM"
ICD_10 = "ICD-10"
ICD_9_CM = "ICD-9-CM"
LOINC = "LOINC"
INTERPRETATION = "HL7 interpretation"

_NAMES = {
    "http://snomed.info/sct": SNOMED_CT,
    "2.16.840.1.113883.6.96": SNOMED_CT,
    "http://hl7.org/fhir/sid/icd-10-cm": ICD_10_CM,
    "http://www.cms.gov/medicare/coding/icd10": ICD_10_CM,
    "2.16.840.1.113883.6.90": ICD_10_CM,
    "http://hl7.org/fhir/sid/icd-10": ICD_10,
    "2.16.840.1.113883.6.3": ICD_10,
    # The German edition agrees with WHO's in all we ask.
    "http://fhir.de/codesystem/bfarm/icd-10-gm": ICD_10,
    "http://fhir.de/codesystem/dimdi/icd-10-gm": ICD_10,
    "http://hl7.org/fhir/sid/icd-9-cm": ICD_9_CM,
    "http://hl7.org/fhir/sid/icd-9-cm/diagnosis": ICD_9_CM,
    "http://terminology.hl7.org/codesystem/icd9cm": ICD_9_CM,
    "2.16.840.1.113883.6.103": ICD_9_CM,
    "http://loinc.org": LOINC,
    "2.16.840.1.113883.6.1": LOINC,
    "http://terminology.hl7.org/codesystem/v3-observationinterpretation": INTERPRETATION,
    "http://hl7.org/fhir/v3/observationinterpretation": INTERPRETATION,
    "http://hl7.org/fhir/v2/0078": INTERPRETATION,
    "http://terminology.hl7.org/codesystem/v2-0078": INTERPRETATION,
    "2.16.840.1.113883.5.83": INTERPRETATION,
}
_LONGEST = 200


@lru_cache(maxsize=1024)
def system_name(system: str | None) -> str | None:
    """The house name of a code system; ``None`` for a missing one and for one we do not read.

    Addresses with ``https`` or a closing slash, object identifiers with or without ``urn:oid:``, and SNOMED CT editions
    are understood.

    >>> system_name("urn:oid:2.16.840.1.113883.6.90"), system_name("http://snomed.info/sct/731000124108")
    ('ICD-10-CM', 'SNOMED CT')
    >>> system_name("http://terminology.hl7.org/CodeSystem/v3-Race") is None and system_name(None) is None
    True
    """
    if system is None or len(system) > _LONGEST:
        return None
    plain = system.strip().casefold().removeprefix("urn:oid:").rstrip("/")
    plain = plain.replace("https://", "http://", 1)
    if plain.startswith("http://snomed.info/sct/"):
        return SNOMED_CT
    return _NAMES.get(plain)


def plain_code(code: str) -> str:
    """A code without the dot, the spaces and the small letters that clients differ in.

    >>> plain_code(" g35.a ")
    'G35A'
    """
    return code.replace(".", "").replace(" ", "").upper()
