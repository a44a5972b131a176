"""Short everyday sentences that mislead a classifier, of our own writing."""
