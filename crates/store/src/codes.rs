//! Redemption codes: money that whoever has the code may take, once.
//!
//! Guarantees: only a code's SHA-256 is kept; taking it and booking its credit are one transaction,
//! and of many takers one wins.

use rushes_domain::{AccountId, Ticks, Timestamp};

use crate::error::StoreError;
use crate::ledger::{self, BookOutcome, NewCredit, Transfer};
use crate::params;
use crate::tx::Tx;

/// Codes in one answer of [`list_codes`], at most.
pub const CODES_LIST_MAX: u32 = 1_000;

/// A code to be made.
#[derive(Debug, Clone)]
pub struct NewCode {
    /// SHA-256 of its text without hyphens, in capitals.
    pub hash: [u8; 32],
    /// As it may be shown.
    pub mask: String,
    /// A name for those that were made together.
    pub batch: String,
    /// What it is worth, more than nothing.
    pub amount: Ticks,
    /// Until when it can be redeemed.
    pub expires_at: Option<Timestamp>,
    /// The present moment.
    pub now: Timestamp,
}

/// Makes codes; nothing at all if a hash is taken.
pub fn create_codes(tx: &mut Tx<'_>, new: &[NewCode]) -> Result<Option<Vec<i64>>, StoreError> {
    for code in new {
        let taken = tx.value::<i64>("SELECT 1 FROM codes WHERE hash = $1", params![&code.hash])?;
        if taken.is_some() {
            return Ok(None);
        }
    }
    let first: Option<i64> = tx.value("SELECT COALESCE(MAX(id), 0) + 1 FROM codes", params![])?;
    let mut ids = Vec::with_capacity(new.len());
    for (id, code) in (first.unwrap_or(1)..).zip(new) {
        tx.exec(
            "INSERT INTO codes (id, hash, mask, batch, amount_ticks, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            params![
                id,
                &code.hash,
                &code.mask,
                &code.batch,
                code.amount,
                code.now,
                code.expires_at
            ],
        )?;
        ids.push(id);
    }
    Ok(Some(ids))
}

/// What can be done with a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeState {
    /// It can be redeemed.
    Open,
    /// It was redeemed.
    Redeemed,
    /// An operator took it back.
    Revoked,
    /// Its time is over.
    Expired,
}

impl CodeState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Open, Self::Redeemed, Self::Revoked, Self::Expired];

    /// The word in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Redeemed => "redeemed",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }
}

/// A code, without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeRow {
    /// Its number.
    pub id: i64,
    /// As it may be shown.
    pub mask: String,
    /// Those that were made together.
    pub batch: String,
    /// What it is worth.
    pub amount: Ticks,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it can be redeemed.
    pub expires_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
    /// When it was redeemed.
    pub redeemed_at: Option<Timestamp>,
    /// By whom.
    pub redeemed_by: Option<AccountId>,
}

impl CodeRow {
    /// What can be done with it at a moment.
    pub fn state(&self, now: Timestamp) -> CodeState {
        if self.redeemed_at.is_some() {
            CodeState::Redeemed
        } else if self.revoked_at.is_some() {
            CodeState::Revoked
        } else if self.expires_at.is_some_and(|at| at <= now) {
            CodeState::Expired
        } else {
            CodeState::Open
        }
    }
}

/// Which codes to list. An empty batch and `None` mean: any.
#[derive(Debug, Clone)]
pub struct CodeFilter {
    /// Those that were made together.
    pub batch: String,
    /// What can be done with them now.
    pub state: Option<CodeState>,
    /// Only codes made before this one.
    pub before: Option<i64>,
    /// How many, at most [`CODES_LIST_MAX`].
    pub limit: u32,
    /// The present moment.
    pub now: Timestamp,
}

const COLUMNS: &str =
    "id, mask, batch, amount_ticks, created_at, expires_at, revoked_at, redeemed_at, redeemed_by";

