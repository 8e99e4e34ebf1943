-- Customers: groups, passwords, sessions, what a key may do, and where money comes from.

CREATE TABLE groups (
    id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    multiplier_millionths BIGINT NOT NULL,
    -- JSON array of canonical ids; NULL is every model.
    models TEXT,
    -- Limits of each account in the group; NULL is the configuration's.
    in_flight_max BIGINT,
    waiting_max BIGINT,
    creates_per_minute BIGINT,
    -- Limits of the group as a whole; NULL is none.
    total_in_flight_max BIGINT,
    total_waiting_max BIGINT,
    created_at BIGINT NOT NULL
);

INSERT INTO groups (id, name, description, multiplier_millionths, created_at)
    VALUES (1, 'default', 'Everyone who was put into no other group.', 1000000, 0);

-- Accounts had a multiplier of their own before: each other one becomes a group.
INSERT INTO groups (id, name, description, multiplier_millionths, created_at)
    SELECT 1 + ROW_NUMBER() OVER (ORDER BY multiplier_millionths),
        'multiplier-' || multiplier_millionths, 'Made when groups were introduced.',
        multiplier_millionths, 0
    FROM (SELECT DISTINCT multiplier_millionths FROM accounts
        WHERE multiplier_millionths <> 1000000) AS others;

ALTER TABLE accounts ADD COLUMN group_id BIGINT NOT NULL DEFAULT 1;
UPDATE accounts SET group_id = (SELECT groups.id FROM groups
    WHERE groups.multiplier_millionths = accounts.multiplier_millionths);
ALTER TABLE accounts DROP COLUMN multiplier_millionths;
ALTER TABLE accounts ADD COLUMN display_name TEXT NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN password_hash TEXT;
ALTER TABLE accounts ADD COLUMN password_changed_at BIGINT;
-- The sum of its adjustments, which may be negative:
-- available = credits + adjustments - posted - pending.
ALTER TABLE accounts ADD COLUMN adjustments_ticks BIGINT NOT NULL DEFAULT 0;

-- Names are ASCII and the same in either case.
UPDATE accounts SET name = name || '-' || id WHERE EXISTS (
    SELECT 1 FROM accounts AS elder
    WHERE LOWER(elder.name) = LOWER(accounts.name) AND elder.id < accounts.id);
CREATE UNIQUE INDEX accounts_name ON accounts (LOWER(name));
CREATE INDEX accounts_group ON accounts (group_id, id);

ALTER TABLE keys ADD COLUMN deleted_at BIGINT;
ALTER TABLE keys ADD COLUMN scopes TEXT NOT NULL DEFAULT 'generate read';
-- JSON arrays; NULL is no restriction.
ALTER TABLE keys ADD COLUMN models TEXT;
ALTER TABLE keys ADD COLUMN addresses TEXT;
ALTER TABLE keys ADD COLUMN creates_per_minute BIGINT;
ALTER TABLE keys ADD COLUMN in_flight_max BIGINT;
ALTER TABLE keys ADD COLUMN budget_ticks BIGINT;
ALTER TABLE keys ADD COLUMN month_budget_ticks BIGINT;
-- What its tasks cost: all holds that were not given back, in all and of `month` (year * 12 + month
-- - 1, UTC, by the moment of the hold).
ALTER TABLE keys ADD COLUMN used_ticks BIGINT NOT NULL DEFAULT 0;
ALTER TABLE keys ADD COLUMN month BIGINT NOT NULL DEFAULT 0;
ALTER TABLE keys ADD COLUMN month_used_ticks BIGINT NOT NULL DEFAULT 0;
-- The key itself, sealed, for as long as it may be copied again.
ALTER TABLE keys ADD COLUMN sealed BLOB;
-- The secret before the last roll, until it stops to work.
ALTER TABLE keys ADD COLUMN old_hash BLOB;
ALTER TABLE keys ADD COLUMN old_expires_at BIGINT;
ALTER TABLE keys ADD COLUMN rolled_at BIGINT;
ALTER TABLE keys ADD COLUMN last_used_at BIGINT;
ALTER TABLE keys ADD COLUMN last_used_address TEXT;
ALTER TABLE keys ADD COLUMN last_used_client TEXT;
CREATE UNIQUE INDEX keys_old_hash ON keys (old_hash) WHERE old_hash IS NOT NULL;
CREATE INDEX keys_account ON keys (account_id, id);

CREATE TABLE key_addresses (
    key_id BIGINT NOT NULL REFERENCES keys (id),
    address TEXT NOT NULL,
    client TEXT NOT NULL,
    last_used_at BIGINT NOT NULL,
    PRIMARY KEY (key_id, address)
);

DROP INDEX tasks_parked;
CREATE INDEX tasks_parked ON tasks (account_id, id) WHERE state = 'parked';
CREATE INDEX tasks_key_parked ON tasks (key_id, id) WHERE state = 'parked';
CREATE INDEX tasks_key_in_flight ON tasks (key_id)
    WHERE state IN ('queued', 'submitting', 'running', 'finalizing');

-- Which prices it was held with.
ALTER TABLE tasks ADD COLUMN price_version BIGINT NOT NULL DEFAULT 1;

