"""The time of day at which it is taken."""
