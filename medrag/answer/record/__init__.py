"""Answers as records that stand alone: read back, and checked again."""
