"""Judges: language models that compare or mark answers, their replies kept on disk and never read for more than they say."""
