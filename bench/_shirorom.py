"""`python -m bench._shirorom [PROGRAM] ARGS`: `shirorom` without its compiled kernels; the product has no such switch.

PROGRAM is what `scripts.serving` would have started, and is passed over.
"""

from __future__ import annotations

import sys

from bench._child import without_kernel
from scripts.serving import SHIROROM

if __name__ == "__main__":
    without_kernel()
    if sys.argv[1:2] == [str(SHIROROM)]:
        del sys.argv[1]
    from shirorom.compose import main

    main()
