-- +goose Up
-- Jobs take turns at the queue.
CREATE INDEX tasks_turn ON tasks (kind, job, due) WHERE due IS NOT NULL;
