"""Reads pictures and dropped files, in a child process that may die of them without anybody noticing."""
