"""The tables of one log in a PostgreSQL database: how they are made, and what is checked before they are used.

Each log has a schema of its own, `shirorom_real` and `shirorom_practice`. `head` has one row: what the log's size is;
whoever appends locks it, compares it, and moves it with the entries in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable

from shirorom.adapters.postgres import Connection
from shirorom.domain.errors import StorageError

SCHEMA_VERSION = 1
LOCK = 0x53524F4D  # "SROM": who makes the tables of one log

_TABLES = (
    "CREATE SCHEMA {0}",
    "CREATE TABLE {0}.meta (name text PRIMARY KEY, value text NOT NULL)",
    "CREATE TABLE {0}.head (one boolean PRIMARY KEY, size bigint NOT NULL)",
    "CREATE TABLE {0}.entry (idx bigint PRIMARY KEY, bytes bytea NOT NULL, hashes bytea NOT NULL)",
    "CREATE TABLE {0}.opening (idx bigint PRIMARY KEY, key bigint NOT NULL, counter bigint NOT NULL,"
    " previous bytea NOT NULL, salt bytea NOT NULL, statement bytea NOT NULL)",
    "CREATE UNIQUE INDEX opening_device ON {0}.opening (key, counter)",
    "CREATE TABLE {0}.device (key bigint PRIMARY KEY, count bigint NOT NULL, last bigint NOT NULL)",
)
"""What is stored, as in the SQLite file (adapters/log_file.py); `head` says the size once more."""

_NAME = """
WITH sized AS (INSERT INTO {0}.head VALUES (true, 0)) INSERT INTO {0}.meta VALUES ('origin', %s), ('version', %s)
"""
_META = "SELECT name, value FROM {0}.meta"
_SHAPE = """
SELECT concat(
  c.relname, '.', a.attname, ' ', format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN ' !' END)
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
 WHERE c.relnamespace = %(schema)s::regnamespace AND c.relkind <> 'i' AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT 'kind ' || relkind::text || relpersistence::text FROM pg_class
 WHERE relnamespace = %(schema)s::regnamespace AND NOT (relkind IN ('r', 'i') AND relpersistence = 'p')
UNION ALL
SELECT concat(
  replace(pg_get_indexdef(i.indexrelid), %(schema)s || '.', ''), CASE WHEN NOT i.indisvalid THEN ' invalid' END)
  FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = %(schema)s::regnamespace
UNION ALL
SELECT 'trigger ' || t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
 WHERE c.relnamespace = %(schema)s::regnamespace
UNION ALL
SELECT 'rule ' || r.rulename FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
 WHERE c.relnamespace = %(schema)s::regnamespace
UNION ALL
SELECT 'policy ' || p.polname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
 WHERE c.relnamespace = %(schema)s::regnamespace
"""

_EXPECTED = frozenset({
    "meta.name text !", "meta.value text !",
    "head.one boolean !", "head.size bigint !",
    "entry.idx bigint !", "entry.bytes bytea !", "entry.hashes bytea !",
    "opening.idx bigint !", "opening.key bigint !", "opening.counter bigint !",
    "opening.previous bytea !", "opening.salt bytea !", "opening.statement bytea !",
    "device.key bigint !", "device.count bigint !", "device.last bigint !",
    "CREATE UNIQUE INDEX meta_pkey ON meta USING btree (name)",
    "CREATE UNIQUE INDEX head_pkey ON head USING btree (one)",
    "CREATE UNIQUE INDEX entry_pkey ON entry USING btree (idx)",
    "CREATE UNIQUE INDEX opening_pkey ON opening USING btree (idx)",
    "CREATE UNIQUE INDEX opening_device ON opening USING btree (key, counter)",
    "CREATE UNIQUE INDEX device_pkey ON device USING btree (key)",
})  # fmt: skip


def schema_of(*, practice: bool) -> str:
    """The schema that holds a log's tables."""
    return "shirorom_practice" if practice else "shirorom_real"


def exists(connection: Connection, schema: str) -> bool:
    """Whether there is such a log in this database."""
    return connection.execute("SELECT to_regnamespace(%s) IS NOT NULL", [schema]).fetchone() == (True,)


def create(connection: Connection, schema: str, *, entropy: Callable[[int], bytes]) -> None:
    """Make an empty log with a name of its own (ADR 0008), or leave the one that is there."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        if not exists(connection, schema):
            create_tables(connection, schema, f"{schema.replace('_', '/')}/{entropy(16).hex()}")


def create_tables(connection: Connection, schema: str, origin: str) -> None:
    """The tables of a log of that name, empty, inside the caller's transaction."""
    for statement in _TABLES:
        connection.execute(statement.format(schema))
    connection.execute(_NAME.format(schema), [origin, str(SCHEMA_VERSION)])


def read_origin(connection: Connection, schema: str) -> str:
    """The log's name, once its version and its tables are ours.

    Raises:
        StorageError: `log-newer`, `log-corrupt`.
    """
    if connection.execute("SELECT to_regclass(%s) IS NULL", [f"{schema}.meta"]).fetchone() == (True,):
        raise StorageError("log-corrupt", part="schema")
    meta = {row[0]: row[1] for row in connection.execute(_META.format(schema))}
    version = str(meta.get("version"))
    if version.isdecimal() and int(version) > SCHEMA_VERSION:
        raise StorageError("log-newer", version=int(version), version_known=SCHEMA_VERSION)
    shape = [row[0] for row in connection.execute(_SHAPE, {"schema": schema})]
    if version != str(SCHEMA_VERSION) or len(shape) != len(_EXPECTED) or set(shape) != _EXPECTED:
        raise StorageError("log-corrupt", part="schema")
    origin = meta.get("origin")
    if not isinstance(origin, str) or not origin.startswith(f"{schema.replace('_', '/')}/"):
        raise StorageError("log-corrupt", part="origin")
    return origin
