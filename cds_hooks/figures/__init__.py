"""Figures about what was answered: measures, their charts, exports, a monthly report, and a made-up month to show."""
