"""The register: the compact index of what enrolled carriers published. On buffers; derived from the log."""
