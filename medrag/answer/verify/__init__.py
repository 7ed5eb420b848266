"""Whether a claim says what its sources say: pointers, numbers, names, polarity and words, cheapest first."""
