"""The section fields of openFDA's drug-label records, with the heading each stands for and its LOINC code.

Source: the field reference of the openFDA drug label endpoint and the FDA's list of section headings. The order is
the order in which sections are written: records come with their keys in no order that means anything.
"""

from __future__ import annotations

__all__ = ["SECTION_FIELDS", "SENTENCE_FIELDS"]

_TABLE = """
boxed_warning | 34066-1 | Boxed warning
recent_major_changes | 43683-2 | Recent major changes
statement_of_identity | 69718-5 | Statement of identity
active_ingredient | 55106-9 | Active ingredient
purpose | 55105-1 | Purpose
indications_and_usage | 34067-9 | Indications and usage
veterinary_indications | 50744-2 | Veterinary indications
dosage_and_administration | 34068-7 | Dosage and administration
dosage_forms_and_strengths | 43678-2 | Dosage forms and strengths
contraindications | 34070-3 | Contraindications
warnings | 34071-1 | Warnings
warnings_and_cautions | 43685-7 | Warnings and precautions
precautions | 42232-9 | Precautions
general_precautions | 34072-9 | General precautions
do_not_use | 50570-1 | Do not use
ask_doctor | 50569-3 | Ask a doctor before use
ask_doctor_or_pharmacist | 50568-5 | Ask a doctor or pharmacist before use
when_using | 50567-7 | When using this product
stop_use | 50566-9 | Stop use
keep_out_of_reach_of_children | 50565-1 | Keep out of reach of children
pregnancy_or_breast_feeding | 53414-9 | Pregnancy or breast feeding
user_safety_warnings | 54433-8 | User safety warnings
other_safety_information | 60561-8 | Other safety information
safe_handling_warning | 50741-8 | Safe handling warning
adverse_reactions | 34084-4 | Adverse reactions
drug_interactions | 34073-7 | Drug interactions
drug_and_or_laboratory_test_interactions | 34074-5 | Drug & or laboratory test interactions
laboratory_tests | 34075-2 | Laboratory tests
use_in_specific_populations | 43684-0 | Use in specific populations
pregnancy | 42228-7 | Pregnancy
teratogenic_effects | 34077-8 | Teratogenic effects
nonteratogenic_effects | 34078-6 | Nonteratogenic effects
labor_and_delivery | 34079-4 | Labor and delivery
nursing_mothers | 34080-2 | Nursing mothers
lactation | 77290-5 | Lactation
pediatric_use | 34081-0 | Pediatric use
geriatric_use | 34082-8 | Geriatric use
drug_abuse_and_dependence | 42227-9 | Drug abuse and dependence
controlled_substance | 34085-1 | Controlled substance
abuse | 34086-9 | Abuse
dependence | 34087-7 | Dependence
overdosage | 34088-5 | Overdosage
description | 34089-3 | Description
inactive_ingredient | 51727-6 | Inactive ingredient
clinical_pharmacology | 34090-1 | Clinical pharmacology
mechanism_of_action | 43679-0 | Mechanism of action
pharmacodynamics | 43681-6 | Pharmacodynamics
pharmacokinetics | 43682-4 | Pharmacokinetics
pharmacogenomics | 66106-6 | Pharmacogenomics
microbiology | 49489-8 | Microbiology
nonclinical_toxicology | 43680-8 | Nonclinical toxicology
carcinogenesis_and_mutagenesis_and_impairment_of_fertility | 34083-6 | Carcinogenesis & mutagenesis & impairment of fertility
animal_pharmacology_and_or_toxicology | 34091-9 | Animal pharmacology & or toxicology
clinical_studies | 34092-7 | Clinical studies
references | 34093-5 | References
how_supplied | 34069-5 | How supplied
storage_and_handling | 44425-7 | Storage and handling
information_for_patients | 34076-0 | Information for patients
information_for_owners_or_caregivers | 69763-1 | Information for owners or caregivers
instructions_for_use | 59845-8 | Instructions for use
patient_medication_information | 68498-5 | Patient medication information
spl_medguide | 42231-1 | Medication guide
spl_patient_package_insert | 42230-3 | Patient package insert
questions | 53413-1 | Questions
spl_unclassified_section | 42229-5 | SPL unclassified section
package_label_principal_display_panel | 51945-4 | Package label.principal display panel
spl_product_data_elements | 48780-1 | SPL product data elements
"""


def _fields() -> dict[str, tuple[str, str]]:
    rows = (line.split(" | ") for line in _TABLE.strip().splitlines())
    return {name: (code, heading) for name, code, heading in rows}


SECTION_FIELDS: dict[str, tuple[str, str]] = _fields()

# "Do not use if you are allergic": these headings begin the sentence, and without them the sentence says the opposite.
SENTENCE_FIELDS = frozenset(
    "do_not_use ask_doctor ask_doctor_or_pharmacist when_using stop_use keep_out_of_reach_of_children pregnancy_or_breast_feeding".split()
)
