"""What is remembered in the database: answered calls, feedback, overrides, rules that are silent, what people did.

``DatabaseStore`` is the memory of a process that answers; the other modules are for the commands that look after it.
"""
