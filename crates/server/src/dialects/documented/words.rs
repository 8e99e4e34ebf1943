//! The small tables: each is the program's own, line by line.

use pretty_assertions::assert_eq;
use rushes_domain::catalogue::Catalogue;
use rushes_domain::{Dialect, Failure, FailureCode, State};
use rushes_store::TaskRow;
use serde_json::Value;

use super::{names, table};
use crate::dialects::samples::{at, failed, row, succeeded, told};
use crate::dialects::view::View;
use crate::dialects::{native, openai, xai};

/// Turns a task into an answer.
type Tell = fn(&View<'_>) -> serde_json::Result<Vec<u8>>;

/// What the page calls a dialect.
fn title(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Native => "native",
        Dialect::Xai => "xAI",
        Dialect::Openai => "OpenAI",
    }
}

#[test]
fn defaults() {
    let expected = Dialect::ALL.map(|dialect| {
        let defaults = dialect.defaults();
        let model = if defaults.has_model { "the catalogue's first" } else { "required" };
        let seconds = defaults.seconds.to_string();
        [title(dialect), &seconds, defaults.aspect_ratio, defaults.resolution, model]
            .map(str::to_owned)
            .to_vec()
    });
    assert_eq!(table("defaults"), expected);
}

#[test]
fn fields_that_are_refused() {
    let of = |dialect, fields: &[(&'static str, &'static str)]| {
        let line = |(field, advice): &(&str, &str)| {
            vec![title(dialect).to_owned(), format!("`{field}`"), (*advice).to_owned()]
        };
        fields.iter().map(line).collect::<Vec<_>>()
    };
    let expected =
        [of(Dialect::Xai, &xai::REFUSED), of(Dialect::Openai, &openai::REFUSED)].concat();
    assert_eq!(table("refused"), expected);
}

#[test]
fn sizes() {
    let expected = openai::SIZES.map(|(size, ratio, resolution)| {
        vec![format!("`{size}`"), ratio.to_owned(), resolution.to_owned()]
    });
    assert_eq!(table("sizes"), expected);
}

#[test]
fn models() {
    let catalogue = Catalogue::embedded();
    let lines = table("models");
    assert_eq!(lines.len(), catalogue.models().len());
    for (line, model) in lines.into_iter().zip(catalogue.models()) {
        assert_eq!(
            (names(line[0]), names(line[1])),
            (vec![model.id.as_str()], { model.aliases.iter().map(String::as_str).collect() })
        );
    }
}

fn word(row: &TaskRow, dialect: Dialect) -> String {
    let (tell, pointer): (Tell, _) = match dialect {
        Dialect::Native => (native::envelope, "/data/status"),
        Dialect::Xai => (xai::task, "/status"),
        Dialect::Openai => (openai::task, "/status"),
    };
    let body: Value = serde_json::from_str(&told(row, tell)).unwrap();
    format!("`{}`", body.pointer(pointer).and_then(Value::as_str).unwrap())
}

#[test]
fn states() {
    let expected = State::ALL.map(|state| {
        let like = match state {
            State::Succeeded => succeeded(),
            State::Failed | State::Cancelled => failed(),
            State::Running => TaskRow { started_at: Some(at(1)), ..row() },
            _ => row(),
        };
        let row = TaskRow { state, ..like };
        let words = Dialect::ALL.map(|dialect| word(&row, dialect));
        [vec![state.as_str().to_owned()], words.to_vec()].concat()
    });
    assert_eq!(table("states"), expected);
}

#[test]
fn codes_of_failures() {
    let expected: Vec<_> = FailureCode::ALL
        .iter()
        .map(|&code| {
            let row = TaskRow { failure: Some(Failure::new(code, "")), ..failed() };
            let body: Value = serde_json::from_str(&told(&row, xai::task)).unwrap();
            let xai = body["error"]["code"].as_str().unwrap();
            vec![format!("`{}`", code.as_str()), format!("`{xai}`")]
        })
        .collect();
    assert_eq!(table("failures"), expected);
}
