//! Reading the body of an answer within its limits.

use reqwest::Response;
use serde::de::DeserializeOwned;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::envelope::{self, Answer};
use super::failure::RpcFailure;
use super::limits;

/// Reads an answer up to its limit. A huge one takes `place` until it is read.
pub(super) async fn bounded_body<'a>(
    mut response: Response,
    most: usize,
    place: &'a Semaphore,
    huge: &mut Option<SemaphorePermit<'a>>,
) -> Result<Vec<u8>, RpcFailure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        if huge.is_none() && body.len().saturating_add(chunk.len()) > limits::HUGE {
            *huge = place.acquire().await.ok();
        }
        if body.len().saturating_add(chunk.len()) > most {
            return Err(RpcFailure::TooLarge(most));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Reads the answer to the request `id`; a large one on a blocking thread.
pub(super) async fn read<R>(body: Vec<u8>, id: u64) -> Result<Result<Answer<R>, &'static str>, RpcFailure>
where
    R: DeserializeOwned + Send + 'static,
{
    if body.len() <= limits::LARGE {
        return Ok(envelope::read(&body, id));
    }
    let read = tokio::task::spawn_blocking(move || envelope::read(&body, id)).await;
    read.map_err(|_| RpcFailure::BadAnswer("the answer could not be read".to_owned()))
}

/// Describes a transport error without its own text, which contains the URL.
#[expect(clippy::needless_pass_by_value, reason = "used as a map_err function")]
pub(super) fn broken(error: reqwest::Error) -> RpcFailure {
    let reason = if error.is_timeout() {
        "the node did not answer in time"
    } else if error.is_connect() {
        "no connection to the node"
    } else {
        "the connection to the node broke"
    };
    RpcFailure::Unreachable(reason.to_owned())
}
