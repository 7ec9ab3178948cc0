-- +goose Up
CREATE INDEX inbox_message ON inbox (message); -- a message that is removed is looked for here
