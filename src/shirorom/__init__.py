"""Shirorom (白ロム): whether a used phone can be bought, sold or connected, as far as each carrier says."""

__version__ = "0.1.0"
