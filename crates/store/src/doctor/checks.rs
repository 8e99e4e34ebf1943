//! The statements: each is about one invariant, and its rows are the sentences.

/// Milliseconds for which deliveries are there, however short an operator keeps them: 20 hours.
const DELIVERIES_CERTAIN_MS: i64 = 20 * 3_600 * 1_000;
/// Milliseconds after which an open hold is too old: 48 hours.
const HOLD_OPEN_MS_MAX: i64 = 48 * 3_600 * 1_000;
/// Milliseconds that a task may be over its deadline before it counts as stuck.
const OVERDUE_MS_MAX: i64 = 60_000;

/// Tasks that may have several jobs at an upstream, the terms of its channel, and how many.
pub(super) const SEVERAL_JOBS: &str = "SELECT tasks.id, channels.terms, handed.count
    FROM (SELECT task_id, SUM(CASE event WHEN 'submit_started' THEN 1 ELSE -1 END) AS count
        FROM task_log WHERE event IN ('submit_started', 'submit_deferred') GROUP BY task_id
    ) AS handed
        JOIN tasks ON tasks.id = handed.task_id AND tasks.channel_id <> 0
        JOIN channels ON channels.id = tasks.channel_id
    WHERE handed.count > 1";

/// Channels with the jobs that they have, and whether one was sent after the last change of the terms.
pub(super) const CHANNEL_JOBS: &str = "SELECT channels.id, channels.terms, COUNT(*),
        COALESCE(MAX(tasks.submitted_at), 0) > channels.limits_changed_at
    FROM channels JOIN tasks ON tasks.channel_id = channels.id
        AND tasks.channel_id <> 0 AND tasks.state IN ('submitting', 'running')
    GROUP BY channels.id, channels.terms, channels.limits_changed_at";

