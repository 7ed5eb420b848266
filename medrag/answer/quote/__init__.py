"""The extractive writer: the words of the evidence that answer, quoted."""
