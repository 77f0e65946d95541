"""``python -m cds_hooks`` is ``ldn-cds``."""

from cds_hooks.cli import main

if __name__ == "__main__":
    main()
