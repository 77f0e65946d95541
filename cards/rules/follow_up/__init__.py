"""Steps, refills, reviews, and the reason and evidence they rest on."""
