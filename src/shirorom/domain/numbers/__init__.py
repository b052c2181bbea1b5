"""How device numbers are read out of a text; `domain/parse.py` is the way in."""
