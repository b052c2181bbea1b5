"""Practice carriers (練習サイト): four invented check pages, and phones with known answers."""

from shirorom.edge.practice.catalogue import catalogue
from shirorom.edge.practice.run import Practice, config_toml, run, start

__all__ = ["Practice", "catalogue", "config_toml", "run", "start"]
