"""The scenarios, told one by one, grouped by what they are about."""
