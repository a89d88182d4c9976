//! `GET /`: whether the daemon runs and its networks answer, for people with a browser.
//!
//! Every caller who reaches the port can read it, so it shows only the content of `GET /health`, whether
//! signing is stopped, and whether each network's endpoints answer: no wallet, no amount, no host of an
//! endpoint.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_TYPE, VARY};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::{DOCTYPE, Markup, html};
use waiaas_core::network::NetworkId;
use waiaas_engine::EndpointState;

use crate::app::App;
use crate::extract::Public;
use crate::problem::Failure;
use crate::router::no_such_path;
use crate::web::style;
use crate::web::surface::READING;

/// The router of the surface.
pub(super) fn surface() -> Router<App> {
    READING.around(Router::new().route("/", get(status)).route(style::PATH, get(style::sheet)))
}

/// Browsers ask for HTML explicitly and get the page. For other clients this path does not exist.
async fn status(_: Public, State(app): State<App>, headers: HeaderMap) -> Result<Response, Failure> {
    if !asks_for_html(&headers) {
        let mut answer = no_such_path().await.into_response();
        answer.headers_mut().insert(VARY, ACCEPT.into());
        return Ok(answer);
    }
    let health = app.engine().health();
    let shown = Shown {
        version: health.version,
        uptime: health.uptime,
        is_stopped: app.engine().is_signing_stopped().await?,
        networks: networks(&app.engine().endpoint_states()),
    };
    let kind = "text/html; charset=utf-8";
    Ok(([(CONTENT_TYPE, kind), (VARY, "accept")], page(&shown).into_string()).into_response())
}

/// Whether an `Accept` header names HTML with a weight above zero. A wildcard does not count.
fn asks_for_html(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let is_html = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("text/html"));
        let is_refused = |part: &str| {
            let weight = part.strip_prefix("q=").or_else(|| part.strip_prefix("Q="));
            weight.is_some_and(|weight| weight.bytes().all(|byte| byte == b'0' || byte == b'.'))
        };
        is_html && !parts.any(is_refused)
    })
}

/// The content of the page.
struct Shown<'a> {
    version: &'a str,
    uptime: i64,
    is_stopped: bool,
    networks: BTreeMap<String, Answers>,
}

/// The endpoints of a network that answered the last question.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Answers {
    All,
    Some,
    None,
}

impl Answers {
    const fn as_str(self) -> &'static str {
        match self {
            Self::All => "no failure",
            Self::Some => "some endpoints fail",
            Self::None => "no endpoint answers",
        }
    }
}

fn networks(endpoints: &[EndpointState]) -> BTreeMap<String, Answers> {
    let mut counts = BTreeMap::<&NetworkId, (usize, usize)>::new();
    for endpoint in endpoints {
        let (all, failing) = counts.entry(&endpoint.network).or_default();
        *all = all.saturating_add(1);
        *failing = failing.saturating_add(usize::from(endpoint.consecutive_failures > 0));
    }
    let answers = |(all, failing): (usize, usize)| match failing {
        0 => Answers::All,
        _ if failing == all => Answers::None,
        _ => Answers::Some,
    };
    counts.into_iter().map(|(network, count)| (network.to_string(), answers(count))).collect()
}

fn page(shown: &Shown<'_>) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "WAIaaS" }
                link rel="stylesheet" href=(style::PATH);
            }
            body {
                main {
                    h1 { "WAIaaS" }
                    table {
                        tbody {
                            tr { th scope="row" { "Version" } td { (shown.version) } }
                            tr { th scope="row" { "Up for" } td { (lasting(shown.uptime)) } }
                            tr {
                                th scope="row" { "Signing" }
                                @if shown.is_stopped {
                                    td class="bad" { "stopped: the kill switch is activated" }
                                } @else {
                                    td { "running" }
                                }
                            }
                        }
                    }
                    h2 { "Networks" }
                    table {
                        thead { tr { th scope="col" { "Network" } th scope="col" { "Endpoints, when last asked" } } }
                        tbody {
                            @for (network, answers) in &shown.networks {
                                tr {
                                    th scope="row" { (network) }
                                    td class=[(*answers != Answers::All).then_some("bad")] { (answers.as_str()) }
                                }
                            }
                        }
                    }
                    h2 { "More" }
                    ul {
                        li { a href="/doc" { "The API as an OpenAPI document" } }
                        li { a href="/health" { "Health, for programs" } }
                        li { "On this machine: " code { "waiaas status" } ", " code { "waiaas --help" } }
                    }
                }
            }
        }
    }
}

/// A duration in its two largest units.
fn lasting(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, ..) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(values: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(ACCEPT, value.parse().expect("header"));
        }
        asks_for_html(&headers)
    }

    #[test]
    fn only_clients_that_name_html_get_the_page() {
        let chromium = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
        for values in
            [&[chromium][..], &["TEXT/HTML"], &["application/json, text/html;q=0.1"], &["a/b", "text/html"]]
        {
            assert!(accepts(values), "{values:?}");
        }
        for values in [
            &[][..],
            &["*/*"],
            &["text/*"],
            &["application/json"],
            &["text/html;q=0"],
            &["text/html; q=0.000"],
            &["text/htmlx"],
            &[""],
        ] {
            assert!(!accepts(values), "{values:?}");
        }
    }

    #[test]
    fn values_are_escaped() {
        let hostile = "<script>alert(\"1\")</script>&";
        let networks = BTreeMap::from([(hostile.to_owned(), Answers::Some)]);
        let html = page(&Shown { version: hostile, uptime: 1, is_stopped: true, networks }).into_string();
        assert!(!html.contains("<script"), "{html}");
        assert_eq!(
            html.matches("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;").count(),
            2,
            "{html}"
        );
        assert!(html.contains("the kill switch is activated"));
    }

    #[test]
    fn a_network_answers_if_all_its_endpoints_do() {
        let endpoint = |network: &str, number, failures| EndpointState {
            network: NetworkId::new(network),
            number,
            consecutive_failures: failures,
            resting: failures > 0,
        };
        let states = [endpoint("a", 1, 0), endpoint("b", 1, 0), endpoint("b", 2, 3), endpoint("c", 1, 1)];
        let shown = networks(&states);
        let expected = [("a", Answers::All), ("b", Answers::Some), ("c", Answers::None)];
        assert_eq!(shown, expected.map(|(network, answers)| (network.to_owned(), answers)).into());
    }

    #[test]
    fn lengths_of_time_have_two_units() {
        for (seconds, text) in
            [(-1, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (7_260, "2 h 1 min"), (900_000, "10 d 10 h")]
        {
            assert_eq!(lasting(seconds), text);
        }
    }
}
