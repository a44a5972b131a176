"""Training in a language that the bundled model has never seen, imitated by ciphers of English reviews."""
