//! `GET /v1/audit-logs`, `GET /v1/admin/audit/verify`

use axum::Json;
use axum::extract::State;
use serde_json::Value;
use waiaas_api::audit::{AuditEntry, AuditQuery, AuditReport};
use waiaas_api::page::Listing;
use waiaas_core::digest::Digest;
use waiaas_engine as engine;

use crate::app::App;
use crate::extract::{MasterAuth, Query, page};
use crate::problem::Failure;
use crate::routes::Answer;
use crate::shapes;

/// Lists audit entries, newest first.
#[utoipa::path(
    get,
    path = "/v1/audit-logs",
    tag = "admin",
    params(AuditQuery),
    responses((status = 200, body = Listing<AuditEntry>))
)]
pub(crate) async fn list_audit_logs(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Query(query): Query<AuditQuery>,
) -> Answer<Listing<AuditEntry>> {
    let page = page(query.cursor, query.limit)?;
    let wanted = engine::AuditQuery {
        wallet: query.wallet_id,
        tx: query.tx_id,
        event: query.event_type,
        severity: query.severity,
        from: query.from,
        to: query.to,
        include_total: query.include_total,
    };
    let found = app.engine().operator(&master).audit(wanted, page).await?;
    let mut data = Vec::with_capacity(found.items.len());
    for row in found.items {
        let details: Value = serde_json::from_str(&row.details).map_err(Failure::internal)?;
        let hash: [u8; 32] =
            row.hash.try_into().map_err(|_| Failure::internal("an audit hash of another length"))?;
        data.push(AuditEntry {
            id: row.seq,
            timestamp: row.at,
            event_type: row.event,
            actor: row.actor,
            wallet_id: row.wallet,
            session_id: row.session,
            tx_id: row.tx,
            details,
            severity: row.severity,
            ip_address: row.ip,
            hash: Digest::new(hash).to_string(),
        });
    }
    let part = engine::Paged { items: data, next_cursor: found.next_cursor, total: found.total };
    Ok(Json(shapes::listing(part, |entry| entry)))
}

/// Recomputes the whole audit chain and says whether every entry follows from the one before.
#[utoipa::path(
    get,
    path = "/v1/admin/audit/verify",
    tag = "admin",
    responses((status = 200, body = AuditReport))
)]
pub(crate) async fn verify_audit_chain(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
) -> Answer<AuditReport> {
    let report = app.engine().operator(&master).verify_audit().await?;
    Ok(Json(AuditReport {
        intact: report.first_bad.is_none(),
        entries: report.rows,
        head: report.head.to_string(),
        broken_at: report.first_bad,
    }))
}
