"""What a language model is sent: rules, numbered evidence and the question, within its token budget."""
