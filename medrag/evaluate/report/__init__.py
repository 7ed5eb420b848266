"""Runs as one page that needs nothing else: tables, plots drawn as SVG, and every question with its evidence."""
