"""Thirty nights in a shop where everything goes wrong, and what is left of it in the morning."""
