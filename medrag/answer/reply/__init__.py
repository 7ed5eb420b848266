"""What a language model writes: its reply cut into claims, each checked before it is shown."""
