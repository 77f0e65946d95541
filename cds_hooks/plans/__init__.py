"""The titration schedules for prescribers: listed, and one of them as a dated calendar, printed and on the web."""