-- A transfer says all that a bill needs, since it outlives its task.
ALTER TABLE transfers ADD COLUMN key_id BIGINT;
ALTER TABLE transfers ADD COLUMN model_id TEXT;
ALTER TABLE transfers ADD COLUMN seconds BIGINT;
ALTER TABLE transfers ADD COLUMN price_version BIGINT;
-- Why: the failure's code of a void, the operator's words of a grant or an adjustment.
ALTER TABLE transfers ADD COLUMN reason TEXT;
ALTER TABLE transfers ADD COLUMN actor TEXT;
-- Its place among the account's transfers, in which order the ledger is read, and what the account
-- could spend after it.
ALTER TABLE transfers ADD COLUMN sequence BIGINT;
ALTER TABLE transfers ADD COLUMN available_ticks BIGINT;
UPDATE transfers SET
    key_id = (SELECT tasks.key_id FROM tasks WHERE tasks.id = transfers.task_id),
    model_id = (SELECT tasks.model_id FROM tasks WHERE tasks.id = transfers.task_id),
    seconds = (SELECT tasks.seconds FROM tasks WHERE tasks.id = transfers.task_id),
    price_version = 1,
    reason = CASE WHEN kind = 'void' THEN
        (SELECT tasks.failure_code FROM tasks WHERE tasks.id = transfers.task_id) END
    WHERE task_id IS NOT NULL;
UPDATE transfers SET sequence = numbered.place FROM (
    SELECT id, ROW_NUMBER() OVER (PARTITION BY account_id ORDER BY created_at, id) AS place
    FROM transfers) AS numbered WHERE numbered.id = transfers.id;
UPDATE transfers SET available_ticks = summed.available FROM (
    SELECT id, SUM(CASE kind WHEN 'credit' THEN amount_ticks WHEN 'void' THEN amount_ticks
            WHEN 'hold' THEN -amount_ticks ELSE 0 END)
        OVER (PARTITION BY account_id ORDER BY sequence) AS available
    FROM transfers) AS summed WHERE summed.id = transfers.id;
CREATE UNIQUE INDEX transfers_account ON transfers (account_id, sequence);
ALTER TABLE accounts ADD COLUMN transfers_count BIGINT NOT NULL DEFAULT 0;
UPDATE accounts SET transfers_count =
    (SELECT COUNT(*) FROM transfers WHERE transfers.account_id = accounts.id);

UPDATE keys SET used_ticks = (
    SELECT COALESCE(SUM(hold.amount_ticks), 0) FROM transfers AS hold
        LEFT JOIN transfers AS resolution ON resolution.resolves = hold.id
    WHERE hold.kind = 'hold' AND hold.key_id = keys.id
        AND COALESCE(resolution.kind, 'post') = 'post');

CREATE TABLE usage_days (
    -- Days since 1970, UTC, by the moment of the post or void.
    day BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    key_id BIGINT NOT NULL,
    model_id TEXT NOT NULL,
    succeeded_count BIGINT NOT NULL,
    failed_count BIGINT NOT NULL,
    cancelled_count BIGINT NOT NULL,
    -- Seconds of the videos that were made.
    seconds BIGINT NOT NULL,
    posted_ticks BIGINT NOT NULL,
    PRIMARY KEY (account_id, day, key_id, model_id)
);
CREATE INDEX usage_days_day ON usage_days (day);
INSERT INTO usage_days SELECT created_at / 86400000000, account_id, COALESCE(key_id, 0),
        COALESCE(model_id, ''),
        SUM(CASE WHEN kind = 'post' THEN 1 ELSE 0 END),
        SUM(CASE WHEN kind = 'void' AND COALESCE(reason, '') <> 'cancelled' THEN 1 ELSE 0 END),
        SUM(CASE WHEN kind = 'void' AND reason = 'cancelled' THEN 1 ELSE 0 END),
        SUM(CASE WHEN kind = 'post' THEN COALESCE(seconds, 0) ELSE 0 END),
        SUM(CASE WHEN kind = 'post' THEN amount_ticks ELSE 0 END)
    FROM transfers WHERE kind IN ('post', 'void') GROUP BY 1, 2, 3, 4;

CREATE TABLE price_versions (
    version BIGINT NOT NULL PRIMARY KEY,
    -- JSON: model -> prices, as they were in force from `created_at` on.
    prices TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY,
    token_hash BLOB NOT NULL UNIQUE,
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    -- When the password, or a one-time link, was last shown.
    confirmed_at BIGINT NOT NULL,
    address TEXT NOT NULL,
    client TEXT NOT NULL
);
CREATE INDEX sessions_account ON sessions (account_id, id);
CREATE INDEX sessions_created ON sessions (created_at);

CREATE TABLE login_links (
    token_hash BLOB NOT NULL PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE TABLE codes (
    id BIGINT NOT NULL PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    mask TEXT NOT NULL,
    batch TEXT NOT NULL,
    amount_ticks BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    redeemed_at BIGINT,
    redeemed_by BIGINT REFERENCES accounts (id)
);

-- Who did what to which object. Rows are only ever added.
CREATE TABLE audit_log (
    id BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    actor_account_id BIGINT,
    address TEXT,
    request_id TEXT,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    account_id BIGINT,
    -- JSON objects with the fields that changed.
    before TEXT,
    after TEXT
);
CREATE INDEX audit_log_account ON audit_log (account_id, id);
