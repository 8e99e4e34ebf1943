//! Commands for those who run a gateway: accounts, keys, groups, money, codes, settings.
//!
//! Guarantees: each is one call of the JSON API, so that what a command can do the console and any
//! program can do too; where names are shown for ids, a call for each of those follows. With
//! `--json` standard output is the API's own body. Without it only what one may want to paste (a
//! key, a code, a link) stands on standard output by itself.

mod audit;
mod channels;
mod codes;
mod credit;
mod groups;
mod keys;
mod prices;
mod settings;
mod usage;
mod users;
mod webhooks;

pub(super) use audit::Arguments as AuditArguments;
pub(super) use channels::Command as ChannelsCommand;
pub(super) use codes::Command as CodesCommand;
pub(super) use credit::{Command as CreditCommand, LedgerArguments};
pub(super) use groups::Command as GroupsCommand;
pub(super) use keys::Command as KeysCommand;
pub(super) use prices::Command as PricesCommand;
pub(super) use settings::Command as SettingsCommand;
pub(super) use usage::Arguments as UsageArguments;
pub(super) use users::Command as UsersCommand;
pub(super) use webhooks::Arguments as WebhooksArguments;

use std::io::Read as _;
use std::time::Duration;

use rushes_domain::{Clock as _, Ticks};
use rushes_sdk::{ApiRequest, Response};
use serde_json::{Map, Value};

use super::Global;
use super::failure::Failure;
use super::output::{Output, note, print};
use super::table::Table;
use super::target::{Purpose, Target};
use super::text::escape;
use crate::bootstrap::OWNER_NAME;
use crate::clock::SystemClock;

/// Most bytes of a secret that are read from standard input.
const STDIN_BYTES_MAX: u64 = 8_192;
/// Word that takes a limit away.
const NONE: &str = "none";

/// All commands of this folder.
pub(super) enum Verb {
    /// Of the named account, or else of the owner.
    LoginLink(Option<String>),
    Users(UsersCommand),
    Keys(KeysCommand),
    Groups(GroupsCommand),
    Codes(CodesCommand),
    Channels(ChannelsCommand),
    Credit(CreditCommand),
    Ledger(LedgerArguments),
    Usage(UsageArguments),
    Prices(PricesCommand),
    Settings(SettingsCommand),
    Audit(AuditArguments),
    Webhooks(WebhooksArguments),
}

/// Finds the gateway, does what is wanted, and stops what was started for it.
pub(super) async fn run(global: &Global, verb: Verb, output: &Output) -> Result<(), Failure> {
    let target = Target::connect(global, Purpose::Administration).await?;
    let desk = Desk { target, output };
    let outcome = match verb {
        Verb::LoginLink(account) => {
            users::login_link(&desk, account.as_deref().unwrap_or(OWNER_NAME)).await
        }
        Verb::Users(command) => users::run(&desk, command).await,
        Verb::Keys(command) => keys::run(&desk, command).await,
        Verb::Groups(command) => groups::run(&desk, command).await,
        Verb::Codes(command) => codes::run(&desk, command).await,
        Verb::Channels(command) => channels::run(&desk, command).await,
        Verb::Credit(command) => credit::run(&desk, command).await,
        Verb::Ledger(arguments) => credit::ledger(&desk, arguments).await,
        Verb::Usage(arguments) => usage::run(&desk, arguments).await,
        Verb::Prices(command) => prices::run(&desk, command).await,
        Verb::Settings(command) => settings::run(&desk, command).await,
        Verb::Audit(arguments) => audit::run(&desk, arguments).await,
        Verb::Webhooks(arguments) => webhooks::run(&desk, arguments).await,
    };
    desk.target.stop().await;
    outcome
}

/// A gateway to administer, and where the words go.
struct Desk<'o> {
    target: Target,
    output: &'o Output,
}

impl Desk<'_> {
    async fn call(&self, request: ApiRequest) -> Result<Response<Value>, Failure> {
        Ok(self.target.client.api(&request).await?)
    }

    /// The segments below `/api` that lead to an account's things: those of the named one; without
    /// a name the key's own, or on this machine, where no key is needed, the owner's.
    fn of_account<'s>(&self, name: Option<&'s str>, thing: &'s str) -> Vec<&'s str> {
        match name {
            Some(name) => vec!["admin", "accounts", name, thing],
            None if self.target.is_local => vec!["admin", "accounts", OWNER_NAME, thing],
            None => vec![thing],
        }
    }

    /// A list as a table.
    fn list<const N: usize>(
        &self,
        response: &Response<Value>,
        heading: [&str; N],
        row: impl Fn(&Value) -> [String; N],
    ) -> Result<(), Failure> {
        let rows = response.value["data"].as_array().map_or(&[][..], Vec::as_slice);
        if rows.is_empty() && !self.output.json {
            note("none");
            return Ok(());
        }
        self.output.result(&response.body, || {
            let mut table = Table::new(&heading);
            for each in rows {
                table.row(row(each).iter().map(String::as_str));
            }
            table.text()
        })?;
        if let Some(next) = response.value["next_after"].as_str() {
            note(&format!("more with: --after {next}"));
        }
        Ok(())
    }

    /// One thing as lines of name and value.
    fn show(&self, response: &Response<Value>, lines: &[(&str, String)]) -> Result<(), Failure> {
        self.output.result(&response.body, || {
            let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
            let line = |(name, value): &(&str, String)| format!("{name:width$}  {}", escape(value));
            lines.iter().map(line).collect::<Vec<_>>().join("\n")
        })
    }

    /// What was done, in a sentence.
    fn done(&self, response: &Response<Value>, sentence: &str) -> Result<(), Failure> {
        self.output.result(&response.body, || escape(sentence).into_owned())
    }

    /// A table for spreadsheets, as it comes.
    async fn table(&self, request: ApiRequest) -> Result<(), Failure> {
        let text = self.target.client.api_table(&request).await?;
        print(text.trim_end().as_bytes())
    }
}

