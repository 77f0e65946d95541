"""The rules: one pair of files each, ``<name>.py`` the sentence and ``<name>.toml`` its page. There is no list of them."""
