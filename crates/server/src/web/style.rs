//! The style sheet of all pages.

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use crate::extract::Public;

/// Its path.
pub(super) const PATH: &str = "/web/style.css";

const SHEET: &str = include_str!("style.css");

pub(super) async fn sheet(_: Public) -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], SHEET)
}
