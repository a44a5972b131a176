"""How fast scoring and the whole job are, beside what a user would pick instead."""
