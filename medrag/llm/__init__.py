"""Which model writes: named by one string, spoken to as it was trained, and bounded in time and size."""
