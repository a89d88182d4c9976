//! WebSocket connections (RFC 6455) to services that the operator chose.
//!
//! A connection is read by a task on the threads of [`Lane::Services`], so that a peer that sends without end delays
//! no answer of the daemon.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, Upgraded};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_util::task::AbortOnDropHandle;

use crate::client::{OutboundError, failure};
use crate::lanes::Lane;

/// Time to connect and upgrade.
const CONNECT: Duration = Duration::from_secs(10);
/// Most bytes of one message.
const LONGEST_MESSAGE: usize = 256 * 1024;
/// Messages that wait in each direction.
const WAITING: usize = 16;
/// Time until a text is taken for sending.
const SEND: Duration = Duration::from_secs(10);
/// Period of our pings.
const PING: Duration = Duration::from_secs(20);
/// The connection ends if the peer sends nothing for this long.
const SILENCE: Duration = Duration::from_secs(60);

/// An open connection. Dropping it closes the connection.
pub struct Socket {
    outgoing: mpsc::Sender<String>,
    incoming: mpsc::Receiver<String>,
    _task: AbortOnDropHandle<()>,
}

impl Socket {
    /// Connects to an `http` or `https` URL and upgrades the connection. Redirects are not followed.
    ///
    /// # Errors
    ///
    /// [`OutboundError`] if there is no such service, or it does not upgrade in time. No error repeats the URL.
    pub async fn connect(url: &str) -> Result<Self, OutboundError> {
        let (url, (outgoing, to_send), (received, incoming)) =
            (url.to_owned(), mpsc::channel(WAITING), mpsc::channel(WAITING));
        let opened = Lane::Services.run(async move {
            let stream = timeout(CONNECT, upgrade(&url)).await.unwrap_or(Err(OutboundError::Timeout))?;
            Ok::<_, OutboundError>(AbortOnDropHandle::new(tokio::spawn(pump(stream, to_send, received))))
        });
        Ok(Self { outgoing, incoming, _task: opened.await?? })
    }

    /// Sends a text.
    ///
    /// # Errors
    ///
    /// [`OutboundError`] if the connection has ended, or takes no text in time.
    pub async fn send(&self, text: String) -> Result<(), OutboundError> {
        let sent = timeout(SEND, self.outgoing.send(text)).await.map_err(|_| OutboundError::Timeout)?;
        sent.map_err(|_| OutboundError::Unreachable)
    }

    /// Waits for the next text; none if the connection has ended. Cancelling it loses no text.
    pub async fn next(&mut self) -> Option<String> {
        self.incoming.recv().await
    }
}

async fn upgrade(url: &str) -> Result<WebSocketStream<Upgraded>, OutboundError> {
    let client = Client::builder().redirect(Policy::none()).referer(false).http1_only().build();
    let key = generate_key();
    let request = client
        .map_err(|_| OutboundError::Setup)?
        .get(url)
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, "websocket")
        .header(SEC_WEBSOCKET_VERSION, "13")
        .header(SEC_WEBSOCKET_KEY, &key);
    let response = request.send().await.map_err(|error| failure(&error))?;
    let accepted = response.headers().get(SEC_WEBSOCKET_ACCEPT).map(|value| value.as_bytes().to_vec());
    if response.status() != StatusCode::SWITCHING_PROTOCOLS
        || accepted.as_deref() != Some(derive_accept_key(key.as_bytes()).as_bytes())
    {
        return Err(OutboundError::Unreachable);
    }
    let upgraded = response.upgrade().await.map_err(|error| failure(&error))?;
    let limits = WebSocketConfig::default()
        .max_message_size(Some(LONGEST_MESSAGE))
        .max_frame_size(Some(LONGEST_MESSAGE));
    Ok(WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(limits)).await)
}

/// Moves texts in both directions until one side ends. Pings are answered by the library.
async fn pump(
    mut stream: WebSocketStream<Upgraded>,
    mut to_send: mpsc::Receiver<String>,
    received: mpsc::Sender<String>,
) {
    let (mut pings, mut heard) = (interval(PING), Instant::now());
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            frame = stream.next() => match frame {
                Some(Ok(Message::Text(text))) => {
                    heard = Instant::now();
                    if received.send(text.as_str().to_owned()).await.is_err() {
                        break;
                    }
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Binary(_) | Message::Frame(_))) => {
                    heard = Instant::now();
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
            },
            text = to_send.recv() => match text {
                Some(text) => {
                    if stream.send(Message::text(text)).await.is_err() {
                        break;
                    }
                }
                None => break,
            },
            _ = pings.tick() => {
                if heard.elapsed() > SILENCE || stream.send(Message::Ping(Vec::new().into())).await.is_err() {
                    break;
                }
            }
        }
    }
    let _ = timeout(Duration::from_secs(1), stream.close(None)).await;
}
