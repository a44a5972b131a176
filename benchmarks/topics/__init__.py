"""Discovered themes beside LDA, NMF and BERTopic: coherence, diversity, stability, coverage and time."""
