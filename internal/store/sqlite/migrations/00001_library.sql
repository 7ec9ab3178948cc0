-- +goose Up

-- Numbers are given once and for all: AUTOINCREMENT never hands out the number
-- of a deleted row again. The tables without it, versions, job_log, tasks and
-- events, are those that every upload writes; for their numbers to stay unique,
-- the newest row of each must never be deleted. Times are microseconds since the Unix epoch in UTC, 0
-- for none; booleans are 0 and 1; structures are JSON text, '' for none.

CREATE TABLE companies (
	number   INTEGER PRIMARY KEY AUTOINCREMENT,
	uuid     TEXT NOT NULL UNIQUE,
	name     TEXT NOT NULL UNIQUE,
	slug     TEXT NOT NULL UNIQUE,
	settings TEXT NOT NULL,
	expires  INTEGER NOT NULL,
	created  INTEGER NOT NULL
);

-- Counted up with every change, so that what was read can be kept until then.
CREATE TABLE revisions (
	name     TEXT PRIMARY KEY,
	revision INTEGER NOT NULL
);

CREATE TABLE users (
	number        INTEGER PRIMARY KEY AUTOINCREMENT,
	uuid          TEXT NOT NULL UNIQUE,
	login         TEXT NOT NULL,
	login_key     TEXT NOT NULL UNIQUE, -- login with ASCII letters in lower case
	first_name    TEXT NOT NULL,
	last_name     TEXT NOT NULL,
	default_role  TEXT NOT NULL,
	default_title TEXT NOT NULL,
	ims_user      TEXT NOT NULL,
	password_hash TEXT NOT NULL,
	admin         INTEGER NOT NULL,
	disabled      INTEGER NOT NULL,
	expires       INTEGER NOT NULL,
	created       INTEGER NOT NULL
);

CREATE TABLE memberships (
	user_number INTEGER NOT NULL REFERENCES users (number),
	company     INTEGER NOT NULL REFERENCES companies (number),
	role        TEXT NOT NULL,
	title       TEXT NOT NULL,
	active      INTEGER NOT NULL,
	PRIMARY KEY (user_number, company)
) WITHOUT ROWID;
CREATE INDEX memberships_company ON memberships (company, user_number);

CREATE TABLE api_keys (
	number      INTEGER PRIMARY KEY AUTOINCREMENT,
	uuid        TEXT NOT NULL UNIQUE,
	user_number INTEGER NOT NULL REFERENCES users (number),
	name        TEXT NOT NULL,
	selector    TEXT NOT NULL UNIQUE,
	secret_hash BLOB,
	created     INTEGER NOT NULL,
	expires     INTEGER NOT NULL,
	last_used   INTEGER NOT NULL
);
CREATE INDEX api_keys_user ON api_keys (user_number);

CREATE TABLE folders (
	number  INTEGER PRIMARY KEY AUTOINCREMENT,
	uuid    TEXT NOT NULL UNIQUE,
	company INTEGER NOT NULL REFERENCES companies (number),
	parent  INTEGER NOT NULL,
	path    TEXT NOT NULL,
	created INTEGER NOT NULL,
	modified INTEGER NOT NULL,
	deleted INTEGER NOT NULL, -- its own number once it is deleted, so that the path is free again
	UNIQUE (company, path, deleted)
);
CREATE INDEX folders_company ON folders (company);
CREATE INDEX folders_parent ON folders (parent);

CREATE TABLE assets (
	number       INTEGER PRIMARY KEY AUTOINCREMENT,
	uuid         TEXT NOT NULL UNIQUE,
	company      INTEGER NOT NULL REFERENCES companies (number),
	folder       INTEGER NOT NULL REFERENCES folders (number),
	name         TEXT NOT NULL,
	file_name    TEXT NOT NULL,
	type         TEXT NOT NULL,
	sub_type     TEXT NOT NULL,
	engine       TEXT NOT NULL,
	state        TEXT NOT NULL,
	content_type TEXT NOT NULL,
	width        INTEGER NOT NULL,
	height       INTEGER NOT NULL,
	frames       INTEGER NOT NULL,
	orientation  INTEGER NOT NULL,
	alpha        INTEGER NOT NULL,
	version      INTEGER NOT NULL, -- 0 = the newest
	size         INTEGER NOT NULL,
	sha256       BLOB,
	publish      INTEGER NOT NULL, -- a bit for each context
	crop         TEXT NOT NULL,
	metadata     TEXT NOT NULL,
	created      INTEGER NOT NULL,
	created_by   INTEGER NOT NULL,
	modified     INTEGER NOT NULL,
	modified_by  INTEGER NOT NULL,
	trashed      INTEGER NOT NULL,
	in_trash     INTEGER NOT NULL -- 1 when trashed is set, 2 when the trash has been emptied, 3 for parts, whose trashed is when they lost their page: lists need equality to stay in the order of numbers
);
INSERT INTO sqlite_sequence (name, seq) VALUES ('assets', 0); -- numbers are taken from here for other things too
CREATE INDEX assets_company ON assets (company, in_trash);
CREATE INDEX assets_modified ON assets (company, in_trash, modified);
CREATE INDEX assets_folder ON assets (folder, in_trash);
CREATE INDEX assets_name ON assets (company, name, in_trash);
CREATE INDEX assets_file_name ON assets (company, file_name, in_trash);
CREATE INDEX assets_type ON assets (company, type, in_trash);
CREATE INDEX assets_trash ON assets (trashed) WHERE in_trash = 1;
CREATE INDEX assets_orphans ON assets (trashed) WHERE in_trash = 3;
CREATE INDEX assets_unready ON assets (company, state, in_trash) WHERE state <> 'ready';

