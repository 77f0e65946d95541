"""The rules: one pair of files each, ``<name>.py`` the sentence, ``<name>.toml`` its page. There is no list of them."""
