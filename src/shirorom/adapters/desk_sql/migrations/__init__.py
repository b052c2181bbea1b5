"""Steps from each released schema of the desk to the next, run by Alembic."""
