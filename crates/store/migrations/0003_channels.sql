-- Channels: upstream deployments that an operator has configured, and which of them has a task.

CREATE TABLE channels (
    id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    -- JSON: everything about it that is no secret and no state.
    terms TEXT NOT NULL,
    -- Its credential, sealed, and the last characters of it.
    sealed BLOB,
    credential_hint TEXT NOT NULL,
    -- 'operator', or 'config' for one that the configuration declares.
    source TEXT NOT NULL,
    -- What its jobs cost by its own word or else by its terms: those that brought a video, and those
    -- that may have cost something and brought none.
    spent_ticks BIGINT NOT NULL,
    lost_ticks BIGINT NOT NULL,
    -- Submits of which nobody knows whether they were taken.
    ambiguous_count BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    deleted_at BIGINT
);

CREATE UNIQUE INDEX channels_name ON channels (LOWER(name)) WHERE deleted_at IS NULL;

-- Which queue it stands in: 'preview', 'model/…' for any channel of the model, 'channel/…' for one
-- that may have the job already.
ALTER TABLE tasks ADD COLUMN lane TEXT NOT NULL DEFAULT 'preview';
-- Who has it; 0 is the preview renderer, or nobody yet.
ALTER TABLE tasks ADD COLUMN channel_id BIGINT NOT NULL DEFAULT 0;
-- JSON array of channels that refused it in a row.
ALTER TABLE tasks ADD COLUMN refused_by TEXT NOT NULL DEFAULT '[]';
-- Gateways that the request had passed before this one.
ALTER TABLE tasks ADD COLUMN hops BIGINT NOT NULL DEFAULT 0;
-- JSON: settings for engines that know them.
ALTER TABLE tasks ADD COLUMN options TEXT NOT NULL DEFAULT '{}';
-- Polls in a row that failed.
ALTER TABLE tasks ADD COLUMN poll_failures BIGINT NOT NULL DEFAULT 0;
-- What the channel's terms say that the job costs.
ALTER TABLE tasks ADD COLUMN expected_cost_ticks BIGINT;
-- Where the upstream keeps the finished video, until it is here.
ALTER TABLE tasks ADD COLUMN media TEXT;

DROP INDEX tasks_queued;
CREATE INDEX tasks_queued ON tasks (account_id, lane, next_run_at, id) WHERE state = 'queued';
CREATE INDEX tasks_pinned ON tasks (lane) WHERE state = 'queued' AND channel_id <> 0;
DROP INDEX tasks_due;
CREATE INDEX tasks_due ON tasks (channel_id, next_run_at)
    WHERE state IN ('submitting', 'running', 'finalizing');
-- Jobs that an upstream has, or may have.
CREATE INDEX tasks_of_channel ON tasks (channel_id)
    WHERE state IN ('submitting', 'running') AND channel_id <> 0;
