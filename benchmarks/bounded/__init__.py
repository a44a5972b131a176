"""Whether memory stays where it is while the history grows."""
