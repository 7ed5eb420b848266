"""Measuring: questions with known answers, asked of a knowledge base, and figures with intervals."""
