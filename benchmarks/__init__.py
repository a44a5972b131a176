"""Measurements: accuracy, speed, nights; each names its command and keeps its raw results as JSON."""
