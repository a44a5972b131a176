"""Accuracy on development reviews, and how the bundled model is trained."""
