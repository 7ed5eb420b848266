"""The catalogue's tables, and the steps that bring an older file to today's.

A row in `versions` carries the commit that added it (`added`), the one at which a newer version took over
(`until`), and the one at which its document was deleted (`deleted`): a reader pinned to commit N sees exactly
N. Everything else belongs to a version and lives as long as it does.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import (
    TEXT,
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    inspect,
    select,
    text,
)
from sqlalchemy.schema import CreateIndex, CreateTable

from medrag.errors import KnowledgeBaseError, VersionError

__all__ = [
    "about",
    "commits",
    "create_tables",
    "current_commit",
    "documents",
    "entities",
    "metadata",
    "migrate",
    "names",
    "passages",
    "places",
    "purges",
    "sections",
    "settings",
    "spellings",
    "statements",
    "versions",
]

metadata = MetaData()
_IS_READ = text("kind <> 'record'")
_Text = Text().with_variant(TEXT(collation="C"), "postgresql")  # in the order of code points, as SQLite has it

settings = Table("settings", metadata, Column("name", _Text, primary_key=True), Column("value", _Text, nullable=False))

commits = Table(
    "commits",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("at", _Text, nullable=False),
    Column("note", _Text, nullable=False),
)

documents = Table(
    "documents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", _Text, nullable=False),
    Column("key", _Text, nullable=False),
    UniqueConstraint("source", "key"),
)

# Where a document without an identity of its own was seen first: its n-th record of that name in that file.
places = Table(
    "places",
    metadata,
    Column("source", _Text, nullable=False),
    Column("title", _Text, nullable=False),
    Column("file", _Text, nullable=False),
    Column("occurrence", Integer, nullable=False),
    Column("document_id", ForeignKey("documents.id"), nullable=False),
    Column("added", Integer, nullable=False),
    PrimaryKeyConstraint("source", "title", "file", "occurrence"),
)

versions = Table(
    "versions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("document_id", ForeignKey("documents.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("revision", _Text, nullable=False),
    Column("effective", _Text, nullable=False),
    Column("title", _Text, nullable=False),
    Column("maker", _Text, nullable=False),
    Column("kind", _Text, nullable=False),
    Column("lang", _Text, nullable=False),
    Column("tags", _Text, nullable=False),
    Column("reader", _Text, nullable=False),
    Column("file", _Text, nullable=False),
    Column("record", _Text, nullable=False),
    Column("sha256", _Text, nullable=False),
    Column("fingerprint", _Text, nullable=False),
    Column("added", Integer, nullable=False),
    Column("until", Integer),
    Column("deleted", Integer),
    Column("text", _Text, nullable=False),
    UniqueConstraint("document_id", "version"),
    Index("versions_added", "added"),
    Index("versions_until", "until"),
    Index("versions_deleted", "deleted"),
    # Among a graph's millions of records documents are few; a catalogue that was made without it is searched through.
    # PostgreSQL's is made below, for naming its condition here would load its dialect for every catalogue.
    Index("versions_read", "document_id", sqlite_where=_IS_READ),
)

sections = Table(
    "sections",
    metadata,
    Column("version_id", ForeignKey("versions.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("code", _Text, nullable=False),
    Column("grp", _Text, nullable=False),
    Column("heading", _Text, nullable=False),
    Column("path", _Text, nullable=False),
    Column("start", Integer, nullable=False),
    Column("stop", Integer, nullable=False),
    PrimaryKeyConstraint("version_id", "number"),
    sqlite_with_rowid=False,
)

passages = Table(
    "passages",
    metadata,
    Column("version_id", ForeignKey("versions.id"), nullable=False),
    Column("start", Integer, nullable=False),
    Column("stop", Integer, nullable=False),
    Column("section", Integer, nullable=False),
    Column("id", BigInteger, nullable=False),
    PrimaryKeyConstraint("version_id", "start"),
    Index("passages_id", "id", "version_id"),
    sqlite_with_rowid=False,
)

# An entity is there while a current version states something of it, names it or is about it; its own name counts then.
# `name` is shown where no current version spells it otherwise. One with a code is named by its documents alone (`norm` is "").
entities = Table(
    "entities",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", _Text, nullable=False, unique=True),  # the public id: `substance:普萘洛尔`
    Column("kind", _Text, nullable=False),
    Column("name", _Text, nullable=False),
    Column("norm", _Text, nullable=False, info={"hashed": True}),
    Index("entities_norm", "norm"),
)

# How documents print an entity's own name, where that is not its folded form: `ASPIRIN` and `Aspirin` are one entity,
# which is shown as a current version prints it.
spellings = Table(
    "spellings",
    metadata,
    Column("entity_id", ForeignKey("entities.id"), nullable=False),
    Column("name", _Text, nullable=False),
    Column("version_id", ForeignKey("versions.id"), nullable=False),
    PrimaryKeyConstraint("entity_id", "name", "version_id"),
    Index("spellings_version", "version_id"),
    sqlite_with_rowid=False,
)

# Other names than the entity's own, each with the version that gives it; of an entity with a code, its own too.
names = Table(
    "names",
    metadata,
    Column("norm", _Text, nullable=False),
    Column("entity_id", ForeignKey("entities.id"), nullable=False),
    Column("version_id", ForeignKey("versions.id"), nullable=False),
    Column("name", _Text, nullable=False),
    Column("kind", _Text, nullable=False),
    PrimaryKeyConstraint("norm", "entity_id", "version_id"),
    Index("names_version", "version_id"),
    Index("names_entity", "entity_id", "norm"),
    sqlite_with_rowid=False,
)

statements = Table(
    "statements",
    metadata,
    Column("subject", ForeignKey("entities.id"), nullable=False),
    Column("relation", _Text, nullable=False),
    Column("object", ForeignKey("entities.id"), nullable=False),
    Column("version_id", ForeignKey("versions.id"), nullable=False),
    Column("start", Integer, nullable=False),
    Column("stop", Integer, nullable=False),
    PrimaryKeyConstraint("subject", "relation", "object", "version_id", "start"),
    Index("statements_object", "object", "relation", "subject"),
    Index("statements_version", "version_id"),
    sqlite_with_rowid=False,
)

about = Table(
    "about",
    metadata,
    Column("entity_id", ForeignKey("entities.id"), nullable=False),
    Column("version_id", ForeignKey("versions.id"), nullable=False),
    PrimaryKeyConstraint("entity_id", "version_id"),
    Index("about_version", "version_id"),
    sqlite_with_rowid=False,
)

# Documents whose rows are to be erased once no index holds them; finished after a crash.
purges = Table("purges", metadata, Column("document_id", Integer, primary_key=True), Column("added", Integer, nullable=False))


# A new catalogue gets today's tables at once; step i brings an older one of format i + 1 to format i + 2. Steps are
# never changed once released, only added.
MIGRATIONS: list[Callable[[Connection], None]] = []


def create_tables(connection: Connection) -> None:
    """Makes the tables in a new catalogue, in the caller's transaction."""
    if connection.dialect.name == "postgresql":
        _create_in_postgresql(connection)
    else:
        metadata.create_all(connection)
    _set_format(connection)


