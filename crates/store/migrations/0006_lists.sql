-- Lists that pass over what nobody is shown. An account's list leaves out the tasks that it deleted,
-- of which there may be far more than of the others; figures for operators leave out those of test
-- keys, which cost nothing and have no bound.
CREATE INDEX tasks_shown ON tasks (account_id, id) WHERE hidden_at IS NULL;
CREATE INDEX tasks_of_live_keys ON tasks (id) WHERE key_kind = 'live';