-- Files and bytes of a company (user_number 0) and of each user in it.
CREATE TABLE usage_counts (
	company     INTEGER NOT NULL,
	user_number INTEGER NOT NULL,
	files       INTEGER NOT NULL,
	bytes       INTEGER NOT NULL,
	PRIMARY KEY (company, user_number)
) WITHOUT ROWID;

CREATE TABLE versions (
	number       INTEGER PRIMARY KEY,
	uuid         TEXT NOT NULL,
	asset        INTEGER NOT NULL REFERENCES assets (number),
	ordinal      INTEGER NOT NULL,
	file_name    TEXT NOT NULL,
	content_type TEXT NOT NULL,
	blob_key     TEXT NOT NULL,
	blob_size    INTEGER NOT NULL,
	crc32c       INTEGER NOT NULL,
	sha256       BLOB,
	sha1         BLOB,
	job          INTEGER NOT NULL,
	is_update    INTEGER NOT NULL,
	notes        TEXT NOT NULL,
	created      INTEGER NOT NULL,
	created_by   INTEGER NOT NULL,
	UNIQUE (asset, ordinal)
);
CREATE INDEX versions_job ON versions (job, asset);
CREATE INDEX versions_blob ON versions (blob_key);
CREATE INDEX versions_sha1 ON versions (sha1) WHERE sha1 IS NOT NULL;

CREATE TABLE derived (
	number       INTEGER PRIMARY KEY AUTOINCREMENT,
	uuid         TEXT NOT NULL UNIQUE,
	asset        INTEGER NOT NULL,
	version      INTEGER NOT NULL REFERENCES versions (number),
	step_key     TEXT NOT NULL,
	kind         TEXT NOT NULL,
	name         TEXT NOT NULL,
	content_type TEXT NOT NULL,
	width        INTEGER NOT NULL,
	height       INTEGER NOT NULL,
	frames       INTEGER NOT NULL,
	orientation  INTEGER NOT NULL,
	alpha        INTEGER NOT NULL,
	page         INTEGER NOT NULL,
	layer        INTEGER NOT NULL,
	blob_key     TEXT NOT NULL,
	blob_size    INTEGER NOT NULL,
	crc32c       INTEGER NOT NULL,
	sha256       BLOB,
	target       INTEGER NOT NULL,
	created      INTEGER NOT NULL,
	UNIQUE (version, step_key)
);
CREATE INDEX derived_asset ON derived (asset, number);
CREATE INDEX derived_blob ON derived (blob_key) WHERE blob_key <> '';

CREATE TABLE uploads (
	number      INTEGER PRIMARY KEY AUTOINCREMENT,
	uuid        TEXT NOT NULL UNIQUE,
	company     INTEGER NOT NULL REFERENCES companies (number),
	user_number INTEGER NOT NULL,
	door        TEXT NOT NULL,
	client_key  TEXT NOT NULL,
	retired     INTEGER NOT NULL, -- 0 while the upload holds its client key, its own number afterwards
	job         INTEGER NOT NULL,
	state       TEXT NOT NULL,
	size        INTEGER NOT NULL,
	folder      TEXT NOT NULL,
	file_name   TEXT NOT NULL,
	publish     INTEGER NOT NULL,
	conflict    TEXT NOT NULL,
	metadata    TEXT NOT NULL,
	options     TEXT NOT NULL,
	parent      INTEGER NOT NULL, -- 0 = none
	facts       BLOB,
	asset       INTEGER NOT NULL,
	created     INTEGER NOT NULL,
	touched     INTEGER NOT NULL,
	expires     INTEGER NOT NULL
);
CREATE UNIQUE INDEX uploads_client_key ON uploads (company, door, client_key, retired) WHERE client_key <> '';
CREATE INDEX uploads_state ON uploads (state);
CREATE INDEX uploads_parent ON uploads (parent) WHERE parent <> 0;
CREATE INDEX uploads_expires ON uploads (state, expires) WHERE expires > 0;

