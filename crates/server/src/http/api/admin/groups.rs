//! `/api/admin/groups`: what accounts pay, which models they may use, and how much at a time.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use rushes_domain::catalogue::Catalogue;
use rushes_domain::{ApiError, ErrorCode, GroupId, Ticks};
use rushes_store::groups::{GROUPS_MAX, MULTIPLIER_ONE_MILLIONTHS};
use rushes_store::{ChannelRow, DEFAULT_GROUP, GroupOutcome, GroupRow, GroupTerms, StoreError, Tx};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{IntoParams, PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::actor::Actor;
use super::super::fields::{self, Patch};
use super::super::login::{check_name, name_taken};
use super::super::{input, view};
use super::{id_in, not_there};
use crate::http::Http;
use crate::http::error::HttpError;
use crate::http::path::Segment;
use crate::openapi::new::needing;
use crate::openapi::refusals;

/// Ticks of a dollar that make a millionth: multipliers are read as amounts are.
const TICKS_PER_MILLIONTH: i64 = 10_000;
/// Highest multiplier.
const MULTIPLIER_MAX: i64 = 1_000;
/// Highest limit of a count.
const COUNT_MAX: u32 = 1_000_000;
/// Most characters of a description.
const DESCRIPTION_CHARS_MAX: usize = 500;

pub(super) fn routes() -> OpenApiRouter<Arc<Http>> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(show, change, remove))
}

/// The group in a path or field: its name, or `id:` and its id.
pub(super) fn group_named(tx: &mut Tx<'_>, text: &str) -> Result<GroupRow, StoreError> {
    let found = match id_in(text) {
        Some(id) => rushes_store::group(tx, GroupId(id))?,
        None => rushes_store::group_by_name(tx, text)?,
    };
    Ok(found.ok_or_else(|| not_there("group", text))?)
}

/// [`group_named`] by itself.
pub(super) async fn find_group(http: &Http, text: &str) -> Result<GroupRow, HttpError> {
    let text = text.to_owned();
    Ok(http.app.store.read(move |tx| group_named(tx, &text)).await?)
}

/// The groups.
#[utoipa::path(get, path = "/api/admin/groups", operation_id = "listGroups", tag = "operators",
    responses((status = 200, body = view::List<view::Group>), refusals::ApiLook))]
async fn list(State(http): State<Arc<Http>>, actor: Actor) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let rows = http.app.store.read(rushes_store::groups).await?;
    view::ok(&view::List::whole(rows.iter().map(view::Group::from).collect()))
}

/// A group.
#[utoipa::path(get, path = "/api/admin/groups/{group}", operation_id = "getGroup",
    tag = "operators", params(GroupPath),
    responses((status = 200, body = view::Group), refusals::ApiLook))]
async fn show(
    State(http): State<Arc<Http>>,
    actor: Actor,
    Segment(name): Segment,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    view::ok(&view::Group::from(&find_group(&http, &name).await?))
}

/// A group by its name.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "a schema: only its derive reads it")]
struct GroupPath {
    /// The group's name, or `id:` and its id.
    #[param(example = "default")]
    group: String,
}

/// A group's fields; absent ones stay as they are, null takes a limit away.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GroupChange)]
struct Input {
    /// What accounts and channels call it.
    #[schema(pattern = "^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$", examples("resellers"))]
    name: Option<String>,
    /// For people; without line breaks.
    #[schema(max_length = 500, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    description: Option<String>,
    /// What prices are multiplied by: more than 0, at most 1000, with at most 6 decimals.
    #[schema(pattern = r"^[0-9]{1,4}(\.[0-9]{1,6})?$", examples("0.8"))]
    multiplier: Option<String>,
    /// The models that it may use; null for all.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    models: Patch<Vec<String>>,
    /// Most tasks of an account at a time.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1_000_000)]
    in_flight_max: Patch<u32>,
    /// Most waiting tasks of an account.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1_000_000)]
    waiting_max: Patch<u32>,
    /// Most creates of an account a minute.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1_000_000)]
    creates_per_minute: Patch<u32>,
    /// Most tasks of all its accounts at a time.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1_000_000)]
    total_in_flight_max: Patch<u32>,
    /// Most waiting tasks of all its accounts.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1_000_000)]
    total_waiting_max: Patch<u32>,
}

