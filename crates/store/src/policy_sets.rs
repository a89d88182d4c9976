//! Sets of policies as decisions used them, so that a decision can be explained after the policies have
//! changed. A set is identified by the digest of its text and stored once.

use sqlx::AnyConnection;
use waiaas_core::digest::Digest;

use crate::columns::Columns;
use crate::error::StoreError;
use crate::reads::reads;
use crate::writer::WriteTx;

reads! {
    /// The text of a set.
    policy_set(digest: Digest) -> Option<String>;
}

async fn policy_set(conn: &mut AnyConnection, digest: Digest) -> Result<Option<String>, StoreError> {
    let query = sqlx::query("SELECT rules FROM policy_sets WHERE digest = $1").bind(digest.to_string());
    query.fetch_optional(conn).await?.map(|row| row.text("rules")).transpose()
}

impl WriteTx {
    /// Stores the text of a set under its digest.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database fails.
    pub async fn keep_policy_set(&mut self, digest: Digest, rules: &str) -> Result<(), StoreError> {
        let query = "INSERT INTO policy_sets (digest, rules) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING";
        sqlx::query(query).bind(digest.to_string()).bind(rules).execute(self.conn()).await?;
        Ok(())
    }
}
