-- The first schema. The text runs on SQLite as it is; for PostgreSQL the word BLOB becomes BYTEA.
-- Moments are microseconds since 1970, money is in ticks of 1e-10 US dollar, truth is 0 or 1, JSON is
-- TEXT that only Rust reads. A released migration is never edited: its checksum is in the database.

CREATE TABLE accounts (
    id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    enabled BIGINT NOT NULL,
    multiplier_millionths BIGINT NOT NULL,
    -- available = credits - posted - pending
    credits_ticks BIGINT NOT NULL,
    posted_ticks BIGINT NOT NULL,
    pending_ticks BIGINT NOT NULL,
    -- How many of its tasks are in which part of their life; each live task counts once.
    parked_count BIGINT NOT NULL,
    queued_count BIGINT NOT NULL,
    active_count BIGINT NOT NULL,
    -- The limits as the latest create saw them.
    in_flight_max BIGINT NOT NULL,
    limits_changed_at BIGINT NOT NULL,
    last_claimed_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX accounts_claimable ON accounts (last_claimed_at, id) WHERE queued_count > 0;

CREATE TABLE keys (
    id BIGINT NOT NULL PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    mask TEXT NOT NULL,
    hash BLOB NOT NULL UNIQUE,
    enabled BIGINT NOT NULL,
    expires_at BIGINT,
    created_at BIGINT NOT NULL
);

CREATE TABLE tasks (
    id TEXT NOT NULL PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    key_id BIGINT NOT NULL REFERENCES keys (id),
    key_kind TEXT NOT NULL,
    state TEXT NOT NULL,
    version BIGINT NOT NULL,
    model_id TEXT NOT NULL,
    model_name TEXT NOT NULL,
    prompt TEXT NOT NULL,
    mode TEXT NOT NULL,
    seconds BIGINT NOT NULL,
    seconds_requested BIGINT NOT NULL,
    aspect_ratio TEXT NOT NULL,
    resolution TEXT NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    image_count BIGINT NOT NULL,
    metadata TEXT NOT NULL,
    ignored_fields TEXT NOT NULL,
    directives TEXT NOT NULL,
    price_ticks BIGINT NOT NULL,
    cost_state TEXT NOT NULL,
    upstream_cost_ticks BIGINT,
    provider TEXT NOT NULL,
    door TEXT NOT NULL,
    client_address TEXT,
    user_agent TEXT,
    request_id TEXT NOT NULL,
    run_timeout_ms BIGINT NOT NULL,
    queue_timeout_ms BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    queued_at BIGINT,
    submitted_at BIGINT,
    started_at BIGINT,
    upstream_done_at BIGINT,
    finished_at BIGINT,
    deadline_at BIGINT NOT NULL,
    next_run_at BIGINT,
    lease_until BIGINT NOT NULL,
    lease_epoch BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    deferrals BIGINT NOT NULL,
    finalize_attempts BIGINT NOT NULL,
    poll_misses BIGINT NOT NULL,
    poll_missed_since BIGINT,
    percent BIGINT NOT NULL,
    upstream_id TEXT,
    cancel_requested BIGINT NOT NULL,
    failure_code TEXT,
    failure_reason TEXT,
    failure_internal TEXT,
    result_path TEXT,
    result_poster_path TEXT,
    result_bytes BIGINT,
    result_sha256 TEXT,
    result_width BIGINT,
    result_height BIGINT,
    result_duration_ms BIGINT,
    result_expires_at BIGINT,
    result_removed_at BIGINT
);

CREATE INDEX tasks_account ON tasks (account_id, id);
CREATE INDEX tasks_parked ON tasks (account_id, id) WHERE state = 'parked';
CREATE INDEX tasks_queued ON tasks (account_id, next_run_at, id) WHERE state = 'queued';
CREATE INDEX tasks_queued_due ON tasks (next_run_at) WHERE state = 'queued';
CREATE INDEX tasks_due ON tasks (next_run_at)
    WHERE state IN ('submitting', 'running', 'finalizing');
CREATE INDEX tasks_live ON tasks (deadline_at) WHERE finished_at IS NULL;
CREATE INDEX tasks_results ON tasks (result_expires_at, id)
    WHERE result_path IS NOT NULL AND result_removed_at IS NULL;

CREATE TABLE task_images (
    task_id TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    source TEXT NOT NULL,
    url TEXT,
    path TEXT,
    mime TEXT,
    sha256 TEXT,
    bytes BIGINT,
    PRIMARY KEY (task_id, position)
);

CREATE INDEX task_images_path ON task_images (path) WHERE path IS NOT NULL;

CREATE TABLE task_log (
    task_id TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    at BIGINT NOT NULL,
    event TEXT NOT NULL,
    state TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (task_id, version)
);

-- Kept for ever, also when the task's row is deleted: hence no reference to it.
CREATE TABLE transfers (
    id TEXT NOT NULL PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    kind TEXT NOT NULL,
    task_id TEXT,
    resolves TEXT,
    amount_ticks BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX transfers_resolves ON transfers (resolves) WHERE resolves IS NOT NULL;

CREATE TABLE idempotency_keys (
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    route TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    task_id TEXT NOT NULL,
    response_status BIGINT NOT NULL,
    response_body BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, route, key)
);

CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at);

CREATE TABLE settings (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL,
    changed_at BIGINT NOT NULL
);
