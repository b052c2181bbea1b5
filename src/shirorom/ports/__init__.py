"""Every promise that the core asks of the outside world, each kept by an adapter and held to it by a contract suite."""
