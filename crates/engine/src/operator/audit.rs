//! Reading and checking the audit log.

use waiaas_store::{AuditFilter, AuditRow, ChainReport};

use crate::error::Error;
use crate::operator::Operator;
use crate::views::{AuditQuery, Page, Paged};

impl Operator<'_> {
    /// Audit rows, newest first.
    ///
    /// # Errors
    /// Only storage errors.
    pub async fn audit(&self, query: AuditQuery, page: Page) -> Result<Paged<AuditRow>, Error> {
        let filter = AuditFilter {
            wallet: query.wallet,
            session: None,
            tx: query.tx,
            event: query.event,
            severity: query.severity,
            from: query.from,
            to: query.to,
        };
        let cursor = page.cursor.map(|text| text.parse()).transpose();
        let cursor = cursor.map_err(|_| Error::invalid("cursor", "not a cursor of this list"))?;
        let found = self.engine.store().audit_page(&filter, cursor, page.limit, query.include_total).await?;
        Ok(Paged {
            items: found.items,
            next_cursor: found.next.map(|seq| seq.to_string()),
            total: found.total.and_then(|total| u64::try_from(total).ok()),
        })
    }

    /// Recomputes the whole hash chain.
    ///
    /// # Errors
    /// Only storage errors; a broken chain is part of the report.
    pub async fn verify_audit(&self) -> Result<ChainReport, Error> {
        Ok(self.engine.store().verify_chain().await?)
    }
}
