//! Webhooks.

use reqwest::Method;
use waiaas_core::ids::{DeliveryId, WebhookId};

use super::{Client, ClientError, Credential};
use crate::page::{All, Listing};
use crate::webhooks::{CreateWebhook, Delivery, DeliveryQuery, IssuedWebhook, UpdateWebhook, Webhook};

impl Client {
    /// Creates a webhook. Only this answer contains its secret.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn create_webhook(&self, new: &CreateWebhook) -> Result<IssuedWebhook, ClientError> {
        self.send(Method::POST, "/v1/webhooks", new, Credential::Master).await
    }

    /// Every webhook.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn webhooks(&self) -> Result<All<Webhook>, ClientError> {
        self.get("/v1/webhooks", Credential::Master).await
    }

    /// One webhook.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn webhook(&self, id: WebhookId) -> Result<Webhook, ClientError> {
        self.get(&format!("/v1/webhooks/{id}"), Credential::Master).await
    }

    /// Changes, pauses or resumes a webhook.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn update_webhook(
        &self,
        id: WebhookId,
        change: &UpdateWebhook,
    ) -> Result<Webhook, ClientError> {
        self.send(Method::PUT, &format!("/v1/webhooks/{id}"), change, Credential::Master).await
    }

    /// Deletes a webhook with its log.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn delete_webhook(&self, id: WebhookId) -> Result<(), ClientError> {
        self.call(Method::DELETE, &format!("/v1/webhooks/{id}"), Credential::Master).await
    }

    /// The log of a webhook's deliveries, newest first.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn webhook_logs(
        &self,
        id: WebhookId,
        query: &DeliveryQuery,
    ) -> Result<Listing<Delivery>, ClientError> {
        self.query(&format!("/v1/webhooks/{id}/logs"), query, Credential::Master).await
    }

    /// Sends a test message, and answers with what came of it.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn test_webhook(&self, id: WebhookId) -> Result<Delivery, ClientError> {
        self.call(Method::POST, &format!("/v1/webhooks/{id}/test"), Credential::Master).await
    }

    /// Makes one more attempt at a delivery that has ended, and answers with what came of it.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn redeliver(&self, id: WebhookId, delivery: DeliveryId) -> Result<Delivery, ClientError> {
        let path = format!("/v1/webhooks/{id}/deliveries/{delivery}/redeliver");
        self.call(Method::POST, &path, Credential::Master).await
    }
}