/// Checks that need no clock; `$1` is how many sentences are wanted.
pub(super) const TIMELESS: &[(&str, &str)] = &[
    (
        "I1",
        "SELECT hold.id || ' is open, but its task is not there'
         FROM transfers AS hold LEFT JOIN tasks ON tasks.id = hold.task_id
             LEFT JOIN transfers AS resolution ON resolution.resolves = hold.id
         WHERE hold.kind = 'hold' AND resolution.id IS NULL AND tasks.id IS NULL LIMIT $1",
    ),
    (
        "I2",
        "SELECT 'task ' || id || ' is ' || state || CASE WHEN finished_at IS NULL
             THEN ' but has no finishing time' ELSE ' but has a finishing time' END
         FROM tasks
         WHERE (state IN ('succeeded', 'failed', 'cancelled')) <> (finished_at IS NOT NULL)
         LIMIT $1",
    ),
    (
        "I2",
        "SELECT 'task ' || tasks.id || ' is ' || tasks.state || ' but its history has '
             || COALESCE(ends.count, 0) || ' ends'
         FROM tasks LEFT JOIN (
             SELECT task_id, COUNT(*) AS count FROM task_log
             WHERE state IN ('succeeded', 'failed', 'cancelled') GROUP BY task_id
         ) AS ends ON ends.task_id = tasks.id
         WHERE COALESCE(ends.count, 0)
             <> CASE WHEN tasks.finished_at IS NULL THEN 0 ELSE 1 END LIMIT $1",
    ),
    (
        "I2",
        "SELECT 'task ' || tasks.id || ' is ' || tasks.state || ' but its history ends with '
             || COALESCE(latest.state, 'nothing')
         FROM tasks LEFT JOIN task_log AS latest ON latest.task_id = tasks.id
             AND latest.version = (SELECT MAX(version) FROM task_log WHERE task_id = tasks.id)
         WHERE latest.state IS NULL OR latest.state <> tasks.state LIMIT $1",
    ),
    (
        "I2",
        "SELECT 'task ' || id || ' has ended but is still due or leased' FROM tasks
         WHERE finished_at IS NOT NULL AND (next_run_at IS NOT NULL OR lease_until <> 0) LIMIT $1",
    ),
    (
        "I2",
        "SELECT 'task ' || id || ' is ' || state || ' at ' || percent || ' percent' FROM tasks
         WHERE (state = 'succeeded') <> (percent = 100) LIMIT $1",
    ),
    (
        "I4",
        "SELECT 'task ' || tasks.id || ' costs ' || tasks.price_ticks || ' ticks but its hold is '
             || COALESCE(CAST(hold.amount_ticks AS TEXT), 'missing')
         FROM tasks LEFT JOIN transfers AS hold ON hold.id = 'hold:' || tasks.id
         WHERE hold.id IS NULL OR hold.amount_ticks <> tasks.price_ticks
             OR hold.account_id <> tasks.account_id OR hold.kind <> 'hold' LIMIT $1",
    ),
    (
        "I4",
        "SELECT 'task ' || tasks.id || ' is ' || tasks.state || ' and ' || tasks.cost_state
             || ' but the resolution of its hold is ' || COALESCE(resolution.kind, 'missing')
         FROM tasks
             LEFT JOIN transfers AS resolution ON resolution.resolves = 'hold:' || tasks.id
         WHERE tasks.cost_state || ':' || COALESCE(resolution.kind, '') <>
             CASE WHEN tasks.finished_at IS NULL THEN 'held:'
                 WHEN tasks.state = 'succeeded' THEN 'posted:post' ELSE 'voided:void' END LIMIT $1",
    ),
    (
        "I4",
        "SELECT 'transfer ' || resolution.id || ' resolves '
             || COALESCE(resolution.resolves, 'no hold') || ' by more than it holds, or for another '
             || 'account, or the hold is missing'
         FROM transfers AS resolution LEFT JOIN transfers AS hold ON hold.id = resolution.resolves
         WHERE resolution.kind IN ('post', 'void') AND (hold.id IS NULL OR hold.kind <> 'hold'
             OR resolution.amount_ticks > hold.amount_ticks OR resolution.amount_ticks < 0
             OR resolution.account_id <> hold.account_id) LIMIT $1",
    ),
    (
        "I5",
        "SELECT 'account ' || accounts.id || ' has credits ' || accounts.credits_ticks
             || ', adjustments ' || accounts.adjustments_ticks || ' and paid '
             || accounts.posted_ticks || ', but its ledger adds up to credits '
             || COALESCE(sums.credits, 0) || ', adjustments ' || COALESCE(sums.adjustments, 0)
             || ' and paid ' || COALESCE(sums.posted, 0)
         FROM accounts LEFT JOIN (
             SELECT account_id,
                 CAST(SUM(CASE WHEN kind = 'credit' THEN amount_ticks ELSE 0 END) AS BIGINT)
                     AS credits,
                 CAST(SUM(CASE WHEN kind = 'adj' THEN amount_ticks ELSE 0 END) AS BIGINT)
                     AS adjustments,
                 CAST(SUM(CASE WHEN kind = 'post' THEN amount_ticks ELSE 0 END) AS BIGINT)
                     AS posted
             FROM transfers GROUP BY account_id
         ) AS sums ON sums.account_id = accounts.id
         WHERE accounts.credits_ticks <> COALESCE(sums.credits, 0)
             OR accounts.adjustments_ticks <> COALESCE(sums.adjustments, 0)
             OR accounts.posted_ticks <> COALESCE(sums.posted, 0) LIMIT $1",
    ),
    (
        "I5",
        "SELECT 'account ' || accounts.id || ' has ' || accounts.pending_ticks
             || ' pending, but its open holds add up to ' || COALESCE(sums.pending, 0)
         FROM accounts LEFT JOIN (
             SELECT hold.account_id, CAST(SUM(hold.amount_ticks) AS BIGINT) AS pending
             FROM transfers AS hold
                 LEFT JOIN transfers AS resolution ON resolution.resolves = hold.id
             WHERE hold.kind = 'hold' AND resolution.id IS NULL GROUP BY hold.account_id
         ) AS sums ON sums.account_id = accounts.id
         WHERE accounts.pending_ticks <> COALESCE(sums.pending, 0) LIMIT $1",
    ),
    (
        "I5",
        "SELECT 'account ' || id || ' is over its balance: credits ' || credits_ticks || ', paid '
             || posted_ticks || ', pending ' || pending_ticks
         FROM accounts WHERE credits_ticks + adjustments_ticks - posted_ticks - pending_ticks < 0
             OR posted_ticks < 0 OR pending_ticks < 0 LIMIT $1",
    ),
    (
        "I5",
        "SELECT 'account ' || accounts.id || ' counts ' || accounts.transfers_count
             || ' transfers but has ' || COALESCE(sums.count, 0) || ', the last in place '
             || COALESCE(sums.latest, 0)
         FROM accounts LEFT JOIN (
             SELECT account_id, COUNT(*) AS count, MAX(sequence) AS latest
             FROM transfers GROUP BY account_id
         ) AS sums ON sums.account_id = accounts.id
         WHERE accounts.transfers_count <> COALESCE(sums.count, 0)
             OR accounts.transfers_count <> COALESCE(sums.latest, 0) LIMIT $1",
    ),
    (
        "I5",
        "SELECT 'after transfer ' || id || ' account ' || account_id || ' has '
             || COALESCE(available_ticks, 'nothing') || ' by its line, but ' || summed
             || ' by all lines up to it'
         FROM (SELECT id, account_id, available_ticks, CAST(SUM(CASE kind
                     WHEN 'hold' THEN -amount_ticks WHEN 'post' THEN 0 ELSE amount_ticks END)
                 OVER (PARTITION BY account_id ORDER BY sequence) AS BIGINT) AS summed
             FROM transfers) AS running
         WHERE available_ticks IS NULL OR available_ticks <> summed OR summed < 0 LIMIT $1",
    ),
    (
        "I5",
        "SELECT 'key ' || keys.id || ' has used ' || keys.used_ticks
             || ', but its holds that were not given back add up to ' || COALESCE(sums.used, 0)
         FROM keys LEFT JOIN (
             SELECT hold.key_id, CAST(SUM(hold.amount_ticks) AS BIGINT) AS used
             FROM transfers AS hold
                 LEFT JOIN transfers AS resolution ON resolution.resolves = hold.id
             WHERE hold.kind = 'hold' AND COALESCE(resolution.kind, 'post') = 'post'
             GROUP BY hold.key_id
         ) AS sums ON sums.key_id = keys.id
         WHERE keys.used_ticks <> COALESCE(sums.used, 0) LIMIT $1",
    ),
    (
        "I5",
        "SELECT 'key ' || keys.id || ' has used ' || keys.month_used_ticks
             || ' in its month, but its holds of that month that were not given back add up to '
             || COALESCE(sums.used, 0)
         FROM keys LEFT JOIN (
             SELECT hold.key_id, hold.spend_month, CAST(SUM(hold.amount_ticks) AS BIGINT) AS used
             FROM transfers AS hold
                 LEFT JOIN transfers AS resolution ON resolution.resolves = hold.id
             WHERE hold.kind = 'hold' AND COALESCE(resolution.kind, 'post') = 'post'
             GROUP BY hold.key_id, hold.spend_month
         ) AS sums ON sums.key_id = keys.id AND sums.spend_month = keys.month
         WHERE keys.month_used_ticks <> COALESCE(sums.used, 0) LIMIT $1",
    ),
    (
        "I5",
        "SELECT 'key ' || keys.id || ' has counted up to month ' || keys.latest_month
             || ', but holds something in month ' || MAX(hold.spend_month)
         FROM keys JOIN transfers AS hold ON hold.key_id = keys.id AND hold.kind = 'hold'
         GROUP BY keys.id, keys.latest_month
         HAVING MAX(hold.spend_month) > keys.latest_month LIMIT $1",
    ),
    (
        "I5",
        "SELECT 'task ' || tasks.id || ' is counted in month ' || tasks.spend_month
             || ' but its hold in month ' || COALESCE(CAST(hold.spend_month AS TEXT), 'none')
         FROM tasks JOIN transfers AS hold ON hold.id = 'hold:' || tasks.id
         WHERE tasks.spend_month <> COALESCE(hold.spend_month, 0) LIMIT $1",
    ),
    // After a limit was lowered there may be more than it allows; nothing may have joined since.
    (
        "I5",
        "SELECT 'account ' || id || ' has ' || (queued_count + active_count)
             || ' tasks in flight, over its limit of ' || in_flight_max
         FROM accounts
         WHERE queued_count + active_count > in_flight_max AND limits_changed_at < (
             SELECT MAX(queued_at) FROM tasks
             WHERE tasks.account_id = accounts.id AND finished_at IS NULL) LIMIT $1",
    ),
    (
        "I5",
        "SELECT 'account ' || accounts.id || ' has ' || accounts.parked_count
             || ' tasks waiting, over its limit of ' || groups.waiting_max
         FROM accounts JOIN groups ON groups.id = accounts.group_id
         WHERE accounts.parked_count > groups.waiting_max AND groups.limits_changed_at < (
             SELECT MAX(created_at) FROM tasks
             WHERE tasks.account_id = accounts.id AND state = 'parked') LIMIT $1",
    ),
    (
        "I5",
        "SELECT 'group ' || groups.id || ' has ' || sums.in_flight || ' tasks in flight and '
             || sums.parked || ' waiting, over its limits of '
             || COALESCE(CAST(groups.total_in_flight_max AS TEXT), 'any number') || ' and '
             || COALESCE(CAST(groups.total_waiting_max AS TEXT), 'any number')
         FROM groups JOIN (SELECT group_id, SUM(queued_count + active_count) AS in_flight,
                 SUM(parked_count) AS parked FROM accounts GROUP BY group_id
             ) AS sums ON sums.group_id = groups.id
         WHERE (sums.in_flight > groups.total_in_flight_max AND EXISTS (
                 SELECT 1 FROM tasks JOIN accounts ON accounts.id = tasks.account_id
                 WHERE accounts.group_id = groups.id AND tasks.finished_at IS NULL
                     AND tasks.queued_at > groups.limits_changed_at))
             OR (sums.parked > groups.total_waiting_max AND EXISTS (
                 SELECT 1 FROM tasks JOIN accounts ON accounts.id = tasks.account_id
                 WHERE accounts.group_id = groups.id AND tasks.state = 'parked'
                     AND tasks.created_at > groups.limits_changed_at)) LIMIT $1",
    ),
    (
        "I5",
        "SELECT 'key ' || keys.id || ' has ' || running.count
             || ' tasks in flight, over its limit of ' || keys.in_flight_max
         FROM keys JOIN (SELECT tasks.key_id, COUNT(*) AS count, MAX(hold.sequence) AS latest
             FROM tasks JOIN transfers AS hold ON hold.id = 'hold:' || tasks.id
             WHERE tasks.state IN ('queued', 'submitting', 'running', 'finalizing')
             GROUP BY tasks.key_id) AS running ON running.key_id = keys.id
         WHERE running.count > keys.in_flight_max AND running.latest > keys.limits_after LIMIT $1",
    ),
    (
        "I5",
        "SELECT 'key ' || id || ' has used ' || used_ticks || ', over its budget of '
             || budget_ticks
         FROM keys WHERE used_ticks > budget_ticks AND EXISTS (SELECT 1 FROM transfers
             WHERE transfers.account_id = keys.account_id AND sequence > keys.limits_after
                 AND key_id = keys.id AND kind = 'hold' AND amount_ticks > 0) LIMIT $1",
    ),
    (
        "I5",
        "SELECT 'key ' || id || ' has used ' || month_used_ticks
             || ' in its month, over its budget of ' || month_budget_ticks
         FROM keys WHERE month_used_ticks > month_budget_ticks AND EXISTS (SELECT 1 FROM transfers
             WHERE transfers.account_id = keys.account_id AND sequence > keys.limits_after
                 AND key_id = keys.id AND spend_month = keys.month AND amount_ticks > 0) LIMIT $1",
    ),
    (
        "I5",
        "SELECT 'account ' || accounts.id || ' is in group ' || accounts.group_id
             || ', which does not exist'
         FROM accounts LEFT JOIN groups ON groups.id = accounts.group_id
         WHERE groups.id IS NULL LIMIT $1",
    ),
    (
        "I6",
        "SELECT COUNT(*) || ' idempotency keys name task ' || task_id FROM idempotency_keys
         GROUP BY task_id HAVING COUNT(*) > 1 LIMIT $1",
    ),
    (
        "I6",
        "SELECT 'an idempotency key of account ' || idempotency_keys.account_id
             || ' names task ' || idempotency_keys.task_id || ', which is not among its tasks'
         FROM idempotency_keys LEFT JOIN tasks ON tasks.id = idempotency_keys.task_id
             AND tasks.account_id = idempotency_keys.account_id
         WHERE tasks.id IS NULL LIMIT $1",
    ),
    (
        "I7",
        "SELECT 'task ' || id || ' is ' || state || ' but its video is '
             || CASE WHEN result_path IS NULL THEN 'missing' ELSE 'not fully described' END
         FROM tasks
         WHERE result_link IS NULL AND ((state = 'succeeded') <> (result_path IS NOT NULL)
             OR (state = 'succeeded' AND (
                 COALESCE(result_bytes, 0) <= 0 OR LENGTH(COALESCE(result_sha256, '')) <> 64
                 OR result_expires_at IS NULL))) LIMIT $1",
    ),
    // A video that stayed with its upstream, by the operator's choice: what its bytes are is not ours
    // to say.
    (
        "I7",
        "SELECT 'task ' || id || ' is ' || state || ' and has an address of an upstream''s that is '
             || CASE WHEN state <> 'succeeded' THEN 'early'
                 WHEN result_path IS NOT NULL THEN 'beside a video of ours'
                 WHEN hidden_at IS NOT NULL THEN 'there though its owner deleted it'
                 ELSE 'none' END
         FROM tasks
         WHERE result_link IS NOT NULL AND (state <> 'succeeded' OR result_path IS NOT NULL
             OR channel_id = 0 OR (hidden_at IS NOT NULL) <> (result_link = '')
             OR (result_link <> '' AND result_link NOT LIKE 'http%')) LIMIT $1",
    ),
    (
        "I7",
        "SELECT 'the video of task ' || id || ' was removed before its time' FROM tasks
         WHERE result_removed_at < result_expires_at AND hidden_at IS NULL LIMIT $1",
    ),
    (
        "I7",
        "SELECT 'the video of task ' || id || ' that its owner deleted is still there' FROM tasks
         WHERE hidden_at IS NOT NULL AND result_path IS NOT NULL AND result_removed_at IS NULL
         LIMIT $1",
    ),
    (
        "I8",
        "SELECT 'event ' || webhook_events.id || ' tells ' || webhook_events.type
             || ' of a task that is ' || tasks.state
         FROM webhook_events JOIN tasks ON tasks.id = webhook_events.task_id
         WHERE webhook_events.sequence = 2 AND webhook_events.type <> CASE tasks.state
             WHEN 'succeeded' THEN 'video.completed' WHEN 'failed' THEN 'video.failed'
             WHEN 'cancelled' THEN 'video.canceled' ELSE '' END LIMIT $1",
    ),
    (
        "I8",
        "SELECT 'delivery ' || id || ' is ' || status || ' with reason '
             || COALESCE(reason, 'none') || CASE WHEN next_attempt_at IS NULL
                 THEN ' and waits for no attempt' ELSE ' and waits for an attempt' END
         FROM webhook_deliveries
         WHERE (status = 'pending') <> (next_attempt_at IS NOT NULL)
             OR (status = 'pending') <> (finished_at IS NULL)
             OR (status = 'failed') <> (reason IS NOT NULL) LIMIT $1",
    ),
    (
        "I8",
        "SELECT 'delivery ' || d.id || ' is ' || d.status || ' after ' || d.attempts_count
             || ' attempts, of which its log has ' || COALESCE(made.count, 0)
         FROM webhook_deliveries AS d LEFT JOIN (
             SELECT delivery_id, COUNT(*) AS count FROM webhook_attempts GROUP BY delivery_id
         ) AS made ON made.delivery_id = d.id
         WHERE d.attempts_count <> COALESCE(made.count, 0)
             OR (d.status = 'delivered' AND d.attempts_count = 0) LIMIT $1",
    ),
    (
        "I10",
        "SELECT 'account ' || accounts.id || ' counts ' || accounts.parked_count || ' parked, '
             || accounts.queued_count || ' queued, ' || accounts.active_count
             || ' active tasks but has ' || COALESCE(sums.parked, 0) || ', '
             || COALESCE(sums.queued, 0) || ', ' || COALESCE(sums.active, 0)
         FROM accounts LEFT JOIN (
             SELECT account_id,
                 CAST(SUM(CASE WHEN state = 'parked' THEN 1 ELSE 0 END) AS BIGINT) AS parked,
                 CAST(SUM(CASE WHEN state = 'queued' THEN 1 ELSE 0 END) AS BIGINT) AS queued,
                 CAST(SUM(CASE WHEN state IN ('submitting', 'running', 'finalizing')
                     THEN 1 ELSE 0 END) AS BIGINT) AS active
             FROM tasks WHERE finished_at IS NULL GROUP BY account_id
         ) AS sums ON sums.account_id = accounts.id
         WHERE accounts.parked_count <> COALESCE(sums.parked, 0)
             OR accounts.queued_count <> COALESCE(sums.queued, 0)
             OR accounts.active_count <> COALESCE(sums.active, 0) LIMIT $1",
    ),
    (
        "I10",
        "SELECT 'account ' || accounts.id || ' has ' || accounts.parked_count
             || ' parked tasks although only ' || (accounts.queued_count + accounts.active_count)
             || ' of its ' || accounts.in_flight_max || ' slots are taken'
         FROM accounts JOIN groups ON groups.id = accounts.group_id
         WHERE accounts.parked_count > 0
             AND accounts.queued_count + accounts.active_count < accounts.in_flight_max
             AND (groups.total_in_flight_max IS NULL OR groups.total_in_flight_max > (
                 SELECT SUM(members.queued_count + members.active_count) FROM accounts AS members
                 WHERE members.group_id = groups.id))
             AND EXISTS (SELECT 1 FROM tasks JOIN keys ON keys.id = tasks.key_id
                 WHERE tasks.account_id = accounts.id AND tasks.state = 'parked'
                     AND (keys.in_flight_max IS NULL OR keys.in_flight_max > (
                         SELECT COUNT(*) FROM tasks AS running WHERE running.key_id = keys.id
                             AND running.state IN
                                 ('queued', 'submitting', 'running', 'finalizing'))))
         LIMIT $1",
    ),
    (
        "I10",
        "SELECT 'task ' || tasks.id || ' is ' || tasks.state || ' with channel '
             || tasks.channel_id || ', which does not exist'
         FROM tasks LEFT JOIN channels
             ON channels.id = tasks.channel_id AND channels.deleted_at IS NULL
         WHERE tasks.finished_at IS NULL AND tasks.channel_id <> 0 AND channels.id IS NULL LIMIT $1",
    ),
    (
        "I10",
        "SELECT 'task ' || id || ' is ' || state || ' but nothing will ever look at it' FROM tasks
         WHERE state IN ('queued', 'submitting', 'running', 'finalizing') AND next_run_at IS NULL
         LIMIT $1",
    ),
];

