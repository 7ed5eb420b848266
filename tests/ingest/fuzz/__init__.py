"""Hostile inputs for every reader, made from small files that the project wrote, each in a process with limits."""
