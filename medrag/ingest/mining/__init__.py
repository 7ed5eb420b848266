"""Facts mined from the sections of labels by rule: what a drug is for, who may not take it, what it does not go with."""

from medrag.ingest.mining.mine import mined

__all__ = ["mined"]
