"""What changed between two versions of a document, section by section and in words."""
