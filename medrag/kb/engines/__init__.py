"""What differs between the engines that a knowledge base may be kept in: databases for the catalogue, engines for indexes."""