fn read(row: &mut crate::tx::Row<'_>) -> Result<CodeRow, StoreError> {
    Ok(CodeRow {
        id: row.take()?,
        mask: row.take()?,
        batch: row.take()?,
        amount: row.take()?,
        created_at: row.take()?,
        expires_at: row.take()?,
        revoked_at: row.take()?,
        redeemed_at: row.take()?,
        redeemed_by: row.take()?,
    })
}

/// Codes, newest first.
pub fn list_codes(tx: &mut Tx<'_>, filter: &CodeFilter) -> Result<Vec<CodeRow>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM codes WHERE id < $1 AND ($2 = '' OR batch = $2)
             AND ($3 = '' OR $3 = CASE WHEN redeemed_at IS NOT NULL THEN 'redeemed'
                 WHEN revoked_at IS NOT NULL THEN 'revoked'
                 WHEN expires_at <= $4 THEN 'expired' ELSE 'open' END)
         ORDER BY id DESC LIMIT $5"
    );
    let values = params![
        filter.before.unwrap_or(i64::MAX),
        &filter.batch,
        filter.state.map_or("", CodeState::as_str),
        filter.now,
        filter.limit.min(CODES_LIST_MAX)
    ];
    tx.rows(&sql, values, read)
}

/// A code.
pub fn code(tx: &mut Tx<'_>, id: i64) -> Result<Option<CodeRow>, StoreError> {
    tx.one(&format!("SELECT {COLUMNS} FROM codes WHERE id = $1"), params![id], read)
}

/// What came of taking a code back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevokeOutcome {
    /// Nobody can redeem it any more.
    Revoked,
    /// There is no such code.
    NotFound,
    /// Somebody was faster.
    Redeemed,
}

/// Takes a code back; doing so again changes nothing.
pub fn revoke_code(tx: &mut Tx<'_>, id: i64, now: Timestamp) -> Result<RevokeOutcome, StoreError> {
    let touched = tx.exec(
        "UPDATE codes SET revoked_at = COALESCE(revoked_at, $2)
         WHERE id = $1 AND redeemed_at IS NULL",
        params![id, now],
    )?;
    if touched == 1 {
        return Ok(RevokeOutcome::Revoked);
    }
    Ok(if code(tx, id)?.is_some() { RevokeOutcome::Redeemed } else { RevokeOutcome::NotFound })
}

/// What came of redeeming a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedeemOutcome {
    /// It is booked.
    Redeemed(Box<Transfer>),
    /// There is no such code.
    Unknown,
    /// It can no longer be redeemed.
    Refused(CodeState),
    /// The account's sum would be out of range.
    OutOfRange,
}

/// Takes a code and books its credit.
pub fn redeem(
    tx: &mut Tx<'_>,
    hash: &[u8; 32],
    account_id: AccountId,
    actor: &str,
    now: Timestamp,
) -> Result<RedeemOutcome, StoreError> {
    let found =
        tx.one(&format!("SELECT {COLUMNS} FROM codes WHERE hash = $1"), params![hash], read)?;
    let Some(found) = found else { return Ok(RedeemOutcome::Unknown) };
    let state = found.state(now);
    if state != CodeState::Open {
        return Ok(RedeemOutcome::Refused(state));
    }
    let credit = NewCredit {
        account_id,
        name: format!("code-{}", found.id),
        amount: found.amount,
        reason: Some(format!("redemption code {}", found.mask)),
        actor: actor.to_owned(),
        now,
    };
    let transfer = match ledger::credit(tx, &credit)? {
        BookOutcome::Booked(transfer) => transfer,
        BookOutcome::Exists(_) => return Ok(RedeemOutcome::Refused(CodeState::Redeemed)),
        BookOutcome::NotCovered { .. } | BookOutcome::OutOfRange => {
            return Ok(RedeemOutcome::OutOfRange);
        }
    };
    let touched = tx.exec(
        "UPDATE codes SET redeemed_at = $2, redeemed_by = $3
         WHERE id = $1 AND redeemed_at IS NULL AND revoked_at IS NULL",
        params![found.id, now, account_id],
    )?;
    // Only a transaction that does not see the others' could come here; it runs again.
    if touched == 1 { Ok(RedeemOutcome::Redeemed(transfer)) } else { Err(StoreError::Busy) }
}
