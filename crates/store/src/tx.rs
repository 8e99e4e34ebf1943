//! One transaction, as the operations see it: statements with `$1 … $n`, rows read column by
//! column.
//!
//! Guarantees: the same text runs on every database. SQLite takes `$7` for a *name* numbered by its
//! first appearance, so parameters are bound by the number in the text; a statement that skips a
//! number is refused. The one difference between dialects is written as the comment
//! `/*FOR UPDATE SKIP LOCKED*/`, which a PostgreSQL backend opens.

use rusqlite::types::ValueRef;

use crate::change::Change;
use crate::error::StoreError;
use crate::value::{Column, FromColumn, Value};

/// Statements that each connection keeps prepared.
pub(crate) const PREPARED_STATEMENTS_MAX: usize = 256;

/// A transaction on whichever database the store has.
#[derive(Debug)]
pub struct Tx<'c> {
    backend: Backend<'c>,
    changes: Vec<Change>,
}

/// The databases. PostgreSQL joins here; operations do not notice.
#[derive(Debug, Clone, Copy)]
enum Backend<'c> {
    Sqlite(&'c rusqlite::Connection),
}

impl<'c> Tx<'c> {
    /// A transaction on a connection that has already begun one.
    pub(crate) const fn sqlite(connection: &'c rusqlite::Connection) -> Self {
        Self { backend: Backend::Sqlite(connection), changes: Vec::new() }
    }

    /// Runs a statement and tells how many rows it touched.
    pub fn exec(&mut self, sql: &str, values: &[Value<'_>]) -> Result<usize, StoreError> {
        match self.backend {
            Backend::Sqlite(connection) => {
                let mut statement = prepare(connection, sql, values)?;
                if statement.column_count() == 0 {
                    return Ok(statement.raw_execute()?);
                }
                // PRAGMA and RETURNING give rows; nobody wants them here.
                let mut rows = statement.raw_query();
                let mut count = 0;
                while rows.next()?.is_some() {
                    count += 1;
                }
                Ok(count)
            }
        }
    }

    /// Runs a statement and reads every row of its answer.
    pub fn rows<T>(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&mut Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        match self.backend {
            Backend::Sqlite(connection) => {
                let mut statement = prepare(connection, sql, values)?;
                let mut rows = statement.raw_query();
                let mut read_rows = Vec::new();
                while let Some(row) = rows.next()? {
                    read_rows.push(read(&mut Row { inner: row, next: 0 })?);
                }
                Ok(read_rows)
            }
        }
    }

    /// Runs a statement and reads the first row of its answer, if there is one.
    pub fn one<T>(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        read: impl FnMut(&mut Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.rows(sql, values, read)?.into_iter().next())
    }

    /// Runs a statement that answers with one column and reads it from the first row, if there is
    /// one.
    pub fn value<T: FromColumn>(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
    ) -> Result<Option<T>, StoreError> {
        self.one(sql, values, single)
    }

    /// Runs statements that do not depend on each other's answers (one round trip on PostgreSQL)
    /// and tells how many rows each touched.
    pub fn all(&mut self, statements: &[(&str, &[Value<'_>])]) -> Result<Vec<usize>, StoreError> {
        statements.iter().map(|(sql, values)| self.exec(sql, values)).collect()
    }

    /// Notes what the observer hears if this operation is committed.
    pub(crate) fn changed(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// What the operation noted.
    pub(crate) fn into_changes(self) -> Vec<Change> {
        self.changes
    }
}

/// Reads a row that has one column.
pub(crate) fn single<T: FromColumn>(row: &mut Row<'_>) -> Result<T, StoreError> {
    row.take()
}

fn prepare<'c>(
    connection: &'c rusqlite::Connection,
    sql: &str,
    values: &[Value<'_>],
) -> Result<rusqlite::CachedStatement<'c>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let count = statement.parameter_count();
    if count != values.len() {
        let given = values.len();
        return Err(StoreError::Sql(format!("{given} values for {count} parameters in: {sql}")));
    }
    for index in 1..=count {
        let number = statement
            .parameter_name(index)
            .and_then(|name| name.strip_prefix('$'))
            .and_then(|digits| digits.parse::<usize>().ok());
        let value = number.and_then(|number| values.get(number.checked_sub(1)?));
        let Some(value) = value else {
            return Err(StoreError::Sql(format!("parameters are not $1 to ${count} in: {sql}")));
        };
        statement.raw_bind_parameter(index, value)?;
    }
    Ok(statement)
}

/// A row of an answer; columns are taken in the order in which the statement names them.
#[derive(Debug)]
pub struct Row<'r> {
    inner: &'r rusqlite::Row<'r>,
    next: usize,
}

impl Row<'_> {
    /// Reads the next column.
    pub fn take<T: FromColumn>(&mut self) -> Result<T, StoreError> {
        let index = self.next;
        self.next += 1;
        let column = match self.inner.get_ref(index)? {
            ValueRef::Null => Column::Null,
            ValueRef::Integer(integer) => Column::Integer(integer),
            ValueRef::Text(bytes) => Column::Text(
                std::str::from_utf8(bytes)
                    .map_err(|_| StoreError::Corrupt("a text is not UTF-8".to_owned()))?,
            ),
            ValueRef::Blob(bytes) => Column::Blob(bytes),
            ValueRef::Real(_) => {
                return Err(StoreError::Corrupt("a column holds a fraction".to_owned()));
            }
        };
        T::from_column(column)
    }
}
