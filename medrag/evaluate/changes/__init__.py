"""Claims whose truth is known: label sentences changed, left as they are, and said in other words, with their passages.

They measure how claims are checked, so nothing here may know how that is done: tables and rules are this package's own,
and it calls no part of `medrag.answer` but the checker's public door, in `run`.
"""