/// The fields that were given.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn set(mut self, name: &str, value: Option<impl Into<Value>>) -> Self {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), value.into());
        }
        self
    }

    /// A field that the word `none` clears.
    fn limit(self, name: &str, value: Option<Limit>) -> Self {
        self.set(name, value.map(|limit| limit.0))
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn into_value(self) -> Value {
        Value::Object(self.0)
    }

    /// Refuses a change of nothing.
    fn some(self) -> Result<Value, Failure> {
        if self.is_empty() {
            return Err(Failure::usage("nothing to change; name a flag, see --help"));
        }
        Ok(self.into_value())
    }
}

/// The first line of standard input: a secret, which no argument should hold.
fn read_line(what: &str) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(STDIN_BYTES_MAX).read_to_end(&mut bytes);
    read.map_err(|source| Failure::usage(format!("standard input cannot be read: {source}")))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::usage(format!("the {what} on standard input is not UTF-8")))?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(line.to_owned()),
        _ => Err(Failure::usage(format!("there is no {what} on standard input"))),
    }
}

/// A limit on the command line: null for the word `none`.
#[derive(Debug, Clone, PartialEq)]
struct Limit(Value);

/// Reads a whole number or `none`.
fn count_or_none(text: &str) -> Result<Limit, String> {
    if text == NONE {
        return Ok(Limit(Value::Null));
    }
    text.parse::<u32>()
        .map(|count| Limit(count.into()))
        .map_err(|_| format!("{text:?} is not a whole number; write one, or `none`"))
}

/// Reads an amount of dollars or `none`.
fn dollars_or_none(text: &str) -> Result<Limit, String> {
    if text == NONE {
        return Ok(Limit(Value::Null));
    }
    let amount = dollars(text);
    Ticks::parse_dollars(&amount).map_err(|error| format!("{error}; or write `none`"))?;
    Ok(Limit(amount.into()))
}

/// Reads `a,b,c` or `none`.
fn names_or_none(text: &str) -> Result<Limit, String> {
    if text == NONE {
        return Ok(Limit(Value::Null));
    }
    let names: Vec<&str> = text.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if names.is_empty() {
        return Err("write names with commas between them, or `none`".to_owned());
    }
    Ok(Limit(names.into()))
}

/// An amount as people write it: a dollar sign is fine.
fn dollars(text: &str) -> String {
    let (sign, rest) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    format!("{sign}{}", rest.trim().trim_start_matches('$'))
}

/// The moment so long from now, in seconds since 1970, by this machine's clock.
fn moment_after(time: Duration) -> i64 {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    SystemClock.now().unix_seconds().saturating_add(seconds)
}

/// A value as text: null is nothing, text without quotes.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(yes) => (if *yes { "yes" } else { "no" }).to_owned(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// A limit as text.
fn limit(value: &Value) -> String {
    if value.is_null() { "no limit".to_owned() } else { text(value) }
}

/// An amount of the API as text.
fn money(value: &Value) -> String {
    value["amount"].as_str().map_or_else(String::new, |amount| match amount.strip_prefix('-') {
        Some(amount) => format!("-${amount}"),
        None => format!("${amount}"),
    })
}

/// Any value in few characters: `name a, amount $5.00`; what is null or empty is left out.
fn brief(value: &Value) -> String {
    match value {
        Value::Object(fields) if is_money(fields) => money(value),
        Value::Object(fields) => {
            let one = |(name, value): (&String, &Value)| match (value, brief(value)) {
                (_, told) if told.is_empty() => None,
                (Value::Object(fields), told) if !is_money(fields) => {
                    Some(format!("{name} ({told})"))
                }
                (_, told) => Some(format!("{name} {told}")),
            };
            fields.iter().filter_map(one).collect::<Vec<_>>().join(", ")
        }
        other => text(other),
    }
}

fn is_money(fields: &Map<String, Value>) -> bool {
    fields.contains_key("amount") && fields.contains_key("ticks")
}

/// A budget as text.
fn budget(value: &Value) -> String {
    if value.is_null() { "no limit".to_owned() } else { money(value) }
}

/// A moment of the API as text; nothing for null.
fn moment(value: &Value) -> String {
    value.as_i64().map(super::text::moment).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn limits_are_read_as_people_write_them() {
        assert_eq!(count_or_none("12"), Ok(Limit(json!(12))));
        assert_eq!(count_or_none("none"), Ok(Limit(Value::Null)));
        assert!(count_or_none("many").is_err());
        assert_eq!(dollars_or_none("$1.50"), Ok(Limit(json!("1.50"))));
        assert_eq!(names_or_none("a, b,"), Ok(Limit(json!(["a", "b"]))));
        assert!(names_or_none(" ,").is_err());
        assert_eq!(dollars("-$2"), "-2");
    }

    #[test]
    fn amounts_show_their_sign_before_the_dollar() {
        assert_eq!(money(&json!({ "amount": "-0.50" })), "-$0.50");
        assert_eq!(budget(&Value::Null), "no limit");
        let amount = json!({ "amount": "5.00", "ticks": "50000000000" });
        let changed = json!({ "amount": amount, "group": null, "terms": { "models": ["a", "b"] } });
        assert_eq!(brief(&changed), "amount $5.00, terms (models a, b)");
        let made =
            json!({ "display_name": "", "role": "user", "terms": { "note": "" }, "models": [] });
        assert_eq!(brief(&made), "role user");
    }
}
