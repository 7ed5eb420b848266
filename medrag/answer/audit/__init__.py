"""A log of what was answered, in which nothing can be changed unnoticed, and answers made again from it."""
