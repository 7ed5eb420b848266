"""What names of drugs and diseases say and sound like: printed names, shipped names, pinyin, look-alikes."""

from medrag.kb.terms.printed import drug_lineage, drug_ref, name_variants

__all__ = ["drug_lineage", "drug_ref", "name_variants"]
