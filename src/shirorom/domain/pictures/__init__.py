"""How a picture is judged, step by step; `domain/picture.py` is the door."""