/// A new group.
struct NewGroup;

impl ToSchema for NewGroup {}

impl PartialSchema for NewGroup {
    fn schema() -> RefOr<Schema> {
        needing::<Input>("A new group.", &["name"])
    }
}

/// That a group is gone.
#[derive(Serialize, ToSchema)]
#[schema(as = GroupDeleted)]
struct Removed {
    /// Always `group_deleted`.
    #[schema(pattern = "^group_deleted$")]
    object: &'static str,
    id: i64,
    name: String,
}

impl Input {
    fn terms(&self, before: &GroupTerms, catalogue: &Catalogue) -> Result<GroupTerms, ApiError> {
        let mut terms = before.clone();
        if let Some(name) = &self.name {
            check_name("name", name)?;
            terms.name.clone_from(name);
        }
        if let Some(text) = &self.description {
            terms.description = fields::text("description", text, DESCRIPTION_CHARS_MAX)?;
        }
        if let Some(text) = &self.multiplier {
            terms.multiplier_millionths = multiplier(text)?;
        }
        self.models.apply(&mut terms.models, |names| fields::models(names, catalogue))?;
        for (field, given, place) in [
            ("in_flight_max", &self.in_flight_max, &mut terms.in_flight_max),
            ("waiting_max", &self.waiting_max, &mut terms.waiting_max),
            ("creates_per_minute", &self.creates_per_minute, &mut terms.creates_per_minute),
            ("total_in_flight_max", &self.total_in_flight_max, &mut terms.total_in_flight_max),
            ("total_waiting_max", &self.total_waiting_max, &mut terms.total_waiting_max),
        ] {
            given.apply(place, |&count| fields::limit(field, count, COUNT_MAX))?;
        }
        Ok(terms)
    }
}

/// A factor as text with at most six decimals.
fn multiplier(text: &str) -> Result<i64, ApiError> {
    let invalid = || {
        ApiError::invalid(
            "multiplier",
            format!(
                "multiplier must be text such as \"0.8\", more than 0, at most {MULTIPLIER_MAX}, \
                 with at most 6 decimals"
            ),
        )
    };
    let ticks = Ticks::parse_dollars(text).map_err(|_| invalid())?.0;
    let millionths = ticks / TICKS_PER_MILLIONTH;
    let is_whole = ticks % TICKS_PER_MILLIONTH == 0;
    let most = MULTIPLIER_MAX * MULTIPLIER_ONE_MILLIONTHS;
    if is_whole && (1..=most).contains(&millionths) { Ok(millionths) } else { Err(invalid()) }
}

/// Makes a group.
#[utoipa::path(post, path = "/api/admin/groups", operation_id = "createGroup", tag = "operators",
    request_body = NewGroup,
    responses((status = 201, body = view::Group), refusals::ApiChange))]
async fn create(
    State(http): State<Arc<Http>>,
    actor: Actor,
    request: Request,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let (parts, body) = request.into_parts();
    let wanted: Input = input::read(&parts.headers, body).await?;
    if wanted.name.is_none() {
        return Err(ApiError::invalid("name", "name is required").into());
    }
    let empty = GroupTerms {
        name: String::new(),
        description: String::new(),
        multiplier_millionths: MULTIPLIER_ONE_MILLIONTHS,
        models: None,
        in_flight_max: None,
        waiting_max: None,
        creates_per_minute: None,
        total_in_flight_max: None,
        total_waiting_max: None,
    };
    let app = Arc::clone(&http.app);
    let now = app.clock.now();
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        actor.require_operator()?;
        let terms = wanted.terms(&empty, app.prices.base())?;
        let id = done(&rushes_store::create_group(tx, &terms, now)?, &terms.name)?;
        let row = rushes_store::group(tx, id)?.ok_or(StoreError::NotFound)?;
        let object = format!("group {}", terms.name);
        let values = (Value::Null, audited(&row));
        rushes_store::audit(tx, &actor.entry(now, "group.create", object, None, values))?;
        Ok(row)
    };
    view::answer(StatusCode::CREATED, &view::Group::from(&http.change(&actor, change).await?))
}

