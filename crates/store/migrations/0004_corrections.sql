-- What use showed to be missing.

-- An operator disabled it: its owner cannot enable it again.
ALTER TABLE keys ADD COLUMN disabled_by_operator BIGINT NOT NULL DEFAULT 0;
-- Opened by a one-time link: no password was shown yet.
ALTER TABLE sessions ADD COLUMN by_link BIGINT NOT NULL DEFAULT 0;

-- Links that a password, an end of all sessions or a disabled account should have ended.
CREATE INDEX login_links_account ON login_links (account_id);

-- A task whose owner deleted it: out of the owner's lists, kept for the ledger and for operators.
ALTER TABLE tasks ADD COLUMN hidden_at BIGINT;
-- In whose words a task was ordered, which are those that it is told in where the id leaves it open.
ALTER TABLE tasks ADD COLUMN dialect TEXT NOT NULL DEFAULT 'native';
