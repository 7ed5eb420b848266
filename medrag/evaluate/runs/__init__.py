"""Runs: a system asked every question of several tasks, each answer kept in a folder, resumable, comparable, reported."""
