"""The review desk: what was said to prescribers, why, what became of it, and what reviewers think of it."""