/// Checks against a moment `$2`; `$1` is how many sentences are wanted.
pub(super) const TIMED: &[(&str, i64, &str)] = &[
    (
        "I4",
        HOLD_OPEN_MS_MAX,
        "SELECT hold.id || ' has been open for more than 48 hours'
         FROM transfers AS hold LEFT JOIN transfers AS resolution ON resolution.resolves = hold.id
         WHERE hold.kind = 'hold' AND resolution.id IS NULL AND hold.created_at < $2 LIMIT $1",
    ),
    (
        "I8",
        DELIVERIES_CERTAIN_MS,
        "SELECT 'event ' || webhook_events.id || ' goes to nobody' FROM webhook_events
         WHERE webhook_events.created_at > $2 AND NOT EXISTS (
             SELECT 1 FROM webhook_deliveries WHERE event_id = webhook_events.id) LIMIT $1",
    ),
    (
        "I8",
        DELIVERIES_CERTAIN_MS,
        "SELECT 'task ' || tasks.id || ' is ' || tasks.state || ' but endpoint '
             || webhook_endpoints.id || ' of its account is told nothing'
         FROM webhook_endpoints JOIN tasks ON tasks.account_id = webhook_endpoints.account_id
             AND tasks.finished_at > $2 AND tasks.finished_at > webhook_endpoints.listens_since
         WHERE webhook_endpoints.deleted_at IS NULL AND webhook_endpoints.enabled = 1
             AND ' ' || webhook_endpoints.event_types || ' ' LIKE CASE tasks.state
                 WHEN 'succeeded' THEN '% video.completed %' WHEN 'failed' THEN '% video.failed %'
                 ELSE '% video.canceled %' END
             AND NOT EXISTS (SELECT 1 FROM webhook_deliveries
                 WHERE event_id = 'evt_' || tasks.id || '_2'
                     AND endpoint_id = webhook_endpoints.id) LIMIT $1",
    ),
    (
        "I9",
        OVERDUE_MS_MAX,
        "SELECT 'task ' || id || ' is still ' || state || ' a minute after its deadline'
         FROM tasks WHERE finished_at IS NULL AND deadline_at < $2 LIMIT $1",
    ),
];
