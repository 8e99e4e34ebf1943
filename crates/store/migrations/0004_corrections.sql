-- What use showed to be missing.

-- An operator disabled it: its owner cannot enable it again.
ALTER TABLE keys ADD COLUMN disabled_by_operator BIGINT NOT NULL DEFAULT 0;
-- Opened by a one-time link: no password was shown yet.
ALTER TABLE sessions ADD COLUMN by_link BIGINT NOT NULL DEFAULT 0;

-- Links that a password, an end of all sessions or a disabled account should have ended.
CREATE INDEX login_links_account ON login_links (account_id);

-- The month in which a key's hold was counted, so that it is given back there: a clock that was set
-- back counts on in the month that it had reached.
ALTER TABLE tasks ADD COLUMN spend_month BIGINT NOT NULL DEFAULT 0;
-- The same on the hold, which outlives its task.
ALTER TABLE transfers ADD COLUMN spend_month BIGINT;
-- The months so far are those of the ledger. In whole numbers alone: of a day since 0000-03-01 its
-- year that began in March, and with that the month.
UPDATE transfers SET spend_month = dated.month FROM (
    SELECT id, (era * 400 + year) * 12
            + (5 * (day - (365 * year + year / 4 - year / 100)) + 2) / 153 + 2 AS month
        FROM (SELECT id, era, day, (day - day / 1460 + day / 36524 - day / 146096) / 365 AS year
            FROM (SELECT id, day / 146097 AS era, day % 146097 AS day
                FROM (SELECT id, created_at / 86400000000 + 719468 AS day
                    FROM transfers WHERE kind = 'hold') AS days) AS eras) AS years
    ) AS dated WHERE dated.id = transfers.id;
UPDATE tasks SET spend_month = COALESCE(
    (SELECT hold.spend_month FROM transfers AS hold WHERE hold.id = 'hold:' || tasks.id), 0);
UPDATE keys SET month = latest.month FROM (
    SELECT key_id, MAX(spend_month) AS month FROM transfers WHERE kind = 'hold' GROUP BY key_id
    ) AS latest WHERE latest.key_id = keys.id AND latest.month > keys.month;
UPDATE keys SET month_used_ticks = 0;
UPDATE keys SET month_used_ticks = sums.used FROM (
    SELECT hold.key_id, hold.spend_month, SUM(hold.amount_ticks) AS used FROM transfers AS hold
        LEFT JOIN transfers AS resolution ON resolution.resolves = hold.id
    WHERE hold.kind = 'hold' AND COALESCE(resolution.kind, 'post') = 'post'
    GROUP BY hold.key_id, hold.spend_month
    ) AS sums WHERE sums.key_id = keys.id AND sums.spend_month = keys.month;

-- What happened stays as it was written. (SQLite; on PostgreSQL a role without UPDATE and DELETE.)
CREATE TRIGGER transfers_stay BEFORE UPDATE ON transfers
BEGIN SELECT RAISE(ABORT, 'a transfer is never changed'); END;
CREATE TRIGGER transfers_are_kept BEFORE DELETE ON transfers
BEGIN SELECT RAISE(ABORT, 'a transfer is never deleted'); END;
CREATE TRIGGER audit_log_stays BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'a line of the audit log is never changed'); END;
CREATE TRIGGER audit_log_is_kept BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'a line of the audit log is never deleted'); END;

-- Sealed secrets, in tables of their own. SQLite lays a page out anew when a row on it grows, and in
-- the gap that this leaves nothing is overwritten, not even with `secure_delete`; here no row grows.
-- A table that is emptied as a whole is overwritten page by page, which it is only if no reference
-- leads to it or from it.
CREATE TABLE key_copies (
    key_id BIGINT NOT NULL PRIMARY KEY,
    sealed BLOB NOT NULL
);
INSERT INTO key_copies (key_id, sealed) SELECT id, sealed FROM keys WHERE sealed IS NOT NULL;
ALTER TABLE keys DROP COLUMN sealed;
-- Empty where there was a credential that a backup left out.
CREATE TABLE channel_credentials (
    channel_id BIGINT NOT NULL PRIMARY KEY,
    sealed BLOB NOT NULL
);
INSERT INTO channel_credentials (channel_id, sealed)
    SELECT id, sealed FROM channels WHERE sealed IS NOT NULL;
ALTER TABLE channels DROP COLUMN sealed;

-- A task whose owner deleted it: out of the owner's lists, kept for the ledger and for operators.
ALTER TABLE tasks ADD COLUMN hidden_at BIGINT;
-- In whose words a task was ordered, which are those that it is told in where the id leaves it open.
ALTER TABLE tasks ADD COLUMN dialect TEXT NOT NULL DEFAULT 'native';
-- Keys that were deleted stay as rows, more and more of them: who looks for keys of an account, or for
-- tasks that wait for a place of their key, does not walk over them.
CREATE INDEX keys_there ON keys (account_id, id) WHERE deleted_at IS NULL;
CREATE INDEX keys_limited ON keys (account_id) WHERE in_flight_max IS NOT NULL;
DROP INDEX tasks_key_parked;
CREATE INDEX tasks_parked_by_key ON tasks (account_id, key_id, id) WHERE state = 'parked';

-- Since when a limit is what it is, so that what a lowered one left is told from what broke it. Of a
-- key the transfers that its account had, of the others a moment that is not before anything that was
-- there.
ALTER TABLE keys ADD COLUMN limits_after BIGINT NOT NULL DEFAULT 0;
UPDATE keys SET limits_after = (SELECT transfers_count FROM accounts WHERE accounts.id = account_id);
ALTER TABLE groups ADD COLUMN limits_changed_at BIGINT NOT NULL DEFAULT 0;
UPDATE groups SET limits_changed_at =
    (SELECT COALESCE(MAX(COALESCE(queued_at, created_at)), 0) FROM tasks WHERE finished_at IS NULL);
ALTER TABLE channels ADD COLUMN limits_changed_at BIGINT NOT NULL DEFAULT 0;
UPDATE channels SET limits_changed_at =
    (SELECT COALESCE(MAX(submitted_at), 0) FROM tasks WHERE finished_at IS NULL);

-- Until when a task may wait, which moves along with a clock that is set: a submit that did not arrive
-- goes back to it.
ALTER TABLE tasks ADD COLUMN queue_deadline_at BIGINT NOT NULL DEFAULT 0;
UPDATE tasks SET queue_deadline_at =
    CASE WHEN submitted_at IS NULL THEN deadline_at ELSE created_at + queue_timeout_ms * 1000 END;

-- The latest month that a key has counted in: of a later one it has used nothing, and the ledger need
-- not be asked.
ALTER TABLE keys ADD COLUMN latest_month BIGINT NOT NULL DEFAULT 0;
UPDATE keys SET latest_month = month;

-- Where a video stays that is not fetched from its upstream, by the operator's choice for a channel.
ALTER TABLE tasks ADD COLUMN result_link TEXT;
