use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wiremock::matchers::{body_string, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;

/// Gives each answer once, in order, and the last one again and again.
struct Answers {
    answers: Vec<Vec<&'static str>>,
    asked: AtomicUsize,
}

#[async_trait]
impl Resolver for Answers {
    async fn resolve(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
        let asked = self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = self.answers.get(asked).or(self.answers.last()).expect("an answer");
        Ok(answer.iter().map(|text| text.parse().expect("address")).collect())
    }
}

fn names(answers: &[&[&'static str]]) -> Arc<Answers> {
    let answers = answers.iter().map(|answer| answer.to_vec()).collect();
    Arc::new(Answers { answers, asked: AtomicUsize::new(0) })
}

async fn post(client: &Outbound, url: &str) -> Result<Answer, OutboundError> {
    let target = Target::parse(url).expect("URL");
    let headers = vec![("X-Test", "yes".to_owned())];
    let timeout = Duration::from_secs(20);
    client.post(Request { target: &target, headers, body: b"hello".to_vec(), timeout }).await
}

fn allowing(server: &MockServer, resolver: Arc<Answers>) -> Outbound {
    Outbound::new(AllowList::parse(&[server.address().to_string()]).expect("entry"), resolver)
}

async fn receiver(answer: ResponseTemplate, times: u64) -> MockServer {
    let server = MockServer::start().await;
    let mock = Mock::given(method("POST")).and(path("/hook"));
    let mock = mock.and(header("X-Test", "yes")).and(body_string("hello"));
    mock.respond_with(answer).expect(times).mount(&server).await;
    server
}

#[tokio::test]
async fn the_connection_goes_to_the_address_that_was_checked() {
    let server = receiver(ResponseTemplate::new(204), 1).await;
    let port = server.address().port();
    // A name service that gives another address when it is asked again.
    let resolver = names(&[&["127.0.0.1"], &["169.254.169.254"]]);
    let client = allowing(&server, resolver.clone());
    let answer = post(&client, &format!("http://hook.example:{port}/hook")).await.expect("answer");
    assert_eq!(answer, Answer { status: 204 });
    assert_eq!(resolver.asked.load(Ordering::SeqCst), 1, "resolved once");
    let second = post(&client, &format!("http://hook.example:{port}/hook")).await;
    assert!(matches!(second, Err(OutboundError::Refused(Refusal::NotPublic))), "{second:?}");
}

#[tokio::test]
async fn one_address_that_is_not_allowed_refuses_the_name() {
    let server = receiver(ResponseTemplate::new(204), 0).await;
    let port = server.address().port();
    for answer in [["127.0.0.1", "10.0.0.1"], ["10.0.0.1", "127.0.0.1"], ["127.0.0.1", "::1"]] {
        let client = allowing(&server, names(&[&answer]));
        let refused = post(&client, &format!("http://hook.example:{port}/hook")).await;
        assert!(matches!(refused, Err(OutboundError::Refused(Refusal::NotPublic))), "{refused:?}");
    }
    let client = Outbound::new(AllowList::default(), names(&[&["127.0.0.1"]]));
    let refused = post(&client, &format!("https://hook.example:{port}/hook")).await;
    assert!(matches!(refused, Err(OutboundError::Refused(Refusal::NotPublic))), "{refused:?}");
    let client = Outbound::new(AllowList::default(), Arc::new(SystemResolver));
    let refused = post(&client, &format!("https://localhost:{port}/hook")).await;
    assert!(matches!(refused, Err(OutboundError::Refused(Refusal::NotPublic))), "{refused:?}");
    let client = Outbound::new(AllowList::default(), names(&[&["8.8.8.8"]]));
    let refused = post(&client, "http://hook.example/hook").await;
    assert!(matches!(refused, Err(OutboundError::Refused(Refusal::NotEncrypted))), "{refused:?}");
}

#[tokio::test]
async fn redirects_are_answers() {
    let elsewhere = receiver(ResponseTemplate::new(200), 0).await;
    let redirect = ResponseTemplate::new(307).insert_header("location", format!("{}/hook", elsewhere.uri()));
    let server = receiver(redirect, 1).await;
    let client = allowing(&server, names(&[&[]]));
    let answer = post(&client, &format!("{}/hook", server.uri())).await.expect("answer");
    assert_eq!(answer, Answer { status: 307 });
}

#[tokio::test]
async fn long_answers_are_cut_off() {
    let server = receiver(ResponseTemplate::new(200).set_body_bytes(vec![b'x'; MAX_ANSWER * 40]), 1).await;
    let client = allowing(&server, names(&[&[]]));
    let answer = post(&client, &format!("{}/hook", server.uri())).await.expect("answer");
    assert_eq!(answer, Answer { status: 200 });
}

#[tokio::test]
async fn a_body_that_never_ends_does_not_take_the_status_back() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("port");
    let address = listener.local_addr().expect("address");
    let receiver = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("connection");
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(stream.read_u8().await.expect("the request"));
        }
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n";
        stream.write_all(head).await.expect("head");
        std::future::pending::<()>().await;
    });
    let client = Outbound::new(AllowList::parse(&["127.0.0.1"]).expect("entry"), names(&[&[]]));
    let target = Target::parse(&format!("http://{address}/hook")).expect("URL");
    let timeout = Duration::from_secs(2);
    let answer =
        client.post(Request { target: &target, headers: Vec::new(), body: Vec::new(), timeout }).await;
    assert_eq!(answer.expect("answer"), Answer { status: 200 });
    receiver.abort();
}

