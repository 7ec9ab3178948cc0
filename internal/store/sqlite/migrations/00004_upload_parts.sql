-- +goose Up
ALTER TABLE uploads ADD COLUMN parts BLOB; -- bits of the parts that the client confirmed
ALTER TABLE uploads ADD COLUMN promised TEXT NOT NULL DEFAULT ''; -- UUID of the asset that it becomes, '' = any
CREATE INDEX uploads_promised ON uploads (promised, company) WHERE promised <> '';
CREATE INDEX uploads_user ON uploads (user_number, door, number);
