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

-- Keys that were deleted stay as rows, more and more of them: who looks for keys of an account, or for
-- tasks that wait for a place of their key, does not walk over them.
CREATE INDEX keys_there ON keys (account_id, id) WHERE deleted_at IS NULL;
CREATE INDEX keys_limited ON keys (account_id) WHERE in_flight_max IS NOT NULL;
DROP INDEX tasks_key_parked;
CREATE INDEX tasks_parked_by_key ON tasks (account_id, key_id, id) WHERE state = 'parked';
