"""Instruction data made of a knowledge base: questions, answers in the sources' own words, and what they cite."""
