"""`python -m shirorom`: the program, where its script is not on the path."""

from __future__ import annotations

from shirorom.compose import main

if __name__ == "__main__":
    main()
