"""What ails the patient, as far as a rule asks: groups of diagnoses and findings, and one entry of the problem list.

Which code or name belongs to which group is data and lives in ``cards/knowledge``.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from cards.records import record


class ConditionGroup(StrEnum):
    """A group of diagnoses that mean the same to this service. One diagnosis may belong to several."""

    # What low-dose naltrexone is prescribed for, whether or not any study supports it (catalogue §5).
    FIBROMYALGIA = "fibromyalgia"
    MULTIPLE_SCLEROSIS = "multiple-sclerosis"
    CROHN_DISEASE = "crohn-disease"
    ULCERATIVE_COLITIS = "ulcerative-colitis"
    INFLAMMATORY_BOWEL_DISEASE = "inflammatory-bowel-disease"  # which of the two is not said
    RHEUMATOID_ARTHRITIS = "rheumatoid-arthritis"
    OSTEOARTHRITIS = "osteoarthritis"
    PSORIATIC_ARTHRITIS = "psoriatic-arthritis"
    ANKYLOSING_SPONDYLITIS = "ankylosing-spondylitis"
    LUPUS = "lupus"
    SJOGREN = "sjogren"
    SYSTEMIC_SCLEROSIS = "systemic-sclerosis"
    HASHIMOTO = "hashimoto"
    GRAVES = "graves"
    DIABETIC_NEUROPATHY = "diabetic-neuropathy"
    NEUROPATHIC_PAIN = "neuropathic-pain"
    CRPS = "crps"
    CHRONIC_PAIN = "chronic-pain"
    LOW_BACK_PAIN = "low-back-pain"
    LONG_COVID = "long-covid"
    ME_CFS = "me-cfs"
    DEPRESSION = "depression"
    PTSD = "ptsd"
    ANXIETY = "anxiety"
    PSORIASIS = "psoriasis"
    HAILEY_HAILEY = "hailey-hailey"
    LICHEN_PLANOPILARIS = "lichen-planopilaris"
    LICHEN_PLANUS = "lichen-planus"  # of the nails and elsewhere
    ECZEMA = "eczema"
    PRURITUS = "pruritus"  # its cause is not said
    ALOPECIA_AREATA = "alopecia-areata"
    VITILIGO = "vitiligo"
    CANCER = "cancer"
    CELIAC_DISEASE = "celiac-disease"
    EHLERS_DANLOS = "ehlers-danlos"
    ENDOMETRIOSIS = "endometriosis"
    INTERSTITIAL_CYSTITIS = "interstitial-cystitis"
    IRRITABLE_BOWEL = "irritable-bowel"
    MAST_CELL_ACTIVATION = "mast-cell-activation"
    PARKINSON = "parkinson"
    DYSAUTONOMIA = "dysautonomia"

    # What naltrexone is used for at full dose.
    ALCOHOL_USE_DISORDER = "alcohol-use-disorder"
    ALCOHOL_USE_DISORDER_REMISSION = "alcohol-use-disorder-remission"
    OPIOID_USE_DISORDER = "opioid-use-disorder"
    OPIOID_USE_DISORDER_REMISSION = "opioid-use-disorder-remission"
    CHOLESTATIC_PRURITUS = "cholestatic-pruritus"
    URAEMIC_PRURITUS = "uraemic-pruritus"
    IMPULSE_CONTROL = "impulse-control"  # gambling, kleptomania, trichotillomania
    OBESITY = "obesity"  # with bupropion

    # What speaks of an opioid that no medication list names.
    OPIOID_WITHDRAWAL = "opioid-withdrawal"
    OPIOID_OVERDOSE = "opioid-overdose"
    LONG_TERM_OPIOID_USE = "long-term-opioid-use"
    KRATOM_OR_TIANEPTINE_USE = "kratom-or-tianeptine-use"

    # Liver and kidney.
    ACUTE_LIVER_FAILURE = "acute-liver-failure"
    ACUTE_HEPATITIS = "acute-hepatitis"
    DECOMPENSATED_CIRRHOSIS = "decompensated-cirrhosis"  # also hepatic failure whose pace is not said, Child-Pugh C
    CIRRHOSIS = "cirrhosis"  # compensated, or not said
    PRIMARY_BILIARY_CHOLANGITIS = "primary-biliary-cholangitis"  # once called a cirrhosis; most patients have none
    CHRONIC_LIVER_DISEASE = "chronic-liver-disease"
    HIGH_TRANSAMINASES = "high-transaminases"
    KIDNEY_FAILURE = "kidney-failure"  # end-stage, or on dialysis
    CKD_STAGE_1 = "ckd-stage-1"
    CKD_STAGE_2 = "ckd-stage-2"
    CKD_STAGE_3 = "ckd-stage-3"
    CKD_STAGE_4 = "ckd-stage-4"
    CKD_STAGE_5 = "ckd-stage-5"
    CKD = "ckd"  # its stage is not said

    # Other circumstances a rule asks about.
    PREGNANCY = "pregnancy"
    LACTATION = "lactation"
    TRANSPLANT = "transplant"
    SUICIDALITY = "suicidality"
    SEVERE_DEPRESSION = "severe-depression"
    INSOMNIA = "insomnia"
    NIGHTMARES = "nightmares"
    HYPOTHYROIDISM = "hypothyroidism"
    SEIZURE = "seizure"
    PLANNED_SURGERY = "planned-surgery"
    NALTREXONE_ALLERGY = "naltrexone-allergy"
    PALLIATIVE_CARE = "palliative-care"  # also hospice care: care for comfort, whatever the disease

    @property
    def is_ldn_indication(self) -> bool:
        """Whether low-dose naltrexone is prescribed for it; never whether that helps."""
        return self in _LDN_INDICATIONS

    @property
    def is_full_dose_use(self) -> bool:
        """Whether naltrexone is used for it at full dose, on its label or by a specialist's choice."""
        return self in _FULL_DOSE_USES

    @property
    def is_substance_use_disorder(self) -> bool:
        """Whether it is an alcohol or opioid use disorder, present or in remission."""
        return self in _SUBSTANCE_USE_DISORDERS

    @property
    def is_remission(self) -> bool:
        """Whether the diagnosis itself says that the use disorder is in remission."""
        return self in _REMISSION_OF.values()

    @property
    def in_remission(self) -> ConditionGroup:
        """The group of the same use disorder in remission; any other group is its own answer."""
        return _REMISSION_OF.get(self, self)

    @property
    def label(self) -> str:
        """The name a card shows, as it reads within a sentence."""
        return _LABELS[self]


