"""What is dispensed: tablet, capsule or liquid, strength, fillers, shelf life."""