CREATE TABLE jobs (
	number          INTEGER PRIMARY KEY AUTOINCREMENT,
	uuid            TEXT NOT NULL UNIQUE,
	company         INTEGER NOT NULL REFERENCES companies (number),
	user_number     INTEGER NOT NULL,
	door            TEXT NOT NULL,
	kind            TEXT NOT NULL,
	name            TEXT NOT NULL,
	original_name   TEXT NOT NULL,
	state           TEXT NOT NULL,
	is_open         INTEGER NOT NULL,
	description     TEXT NOT NULL,
	locale          TEXT NOT NULL,
	client          TEXT NOT NULL,
	address         TEXT NOT NULL,
	processing      TEXT NOT NULL,
	echo            BLOB,
	total_files     INTEGER NOT NULL,
	success_files   INTEGER NOT NULL,
	update_files    INTEGER NOT NULL,
	duplicate_files INTEGER NOT NULL,
	error_files     INTEGER NOT NULL,
	warning_files   INTEGER NOT NULL,
	paused          INTEGER NOT NULL,
	pending         INTEGER NOT NULL,
	created         INTEGER NOT NULL,
	last_post       INTEGER NOT NULL,
	finished        INTEGER NOT NULL,
	UNIQUE (company, name)
);
CREATE INDEX jobs_company ON jobs (company);
CREATE INDEX jobs_original_name ON jobs (company, original_name);
CREATE INDEX jobs_active ON jobs (company) WHERE state <> 'Done';

CREATE TABLE job_log (
	number     INTEGER PRIMARY KEY,
	job        INTEGER NOT NULL REFERENCES jobs (number),
	at         INTEGER NOT NULL,
	type       TEXT NOT NULL,
	message    TEXT NOT NULL,
	asset      INTEGER NOT NULL,
	asset_name TEXT NOT NULL,
	asset_type TEXT NOT NULL,
	extra      TEXT NOT NULL
);
CREATE INDEX job_log_job ON job_log (job, number, type);
CREATE INDEX job_log_asset ON job_log (asset, number) WHERE asset <> 0;

CREATE TABLE tasks (
	number   INTEGER PRIMARY KEY,
	uuid     TEXT NOT NULL,
	company  INTEGER NOT NULL,
	job      INTEGER NOT NULL,
	asset    INTEGER NOT NULL,
	version  INTEGER NOT NULL,
	kind     TEXT NOT NULL,
	params   BLOB,
	state    TEXT NOT NULL,
	attempts INTEGER NOT NULL,
	run_at   INTEGER NOT NULL,
	lease    INTEGER NOT NULL,
	due      INTEGER, -- when it may be claimed; NULL = not to be claimed
	error    TEXT NOT NULL,
	created  INTEGER NOT NULL,
	finished INTEGER NOT NULL
);
CREATE INDEX tasks_due ON tasks (kind, due) WHERE due IS NOT NULL;
CREATE INDEX tasks_asset ON tasks (asset);
CREATE INDEX tasks_job ON tasks (job);

CREATE TABLE events (
	number      INTEGER PRIMARY KEY,
	company     INTEGER NOT NULL,
	at          INTEGER NOT NULL,
	kind        TEXT NOT NULL,
	subject     TEXT NOT NULL,
	user_number INTEGER NOT NULL,
	data        TEXT NOT NULL
);

-- Small things of companies; their content is JSON of the kind's own shape.
CREATE TABLE documents (
	number   INTEGER PRIMARY KEY AUTOINCREMENT,
	uuid     TEXT NOT NULL,
	company  INTEGER NOT NULL,
	kind     TEXT NOT NULL,
	owner    INTEGER NOT NULL,
	other    INTEGER NOT NULL,
	doc_key  TEXT NOT NULL,
	name     TEXT NOT NULL,
	position INTEGER NOT NULL,
	data     BLOB,
	created  INTEGER NOT NULL,
	modified INTEGER NOT NULL,
	by_user  INTEGER NOT NULL
);
CREATE UNIQUE INDEX documents_key ON documents (company, kind, owner, doc_key) WHERE doc_key <> '';
CREATE INDEX documents_owner ON documents (company, kind, owner, position, number);
CREATE INDEX documents_by_key ON documents (company, kind, doc_key) WHERE doc_key <> '';

CREATE TABLE links (
	kind     TEXT NOT NULL,
	from_number INTEGER NOT NULL,
	position INTEGER NOT NULL,
	to_number INTEGER NOT NULL,
	data     TEXT NOT NULL,
	PRIMARY KEY (kind, from_number, position)
) WITHOUT ROWID;
CREATE INDEX links_to ON links (kind, to_number, from_number);

-- Metadata values of assets. folded is text without regard to case.
CREATE TABLE asset_values (
	asset    INTEGER NOT NULL,
	field    TEXT NOT NULL,
	position INTEGER NOT NULL,
	company  INTEGER NOT NULL,
	text     TEXT NOT NULL,
	folded   TEXT NOT NULL,
	num      REAL,
	PRIMARY KEY (asset, field, position)
) WITHOUT ROWID;
CREATE INDEX asset_values_text ON asset_values (company, field, folded, asset);
CREATE INDEX asset_values_num ON asset_values (company, field, num, asset) WHERE num IS NOT NULL;
