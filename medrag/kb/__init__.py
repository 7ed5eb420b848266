"""What is stored, and finding it by key: catalogue, terms, words, vectors and the knowledge base over them."""
