"""The rules: one pair of files each, ``<name>.py`` the sentence, ``<name>.toml`` its page, in the folder of its hazard.

There is no list of them.
"""
