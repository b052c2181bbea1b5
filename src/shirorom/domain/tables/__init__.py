"""What a table says before its rows are read: which row is the heading, which columns hold device numbers."""