# An index of PostgreSQL's usual kind takes no text over 2.7 kB, and a graph's cell may be prose of any length; one of hashes
# does, but suffers where many rows have the same value, as the empty one. That keys are unique the one writer sees to. The last
# index is a partial one.
_IN_POSTGRESQL = """
    ALTER TABLE documents DROP CONSTRAINT documents_source_key_key;
    CREATE INDEX documents_key ON documents USING hash (key);
    ALTER TABLE places DROP CONSTRAINT places_pkey;
    CREATE INDEX places_title ON places USING hash (title);
    ALTER TABLE spellings DROP CONSTRAINT spellings_pkey;
    CREATE INDEX spellings_entity ON spellings (entity_id, version_id);
    ALTER TABLE entities DROP CONSTRAINT entities_code_key;
    CREATE INDEX entities_code ON entities USING hash (code);
    DROP INDEX entities_norm;
    CREATE INDEX entities_norm ON entities USING hash (nullif(norm, ''));
    DROP INDEX versions_read;
    CREATE INDEX versions_read ON versions (document_id) WHERE kind <> 'record';
    """


def _create_in_postgresql(connection: Connection) -> None:
    for table in metadata.sorted_tables:
        # Who refers to what is the code's business: SQLite does not look, and looking would double the time of an ingest.
        connection.execute(CreateTable(table, include_foreign_key_constraints=[]))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            connection.execute(CreateIndex(index))
    for statement in filter(None, map(str.strip, _IN_POSTGRESQL.split(";"))):
        connection.exec_driver_sql(statement)


def current_commit(connection: Connection) -> int:
    """The number of the commit that is published."""
    return int(connection.execute(select(settings.c.value).where(settings.c.name == "current")).scalar_one())


def migrate(connection: Connection, where: str, begin: Callable[[], object]) -> None:
    """Brings the catalogue to today's format, whole or not at all; a newer one is a `VersionError`. The caller commits.

    `begin` begins a transaction that locks other processes out.
    """
    newest = 1 + len(MIGRATIONS)
    if _format(connection, where) == newest:
        return
    connection.rollback()
    begin()
    found = _format(connection, where)  # another process may have been quicker
    if found > newest:
        raise VersionError(f"{where} has format {found}, this release of medrag reads up to {newest}: update medrag to open it")
    for step in MIGRATIONS[found - 1 :]:
        step(connection)
    _set_format(connection)


def _format(connection: Connection, where: str) -> int:
    if inspect(connection).has_table("settings"):
        found = connection.execute(select(settings.c.value).where(settings.c.name == "format")).scalar_one_or_none()
        if found is not None:
            return int(found)
    raise KnowledgeBaseError(f"{where}: not a knowledge base of medrag (its catalogue names no format)")


def _set_format(connection: Connection) -> None:
    connection.execute(settings.delete().where(settings.c.name == "format"))
    connection.execute(settings.insert().values(name="format", value=str(1 + len(MIGRATIONS))))
