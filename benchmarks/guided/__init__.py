"""Guided themes beside their seeds alone and a supervised classifier."""
