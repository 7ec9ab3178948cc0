-- +goose Up
-- Length of video and sound in milliseconds.
ALTER TABLE assets ADD COLUMN duration INTEGER NOT NULL DEFAULT 0;
