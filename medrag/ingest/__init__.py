"""From source files to what a knowledge base stores: readers, splitting, and `build`, which runs them."""
