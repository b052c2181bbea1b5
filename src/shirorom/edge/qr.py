"""QR codes as the outline of their dark modules, for inline SVG: no picture to load, nothing for the CSP to refuse."""

from __future__ import annotations


def qr_path(text: str) -> tuple[str, int]:
    """The `d` of a path, one unit a module, and the side of the whole with its white border of four modules."""
    import segno

    code = segno.make_qr(text, error="m")
    rows = list(code.matrix_iter(scale=1, border=4))
    runs: list[str] = []
    for y, row in enumerate(rows):
        start = None
        for x, dark in enumerate([*row, 0]):
            if dark and start is None:
                start = x
            elif not dark and start is not None:
                runs.append(f"M{start} {y}h{x - start}v1h-{x - start}z")
                start = None
    return "".join(runs), len(rows)


def qr_terminal(text: str) -> str:
    """The same for a terminal, two modules a character."""
    import io

    import segno

    out = io.StringIO()
    segno.make_qr(text, error="l").terminal(out, border=2, compact=True)
    return out.getvalue()
