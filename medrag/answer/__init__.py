"""From evidence to an answer: the extractive writer, its citations and their checking, and how an answer is shown."""
