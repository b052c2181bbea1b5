"""`python -m bench._shirorom ARGS`: `shirorom` without its compiled kernel; the product has no such switch."""

from __future__ import annotations

from bench._child import without_kernel

if __name__ == "__main__":
    without_kernel()
    from shirorom.compose import main

    main()
