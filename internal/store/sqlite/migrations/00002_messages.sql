-- +goose Up

-- Addresses of users in every company that they belong to. Position is the order
-- of those of one kind.
CREATE TABLE user_addresses (
	user_number INTEGER NOT NULL REFERENCES users (number),
	kind        TEXT NOT NULL,
	position    INTEGER NOT NULL,
	address     TEXT NOT NULL,
	address_key TEXT NOT NULL,
	PRIMARY KEY (user_number, kind, position)
) WITHOUT ROWID;
CREATE INDEX user_addresses_key ON user_addresses (kind, address_key, user_number);

CREATE TABLE messages (
	number       INTEGER PRIMARY KEY AUTOINCREMENT,
	id           TEXT NOT NULL UNIQUE, -- what clients know it by
	company      INTEGER NOT NULL REFERENCES companies (number),
	sender       INTEGER NOT NULL,
	from_address TEXT NOT NULL,
	recipients   TEXT NOT NULL,
	stream       TEXT NOT NULL,
	content_type TEXT NOT NULL,
	disposition  TEXT NOT NULL,
	body         TEXT NOT NULL,
	created      INTEGER NOT NULL
);
CREATE INDEX messages_sender ON messages (company, sender);
CREATE INDEX messages_created ON messages (company, created);

-- What users of a company have received, in the order of messages.
CREATE TABLE inbox (
	company     INTEGER NOT NULL,
	user_number INTEGER NOT NULL,
	message     INTEGER NOT NULL REFERENCES messages (number),
	displayed   INTEGER NOT NULL,
	PRIMARY KEY (company, user_number, message)
) WITHOUT ROWID;

CREATE TABLE media_links (
	number       INTEGER PRIMARY KEY AUTOINCREMENT,
	token_hash   BLOB NOT NULL UNIQUE,
	nonce        TEXT NOT NULL,
	company      INTEGER NOT NULL REFERENCES companies (number),
	asset        INTEGER NOT NULL,
	user_number  INTEGER NOT NULL,
	recipient    TEXT NOT NULL,
	name         TEXT NOT NULL,
	content_type TEXT NOT NULL,
	size         INTEGER NOT NULL,
	repeat_key   BLOB NOT NULL,
	created      INTEGER NOT NULL,
	expires      INTEGER NOT NULL,
	ended        INTEGER NOT NULL
);
CREATE INDEX media_links_repeat ON media_links (repeat_key, created);
CREATE INDEX media_links_expires ON media_links (ended, expires);

-- Objects of the store-and-forward service.
CREATE TABLE transfers (
	number       INTEGER PRIMARY KEY AUTOINCREMENT,
	token_hash   BLOB NOT NULL UNIQUE,
	company      INTEGER NOT NULL REFERENCES companies (number),
	content_type TEXT NOT NULL,
	size         INTEGER NOT NULL,
	address      TEXT NOT NULL,
	state        TEXT NOT NULL,
	asset        INTEGER NOT NULL,
	referenced   INTEGER NOT NULL,
	created      INTEGER NOT NULL,
	expires      INTEGER NOT NULL,
	ended        INTEGER NOT NULL -- 1 when the state is ended
);
CREATE INDEX transfers_expires ON transfers (ended, expires);

-- What arrived on one day, by company and by what else is limited. Day counts from
-- the Unix epoch.
CREATE TABLE day_use (
	day     INTEGER NOT NULL,
	company INTEGER NOT NULL,
	subject TEXT NOT NULL, -- '' = the company as a whole
	files   INTEGER NOT NULL,
	bytes   INTEGER NOT NULL,
	PRIMARY KEY (day, company, subject)
) WITHOUT ROWID;
