-- Webhooks: who wants to hear of an account's tasks, what there is to tell, and what came of it.

CREATE TABLE webhook_endpoints (
    id BIGINT NOT NULL PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    url TEXT NOT NULL,
    -- The URL's host as it is compared with that of a task's own callback URL.
    host TEXT NOT NULL,
    description TEXT NOT NULL,
    -- The types that it wants, with spaces between them.
    event_types TEXT NOT NULL,
    enabled BIGINT NOT NULL,
    -- Who disabled it: 'owner', 'operator', 'gone' (it answered 410) or 'failing' (for five days).
    disabled_by TEXT,
    disabled_at BIGINT,
    -- Since when it wants what it wants now.
    listens_since BIGINT NOT NULL,
    -- Its secret, sealed; and the one before the last rotation, until it ends.
    sealed BLOB,
    old_sealed BLOB,
    old_expires_at BIGINT,
    -- The first failure after the last success.
    failing_since BIGINT,
    succeeded_at BIGINT,
    failed_at BIGINT,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    deleted_at BIGINT
);
CREATE INDEX webhook_endpoints_account ON webhook_endpoints (account_id, id)
    WHERE deleted_at IS NULL;
CREATE INDEX webhook_endpoints_host ON webhook_endpoints (account_id, host, id);
CREATE INDEX webhook_endpoints_deleted ON webhook_endpoints (deleted_at)
    WHERE deleted_at IS NOT NULL;

CREATE TABLE webhook_events (
    id TEXT NOT NULL PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    -- NULL for a test.
    task_id TEXT REFERENCES tasks (id) ON DELETE CASCADE,
    type TEXT NOT NULL,
    -- Its place among the events of its task.
    sequence BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX webhook_events_task ON webhook_events (task_id, sequence)
    WHERE task_id IS NOT NULL;
CREATE INDEX webhook_events_created ON webhook_events (created_at);

CREATE TABLE webhook_deliveries (
    id TEXT NOT NULL PRIMARY KEY,
    event_id TEXT NOT NULL REFERENCES webhook_events (id) ON DELETE CASCADE,
    account_id BIGINT NOT NULL,
    endpoint_id BIGINT NOT NULL REFERENCES webhook_endpoints (id),
    -- The task's own callback URL; NULL for the endpoint's.
    callback_url TEXT,
    -- 'pending', 'delivered' or 'failed', and why it failed.
    status TEXT NOT NULL,
    reason TEXT,
    -- Attempts in all, and those of the present round: a replay begins a new one.
    attempts_count BIGINT NOT NULL,
    step BIGINT NOT NULL,
    next_attempt_at BIGINT,
    lease_until BIGINT NOT NULL,
    lease_epoch BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE INDEX webhook_deliveries_event ON webhook_deliveries (event_id);
CREATE INDEX webhook_deliveries_endpoint ON webhook_deliveries (endpoint_id, created_at, id);
CREATE INDEX webhook_deliveries_pending ON webhook_deliveries (endpoint_id, next_attempt_at, id)
    WHERE status = 'pending';
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_attempt_at)
    WHERE status = 'pending';
CREATE INDEX webhook_deliveries_finished ON webhook_deliveries (created_at)
    WHERE status <> 'pending';

CREATE TABLE webhook_attempts (
    delivery_id TEXT NOT NULL REFERENCES webhook_deliveries (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    took_ms BIGINT NOT NULL,
    url TEXT NOT NULL,
    -- What was answered, as far as it was read.
    response_status BIGINT,
    response_body TEXT,
    -- Why it does not count; NULL for a delivery.
    error TEXT,
    PRIMARY KEY (delivery_id, number)
);

-- Where a task's own events go, beside the account's endpoints.
ALTER TABLE tasks ADD COLUMN callback_url TEXT;
