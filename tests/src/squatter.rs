//! A process that sits where a daemon is expected, and keeps all that it is sent.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

type Answering = Arc<dyn Fn(&str) -> (u16, String) + Send + Sync>;

/// It listens until it is dropped.
pub struct Squatter {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<u8>>>,
    task: JoinHandle<()>,
}

impl Squatter {
    /// On a port (0 for any), answering each request, head and body, with a status and JSON.
    pub async fn answering(
        port: u16,
        answer: impl Fn(&str) -> (u16, String) + Send + Sync + 'static,
    ) -> Result<Self> {
        let answer: Answering = Arc::new(answer);
        Self::start(local(port), move |stream, seen| {
            let answer = answer.clone();
            async move { reply(stream, seen, answer).await }
        })
        .await
    }

    /// On any port, passing everything on to a daemon and back.
    pub async fn relaying(to: &str) -> Result<Self> {
        Self::relaying_at(local(0), to).await
    }

    /// The same at this address.
    pub async fn relaying_at(address: SocketAddr, to: &str) -> Result<Self> {
        let to = to.trim_start_matches("http://").trim_end_matches('/').to_owned();
        Self::start(address, move |stream, seen| {
            let to = to.clone();
            async move { relay(stream, &to, seen).await }
        })
        .await
    }

    async fn start<F, R>(at: SocketAddr, handle: F) -> Result<Self>
    where
        F: Fn(TcpStream, Arc<Mutex<Vec<u8>>>) -> R + Send + 'static,
        R: Future<Output = Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind(at).await?;
        let (address, seen) = (listener.local_addr()?, Arc::new(Mutex::new(Vec::new())));
        let kept = seen.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                keep(&kept, b"\n-- a connection\n");
                tokio::spawn(handle(stream, kept.clone()));
            }
        });
        Ok(Self { address, seen, task })
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All it was sent, with a line for each connection.
    pub fn seen(&self) -> String {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&seen).into_owned()
    }
}

impl Drop for Squatter {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

fn keep(seen: &Mutex<Vec<u8>>, bytes: &[u8]) {
    seen.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
}

/// One request after the other.
async fn reply(mut stream: TcpStream, seen: Arc<Mutex<Vec<u8>>>, answer: Answering) -> Result<()> {
    loop {
        let mut request = Vec::new();
        while !is_whole(&request) {
            let mut part = [0; 4096];
            let read = stream.read(&mut part).await?;
            if read == 0 {
                return Ok(());
            }
            keep(&seen, &part[..read]);
            request.extend_from_slice(&part[..read]);
        }
        let (status, body) = answer(&String::from_utf8_lossy(&request));
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body.as_bytes()).await?;
    }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    body.len() >= length.unwrap_or(0)
}

async fn relay(stream: TcpStream, to: &str, seen: Arc<Mutex<Vec<u8>>>) -> Result<()> {
    let (mut from_caller, mut to_caller) = stream.into_split();
    let (mut from_daemon, mut to_daemon) = TcpStream::connect(to).await?.into_split();
    let back = tokio::spawn(async move { tokio::io::copy(&mut from_daemon, &mut to_caller).await });
    let mut part = [0; 4096];
    loop {
        let read = from_caller.read(&mut part).await?;
        if read == 0 {
            break;
        }
        keep(&seen, &part[..read]);
        to_daemon.write_all(&part[..read]).await?;
    }
    back.abort();
    Ok(())
}
