"""What a shop keeps beside the record: its people, their sessions, the shared queue. One SQL database (DESIGN §6)."""