_G = ConditionGroup

_LABELS = {
    _G.FIBROMYALGIA: "fibromyalgia",
    _G.MULTIPLE_SCLEROSIS: "multiple sclerosis",
    _G.CROHN_DISEASE: "Crohn's disease",
    _G.ULCERATIVE_COLITIS: "ulcerative colitis",
    _G.INFLAMMATORY_BOWEL_DISEASE: "inflammatory bowel disease",
    _G.RHEUMATOID_ARTHRITIS: "rheumatoid arthritis",
    _G.OSTEOARTHRITIS: "osteoarthritis",
    _G.PSORIATIC_ARTHRITIS: "psoriatic arthritis",
    _G.ANKYLOSING_SPONDYLITIS: "ankylosing spondylitis",
    _G.LUPUS: "lupus",
    _G.SJOGREN: "Sjögren's disease",
    _G.SYSTEMIC_SCLEROSIS: "systemic sclerosis",
    _G.HASHIMOTO: "Hashimoto's thyroiditis",
    _G.GRAVES: "Graves' disease",
    _G.DIABETIC_NEUROPATHY: "diabetic neuropathy",
    _G.NEUROPATHIC_PAIN: "neuropathic pain",
    _G.CRPS: "complex regional pain syndrome",
    _G.CHRONIC_PAIN: "chronic pain",
    _G.LOW_BACK_PAIN: "low back pain",
    _G.LONG_COVID: "long COVID",
    _G.ME_CFS: "ME/CFS",
    _G.DEPRESSION: "depression",
    _G.PTSD: "post-traumatic stress disorder",
    _G.ANXIETY: "anxiety",
    _G.PSORIASIS: "psoriasis",
    _G.HAILEY_HAILEY: "Hailey-Hailey disease",
    _G.LICHEN_PLANOPILARIS: "lichen planopilaris",
    _G.LICHEN_PLANUS: "lichen planus",
    _G.ECZEMA: "eczema",
    _G.PRURITUS: "itching",
    _G.ALOPECIA_AREATA: "alopecia areata",
    _G.VITILIGO: "vitiligo",
    _G.CANCER: "cancer",
    _G.CELIAC_DISEASE: "celiac disease",
    _G.EHLERS_DANLOS: "Ehlers-Danlos syndrome",
    _G.ENDOMETRIOSIS: "endometriosis",
    _G.INTERSTITIAL_CYSTITIS: "interstitial cystitis",
    _G.IRRITABLE_BOWEL: "irritable bowel syndrome",
    _G.MAST_CELL_ACTIVATION: "mast cell activation",
    _G.PARKINSON: "Parkinson's disease",
    _G.DYSAUTONOMIA: "dysautonomia",
    _G.ALCOHOL_USE_DISORDER: "alcohol use disorder",
    _G.ALCOHOL_USE_DISORDER_REMISSION: "alcohol use disorder in remission",
    _G.OPIOID_USE_DISORDER: "opioid use disorder",
    _G.OPIOID_USE_DISORDER_REMISSION: "opioid use disorder in remission",
    _G.CHOLESTATIC_PRURITUS: "cholestatic itching",
    _G.URAEMIC_PRURITUS: "itching in kidney disease",
    _G.IMPULSE_CONTROL: "an impulse-control disorder",
    _G.OBESITY: "obesity",
    _G.OPIOID_WITHDRAWAL: "opioid withdrawal",
    _G.OPIOID_OVERDOSE: "opioid overdose",
    _G.LONG_TERM_OPIOID_USE: "long-term opioid use",
    _G.KRATOM_OR_TIANEPTINE_USE: "kratom or tianeptine use",
    _G.ACUTE_LIVER_FAILURE: "acute liver failure",
    _G.ACUTE_HEPATITIS: "acute hepatitis",
    _G.DECOMPENSATED_CIRRHOSIS: "decompensated liver disease",
    _G.CIRRHOSIS: "cirrhosis",
    _G.PRIMARY_BILIARY_CHOLANGITIS: "primary biliary cholangitis",
    _G.CHRONIC_LIVER_DISEASE: "chronic liver disease",
    _G.HIGH_TRANSAMINASES: "raised transaminases",
    _G.KIDNEY_FAILURE: "end-stage kidney disease or dialysis",
    _G.CKD_STAGE_1: "chronic kidney disease, stage 1",
    _G.CKD_STAGE_2: "chronic kidney disease, stage 2",
    _G.CKD_STAGE_3: "chronic kidney disease, stage 3",
    _G.CKD_STAGE_4: "chronic kidney disease, stage 4",
    _G.CKD_STAGE_5: "chronic kidney disease, stage 5",
    _G.CKD: "chronic kidney disease",
    _G.PREGNANCY: "pregnancy",
    _G.LACTATION: "breastfeeding",
    _G.TRANSPLANT: "an organ transplant",
    _G.SUICIDALITY: "suicidality",
    _G.SEVERE_DEPRESSION: "severe depression",
    _G.INSOMNIA: "insomnia",
    _G.NIGHTMARES: "nightmares",
    _G.HYPOTHYROIDISM: "hypothyroidism",
    _G.SEIZURE: "a seizure disorder",
    _G.PLANNED_SURGERY: "planned surgery",
    _G.NALTREXONE_ALLERGY: "naltrexone allergy",
    _G.PALLIATIVE_CARE: "palliative care",
}

