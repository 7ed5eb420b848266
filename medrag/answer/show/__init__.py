"""Answers and evidence as they are shown: text, Markdown, HTML, JSON, cards."""
