"""How well needs are found: wishes, the polarity of mentions, and what it costs."""
