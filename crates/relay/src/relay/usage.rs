//! What was asked and what it cost, for whoever shows it.

use super::Relay;
use crate::{
    database::DatabaseError,
    usage::{By, Line, Period, totals},
};

/// Why the usage can't be told.
#[derive(Debug, thiserror::Error)]
#[error("the usage can't be read: {0}")]
pub struct UsageError(#[from] DatabaseError);

impl Relay {
    /// What was asked and what it cost in this period, put together. A request is in it a moment after it is over.
    ///
    /// # Errors
    /// [`UsageError`] when the database can't be read.
    pub async fn usage(&self, by: By, period: Period) -> Result<Vec<Line>, UsageError> {
        Ok(self.shared.database.run(move |connection| totals(connection, by, &period)).await?)
    }
}
