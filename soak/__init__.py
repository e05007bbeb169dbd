"""Reliability figures: a storm of events, and each AWS call of a deploy failed once."""
