//! The statements that run all the time, so that a test can ask the database how it would run them.

use rushes_domain::{AccountId, State, TaskId};

use crate::tasks::query::ListFilter;
use crate::tasks::{
    advance, claim, create, hide, images, operate, privacy, promote, query, recover, row, standing,
    sweep,
};
use crate::webhooks::{endpoints, events, work};
use crate::{accounts, channels, idempotency, keys, ledger, stats, usage};

const WEBHOOKS: [(&str, &str); 13] = [
    ("listeners", events::LISTENERS),
    ("insert event", events::INSERT_EVENT),
    ("endpoint of host", events::OF_HOST),
    ("endpoints with work", work::WAITING),
    ("lease delivery", work::LEASE),
    ("give up delivery", work::GIVE_UP),
    ("next delivery", work::NEXT_DUE),
    ("finish attempt", work::FINISH),
    ("endpoint succeeded", endpoints::SUCCEEDED),
    ("endpoint failed", endpoints::FAILED),
    ("void delivery leases", work::VOID_LEASES),
    ("delete deliveries", work::DELETE_DELIVERIES),
    ("delete events", work::DELETE_EVENTS),
];

/// Name and text of each hot statement.
#[doc(hidden)]
pub fn hot() -> Vec<(&'static str, String)> {
    let mut statements: Vec<(&'static str, String)> = [
        ("admit", create::ADMIT),
        ("move account", advance::MOVE_ACCOUNT),
        ("room", promote::ROOM),
        ("group room", promote::GROUP_ROOM),
        ("has parked", promote::HAS_PARKED),
        ("standing", standing::STANDING),
        ("spend", create::SPEND),
        ("unspend", advance::UNSPEND),
        ("forget", privacy::FORGET),
        ("count usage", usage::COUNT),
        ("claimable accounts", claim::CLAIMABLE_ACCOUNTS),
        ("claimable members", claim::CLAIMABLE_MEMBERS),
        ("queued in lane", claim::QUEUED_IN_LANE),
        ("pinned lanes", claim::PINNED_LANES),
        ("jobs of channel", channels::JOBS),
        ("book end", channels::BOOK),
        ("account claimed", claim::ACCOUNT_CLAIMED),
        ("next in flight", claim::NEXT_IN_FLIGHT),
        ("next queued", claim::NEXT_QUEUED),
        ("images of task", images::OF_TASK),
        ("set snapshot", images::SET_SNAPSHOT),
        ("release images", images::RELEASE),
        ("queued before", query::QUEUED_BEFORE),
        ("parked before", query::PARKED_BEFORE),
        ("queued of account", query::QUEUED_OF_ACCOUNT),
        ("state log", query::STATE_LOG),
        ("void leases", recover::VOID_LEASES),
        ("overdue", sweep::OVERDUE),
        ("expired", sweep::EXPIRED),
        ("remove result", sweep::REMOVE_RESULT),
        ("result paths", sweep::RESULT_PATHS),
        ("hide", hide::HIDE),
        ("image path", sweep::IMAGE_PATH),
        ("delete tasks", sweep::DELETE_TASKS),
        ("delete idempotency", sweep::DELETE_IDEMPOTENCY),
        ("balance", accounts::BALANCE),
        ("find replay", idempotency::FIND),
    ]
    .map(|(name, sql)| (name, sql.to_owned()))
    .into();
    statements.extend(WEBHOOKS.map(|(name, sql)| (name, sql.to_owned())));
    statements.extend([
        ("task by id", query::BY_ID.clone()),
        ("tasks of all", operate::OF_ALL.clone()),
        ("all tasks of account", operate::OF_ONE.clone()),
        ("recent tasks", operate::RECENT.to_owned()),
        ("key by hash", keys::BY_HASH.clone()),
        ("key by old hash", keys::BY_OLD_HASH.clone()),
        ("transfers of task", ledger::OF_TASK.clone()),
        ("update task", row::UPDATE.clone()),
        ("oldest parked", promote::OLDEST_PARKED.clone()),
        ("claim due", claim::CLAIM_DUE.clone()),
        ("claim queued", claim::CLAIM_QUEUED.clone()),
        ("due deliveries", work::due_sql()),
    ]);
    let mut filter = ListFilter {
        account_id: AccountId(1),
        limit: 20,
        after: None,
        is_oldest_first: false,
        states: None,
        model_ids: None,
    };
    statements.push(("list", query::list_sql(&filter).0));
    filter.after = Some(TaskId::new(1));
    filter.states = Some(vec![State::Queued]);
    filter.model_ids = Some(vec!["model".to_owned()]);
    statements.push(("list with filters", query::list_sql(&filter).0));
    statements
}

/// Name and text of each statement that looks for keys of an account, or for tasks that wait for a
/// place of their key. Some of them sort.
#[doc(hidden)]
pub fn of_keys() -> [(&'static str, &'static str); 5] {
    [
        ("room", promote::ROOM),
        ("oldest of keys", promote::OLDEST_OF_KEYS),
        ("members", promote::MEMBERS),
        ("count keys", keys::COUNT),
        ("keys of account", &keys::OF_ACCOUNT),
    ]
}

/// Name and text of each statement of a scrape of `/metrics`. They group, so they are not hot.
#[doc(hidden)]
pub const fn scraped() -> [(&'static str, &'static str); 3] {
    [("live tasks", stats::LIVE), ("kept videos", stats::VIDEOS), ("kept images", stats::IMAGES)]
}
