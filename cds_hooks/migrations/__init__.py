"""How the tables came to be: one linear history, a file for each step in ``versions``.

A step is named for its number, which is its revision: ``0002_what_it_adds.py`` follows ``0001``. It is written for
SQLite and PostgreSQL alike, and tested up and down on both.
"""