fn done(outcome: &GroupOutcome, name: &str) -> Result<GroupId, ApiError> {
    match outcome {
        GroupOutcome::Done(id) => Ok(*id),
        GroupOutcome::NameTaken => Err(name_taken(name)),
        GroupOutcome::TooMany => {
            let text = format!("there are {GROUPS_MAX} groups already");
            Err(ApiError::new(ErrorCode::Conflict, text))
        }
    }
}

/// What the audit log keeps of a group.
fn audited(row: &GroupRow) -> Value {
    let mut value = view::value(&view::Group::from(row));
    if let Value::Object(fields) = &mut value {
        fields.shift_remove("accounts");
    }
    value
}

/// Changes a group; what it says holds for the next create of each of its accounts.
#[utoipa::path(patch, path = "/api/admin/groups/{group}", operation_id = "changeGroup",
    tag = "operators", params(GroupPath), request_body = Input,
    responses((status = 200, body = view::Group), refusals::ApiChange))]
async fn change(
    State(http): State<Arc<Http>>,
    actor: Actor,
    Segment(name): Segment,
    request: Request,
) -> Result<Response, HttpError> {
    actor.require_operator()?;
    let (parts, body) = request.into_parts();
    let wanted: Input = input::read(&parts.headers, body).await?;
    let app = Arc::clone(&http.app);
    let (now, defaults) = (app.clock.now(), app.config.account.limits());
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        actor.require_operator()?;
        let before = group_named(tx, &name)?;
        let id = before.id;
        let terms = wanted.terms(&before.terms, app.prices.base())?;
        if terms == before.terms {
            return Ok(before);
        }
        done(&rushes_store::update_group(tx, id, &terms)?, &terms.name)?;
        // It looks at all of the group's accounts, which others' writes wait for.
        if terms.have_other_places_than(&before.terms) {
            rushes_store::group_limits_changed(tx, id, defaults, now)?;
        }
        let after = rushes_store::group(tx, id)?.ok_or(StoreError::NotFound)?;
        let values = (audited(&before), audited(&after));
        let object = format!("group {}", before.terms.name);
        rushes_store::audit(tx, &actor.entry(now, "group.update", object, None, values))?;
        Ok(after)
    };
    view::ok(&view::Group::from(&http.change(&actor, change).await?))
}

/// Removes a group that no account and no channel needs.
#[utoipa::path(delete, path = "/api/admin/groups/{group}", operation_id = "deleteGroup",
    tag = "operators", params(GroupPath),
    responses((status = 200, body = Removed), refusals::ApiChange))]
async fn remove(
    State(http): State<Arc<Http>>,
    actor: Actor,
    Segment(name): Segment,
) -> Result<Response, HttpError> {
    let now = http.app.clock.now();
    let change = move |tx: &mut Tx<'_>, actor: &Actor| {
        actor.require_operator()?;
        let row = group_named(tx, &name)?;
        check_removal(tx, &row)?;
        rushes_store::delete_group(tx, row.id)?;
        let object = format!("group {}", row.terms.name);
        let values = (audited(&row), Value::Null);
        rushes_store::audit(tx, &actor.entry(now, "group.delete", object, None, values))?;
        Ok(row)
    };
    let row = http.change(&actor, change).await?;
    view::ok(&Removed { object: "group_deleted", id: row.id.0, name: row.terms.name })
}

fn check_removal(tx: &mut Tx<'_>, row: &GroupRow) -> Result<(), StoreError> {
    let conflict = |text: String| Err(ApiError::new(ErrorCode::Conflict, text).into());
    if row.id == DEFAULT_GROUP {
        return conflict(
            "the default group stays: accounts without another belong to it".to_owned(),
        );
    }
    if row.accounts_count > 0 {
        return conflict(format!(
            "accounts in this group: {}; put them into another one first",
            row.accounts_count
        ));
    }
    // A channel for this group alone would be for the next group that gets its id.
    let is_named = |channel: &ChannelRow| {
        channel.terms.groups.as_ref().is_some_and(|groups| groups.contains(&row.id))
    };
    match rushes_store::channels(tx)?.iter().find(|channel| is_named(channel)) {
        None => Ok(()),
        Some(channel) => conflict(format!(
            "the channel {:?} is for this group; change or remove the channel first",
            channel.terms.name
        )),
    }
}