_LDN_INDICATIONS = frozenset(list(_G)[: list(_G).index(_G.DYSAUTONOMIA) + 1]) | {_G.HYPOTHYROIDISM}
_REMISSION_OF = {
    _G.ALCOHOL_USE_DISORDER: _G.ALCOHOL_USE_DISORDER_REMISSION,
    _G.OPIOID_USE_DISORDER: _G.OPIOID_USE_DISORDER_REMISSION,
}
_SUBSTANCE_USE_DISORDERS = frozenset(_REMISSION_OF) | frozenset(_REMISSION_OF.values())
_FULL_DOSE_USES = _SUBSTANCE_USE_DISORDERS | {
    _G.CHOLESTATIC_PRURITUS,
    _G.URAEMIC_PRURITUS,
    _G.IMPULSE_CONTROL,
    _G.OBESITY,
    _G.HAILEY_HAILEY,  # its case series went up to 12.5 mg: both a low-dose and a higher-dose use
}


class ClinicalStatus(StrEnum):
    """Whether the patient has it now."""

    ACTIVE = "active"
    REMISSION = "remission"
    RESOLVED = "resolved"
    UNKNOWN = "unknown"


class Verification(StrEnum):
    """How sure the writer was. Nobody said: ``UNKNOWN``, which counts like confirmed."""

    CONFIRMED = "confirmed"
    PROVISIONAL = "provisional"  # also differential, unconfirmed
    REFUTED = "refuted"
    ENTERED_IN_ERROR = "entered-in-error"
    UNKNOWN = "unknown"


@record
class Condition:
    """One entry of the problem list.

    ``onset`` is the earliest day it may have begun, ``ended`` the latest day it may have gone, ``recorded`` when it was
    written down. A use disorder whose *status* is remission carries the group of remission, as if its code had said so.
    """

    groups: frozenset[ConditionGroup] = frozenset()
    status: ClinicalStatus = ClinicalStatus.UNKNOWN
    verification: Verification = Verification.UNKNOWN
    onset: date | None = None
    recorded: date | None = None
    ended: date | None = None
    reference: str = ""

    @property
    def label(self) -> str:
        """The house's name for it, never the client's; of several groups the one listed first."""
        return next((group.label for group in ConditionGroup if group in self.groups), "a condition")

    @property
    def is_standing(self) -> bool:
        """Whether it still says something about the patient: not refuted, not resolved; remission stands."""
        is_wrong = self.verification in (Verification.REFUTED, Verification.ENTERED_IN_ERROR)
        return not is_wrong and self.status is not ClinicalStatus.RESOLVED

    @property
    def is_active(self) -> bool:
        """Whether it counts as present now; a status that nobody told counts as active."""
        return self.is_standing and self.status is not ClinicalStatus.REMISSION

    @property
    def is_substance_use_disorder(self) -> bool:
        """Whether it is an alcohol or opioid use disorder, present or in remission."""
        return any(group.is_substance_use_disorder for group in self.groups)

    @property
    def latest_sign(self) -> date | None:
        """The latest day it is known of: recorded or begun, whichever is later; ``None`` when neither is told."""
        known = [day for day in (self.onset, self.recorded) if day is not None]
        return max(known) if known else None
