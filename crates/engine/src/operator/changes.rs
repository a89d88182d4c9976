//! Pending changes: list, read, withdraw.

use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::change::ChangeStatus;
use waiaas_core::ids::ChangeId;
use waiaas_store::AuditEntry;

use crate::changes;
use crate::error::Error;
use crate::operator::Operator;
use crate::views::{ChangeView, Page, Paged};

impl Operator<'_> {
    /// Changes, newest first, all or those in one status.
    ///
    /// # Errors
    /// Only storage errors.
    pub async fn changes(
        &self,
        status: Option<ChangeStatus>,
        page: Page,
    ) -> Result<Paged<ChangeView>, Error> {
        let before = page.cursor.map(|text| text.parse()).transpose();
        let before = before.map_err(|_| Error::invalid("cursor", "not a cursor of this list"))?;
        let found = self.engine.store().changes_page(status, before, page.limit).await?;
        let mut items = Vec::new();
        for row in found.items {
            items.push(self.engine.change_view(row).await?);
        }
        Ok(Paged { items, next_cursor: found.next.map(|id| id.to_string()), total: None })
    }

    /// One change.
    ///
    /// # Errors
    /// `CHANGE_NOT_FOUND`.
    pub async fn change(&self, id: ChangeId) -> Result<ChangeView, Error> {
        self.engine.change_by_id(id).await
    }

    /// Withdraws a pending change.
    ///
    /// # Errors
    /// `CHANGE_NOT_FOUND`, and `CHANGE_ALREADY_DECIDED` if it is no longer pending.
    pub async fn withdraw_change(&self, id: ChangeId) -> Result<ChangeView, Error> {
        let withdrawn = AuditEvent::ChangeWithdrawn { change_id: id };
        let audit = AuditEntry::new(withdrawn, Actor::Master, self.engine.now());
        self.engine
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    changes::refuse_unless_open(&changes::row(tx, id).await?)?;
                    Ok::<_, Error>(tx.end_change(id, ChangeStatus::Withdrawn, audit).await?)
                })
            })
            .await?;
        self.engine.change_by_id(id).await
    }
}
