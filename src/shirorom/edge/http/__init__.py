"""What stands between the network and the application: who may call, how much, how it is refused."""