#[tokio::test]
async fn silence_and_closed_ports_are_told_apart() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("port");
    let address = listener.local_addr().expect("address");
    let client = Outbound::new(AllowList::parse(&["127.0.0.1"]).expect("entry"), names(&[&[]]));
    let target = Target::parse(&format!("http://{address}/hook")).expect("URL");
    let timeout = Duration::from_millis(200);
    let request = || Request { target: &target, headers: Vec::new(), body: Vec::new(), timeout };
    let silent = client.post(request()).await;
    assert!(matches!(silent, Err(OutboundError::Timeout)), "{silent:?}");
    drop(listener);
    let closed = post(&client, &format!("http://{address}/hook")).await;
    assert!(matches!(closed, Err(OutboundError::Unreachable)), "{closed:?}");
    let unresolved = post(&client, "https://hook.example/").await;
    assert!(matches!(unresolved, Err(OutboundError::Unresolved)), "{unresolved:?}");
}

/// A server that answers every request with informational answers without end, on a thread of its own.
fn endless() -> SocketAddr {
    use std::io::{Read as _, Write as _};

    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("port");
    let address = listener.local_addr().expect("address");
    std::thread::spawn(move || {
        let Ok((mut connection, _)) = listener.accept() else { return };
        let mut head = [0; 1024];
        let _ = connection.read(&mut head);
        let flood = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(4_000);
        while connection.write_all(&flood).is_ok() {}
    });
    address
}

#[tokio::test]
async fn endless_informational_answers_hold_up_nothing_else() {
    let address = endless();
    let allowed = AllowList::parse(&[address.to_string()]).expect("entry");
    let client = Outbound::new(allowed, Arc::new(SystemResolver));
    let target = Target::parse(&format!("http://{address}/")).expect("URL");
    let timeout = Duration::from_millis(500);
    let request = Request { target: &target, headers: Vec::new(), body: Vec::new(), timeout };
    let (mut answer, mut turns) = (std::pin::pin!(client.post(request)), 0u32);
    let mut other = tokio::time::interval(Duration::from_millis(20));
    let ended = loop {
        tokio::select! {
            ended = &mut answer => break ended,
            _ = other.tick() => turns += 1,
        }
    };
    assert!(matches!(ended, Err(OutboundError::Timeout)), "{ended:?}");
    assert!(turns > 3, "the one thread of this runtime went on: {turns}");
}
