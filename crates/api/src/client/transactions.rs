//! Transactions.

use reqwest::Method;
use uuid::Uuid;
use waiaas_core::ids::TxId;

use super::{Client, ClientError, Credential, OwnerSignature, answer};
use crate::dry_run::DryRunResult;
use crate::page::{All, Items, WalletQuery};
use crate::requests::{
    EncodeCalldataRequest, EncodedCalldata, SignMessageRequest, SignTransactionRequest, TransactionRequest,
};
use crate::transactions::{
    Approval, Approved, CloseRequest, Closed, Explanation, Rejected, ReplaceRequest, SendQuery, Signed,
    Transaction, TransactionQuery,
};

/// The answer to a send.
#[derive(Clone, PartialEq, Debug)]
pub enum Sent {
    /// The transaction, admitted.
    Admitted(Box<Transaction>),
    /// The result of a dry run.
    DryRun(Box<DryRunResult>),
}

impl Client {
    /// Asks for a transaction. `idempotency_key` makes a repetition harmless; `None` uses a new key.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn send_transaction(
        &self,
        request: &TransactionRequest,
        query: &SendQuery,
        idempotency_key: Option<&str>,
    ) -> Result<Sent, ClientError> {
        let path = with_query("/v1/transactions/send", query)?;
        let call = self.request(Method::POST, &path, Credential::Session)?;
        let call = call.header("idempotency-key", own_or_fresh(idempotency_key)).json(request);
        if request.placement.dry_run {
            return Ok(Sent::DryRun(Box::new(answer(call).await?)));
        }
        Ok(Sent::Admitted(Box::new(answer(call).await?)))
    }

    /// Asks for a replacement of a signed transaction that does not confirm. `idempotency_key` as for
    /// [`Client::send_transaction`].
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn replace_transaction(
        &self,
        id: TxId,
        request: &ReplaceRequest,
        query: &SendQuery,
        idempotency_key: Option<&str>,
    ) -> Result<Transaction, ClientError> {
        let path = with_query(&format!("/v1/transactions/{id}/replace"), query)?;
        let call = self.request(Method::POST, &path, Credential::Session)?;
        answer(call.header("idempotency-key", own_or_fresh(idempotency_key)).json(request)).await
    }

    /// Dry run of a request; nothing is written.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn simulate(&self, request: &TransactionRequest) -> Result<DryRunResult, ClientError> {
        self.send(Method::POST, "/v1/transactions/simulate", request, Credential::Session).await
    }

    /// Asks for a signature over a transaction built elsewhere. `idempotency_key` as for
    /// [`Client::send_transaction`].
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn sign_transaction(
        &self,
        request: &SignTransactionRequest,
        idempotency_key: Option<&str>,
    ) -> Result<Signed, ClientError> {
        let call = self.request(Method::POST, "/v1/transactions/sign", Credential::Session)?;
        answer(call.header("idempotency-key", own_or_fresh(idempotency_key)).json(request)).await
    }

    /// Asks for a signature over a text or typed data. `idempotency_key` as for
    /// [`Client::send_transaction`].
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn sign_message(
        &self,
        request: &SignMessageRequest,
        idempotency_key: Option<&str>,
    ) -> Result<Signed, ClientError> {
        let call = self.request(Method::POST, "/v1/transactions/sign-message", Credential::Session)?;
        answer(call.header("idempotency-key", own_or_fresh(idempotency_key)).json(request)).await
    }

    /// Encodes the call data of a contract's function.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn encode_calldata(
        &self,
        request: &EncodeCalldataRequest,
    ) -> Result<EncodedCalldata, ClientError> {
        self.send(Method::POST, "/v1/utils/encode-calldata", request, Credential::Session).await
    }

    /// Explains a decision about one of the session's transactions.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn explain(&self, id: TxId) -> Result<Explanation, ClientError> {
        self.get(&format!("/v1/transactions/{id}/explain"), Credential::Session).await
    }

    /// The session's transactions, newest first.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn transactions(&self, query: &TransactionQuery) -> Result<Items<Transaction>, ClientError> {
        self.query("/v1/transactions", query, Credential::Session).await
    }

    /// The session's waiting transactions.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn pending_transactions(&self, query: &WalletQuery) -> Result<Vec<Transaction>, ClientError> {
        let all: All<Transaction> =
            self.query("/v1/transactions/pending", query, Credential::Session).await?;
        Ok(all.data)
    }

    /// One of the session's transactions.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn transaction(&self, id: TxId) -> Result<Transaction, ClientError> {
        self.get(&format!("/v1/transactions/{id}"), Credential::Session).await
    }

    /// Cancels a waiting transaction.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn cancel_transaction(&self, id: TxId) -> Result<Transaction, ClientError> {
        self.call(Method::POST, &format!("/v1/transactions/{id}/cancel"), Credential::Session).await
    }

    /// The question to the owner.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn approval(&self, id: TxId) -> Result<Approval, ClientError> {
        self.get(&format!("/v1/transactions/{id}/approval"), Credential::None).await
    }

    /// Approves a transaction, as its owner.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn approve(&self, id: TxId, answer: &OwnerSignature) -> Result<Approved, ClientError> {
        self.call(Method::POST, &format!("/v1/transactions/{id}/approve"), Credential::Owner(answer)).await
    }

    /// Rejects a transaction, as its owner.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn reject(&self, id: TxId, answer: &OwnerSignature) -> Result<Rejected, ClientError> {
        self.call(Method::POST, &format!("/v1/transactions/{id}/reject"), Credential::Owner(answer)).await
    }

    /// All transactions, newest first.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn admin_transactions(
        &self,
        query: &TransactionQuery,
    ) -> Result<Items<Transaction>, ClientError> {
        self.query("/v1/admin/transactions", query, Credential::Master).await
    }

    /// One transaction of any session.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn admin_transaction(&self, id: TxId) -> Result<Transaction, ClientError> {
        self.get(&format!("/v1/admin/transactions/{id}"), Credential::Master).await
    }

    /// Explains a decision about a transaction of any session.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn admin_explain(&self, id: TxId) -> Result<Explanation, ClientError> {
        self.get(&format!("/v1/admin/transactions/{id}/explain"), Credential::Master).await
    }

    /// Cancels a waiting transaction of any session.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn admin_cancel(&self, id: TxId) -> Result<Transaction, ClientError> {
        self.call(Method::POST, &format!("/v1/admin/transactions/{id}/cancel"), Credential::Master).await
    }

    /// Rejects a transaction of any session that waits for its owner.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn admin_reject(&self, id: TxId) -> Result<Rejected, ClientError> {
        self.call(Method::POST, &format!("/v1/admin/transactions/{id}/reject"), Credential::Master).await
    }

    /// Closes a signed transaction that can no longer confirm, or says what that would do.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn admin_close(&self, id: TxId, request: &CloseRequest) -> Result<Closed, ClientError> {
        self.send(Method::POST, &format!("/v1/admin/transactions/{id}/close"), request, Credential::Master)
            .await
    }
}

/// A key that no other request has.
#[expect(clippy::disallowed_methods, reason = "the caller's machine, not the daemon")]
fn own_or_fresh(key: Option<&str>) -> String {
    key.map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

fn with_query(path: &str, query: &SendQuery) -> Result<String, ClientError> {
    let mut path = path.to_owned();
    let pairs = super::query_pairs(query)?;
    for (place, (name, value)) in pairs.iter().enumerate() {
        let mark = if place == 0 { '?' } else { '&' };
        path.push_str(&format!("{mark}{name}={value}"));
    }
    Ok(path)
}
