"""Conversations made of questions whose answers are known, and whether what is found at their end is what the full question finds."""
