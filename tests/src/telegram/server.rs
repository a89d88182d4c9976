//! The methods of the Bot API that the bot uses.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State as Extracted};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::any;
use serde_json::{Map, Value, json};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::TOKEN;
use super::people::Shown;
use super::wire::{error, ok, parameters, wait};

/// Most UTF-16 code units of a message.
const LONGEST: usize = 4096;
/// Most bytes of a button's data.
const LONGEST_DATA: usize = 64;

/// What the double knows.
#[derive(Default)]
pub(super) struct State {
    inner: Mutex<Inner>,
    /// Something was sent to the bot, or asked for by another poll.
    arrived: Notify,
    /// The bot has written or changed a message.
    pub(super) written: Notify,
}

#[derive(Default)]
struct Inner {
    next_update: i64,
    next_message: i32,
    updates: VecDeque<Value>,
    /// The number of the present poll. An older one is ended.
    poll: u64,
    names: BTreeMap<i64, String>,
    blocked: BTreeSet<i64>,
    messages: BTreeMap<(i64, i32), Shown>,
    /// Taps that wait to be acknowledged.
    taps: BTreeSet<String>,
    waits: (u32, u32),
}

impl State {
    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn know(&self, number: i64, name: &str) {
        self.lock().names.insert(number, name.to_owned());
    }

    pub(super) fn block(&self, number: i64, blocked: bool) {
        let mut inner = self.lock();
        if blocked {
            inner.blocked.insert(number)
        } else {
            inner.blocked.remove(&number)
        };
    }

    pub(super) fn ask_to_wait(&self, requests: u32, seconds: u32) {
        self.lock().waits = (requests, seconds);
    }

    pub(super) fn forge(&self, mut update: Value) {
        let mut inner = self.lock();
        inner.next_update += 1;
        update["update_id"] = json!(inner.next_update);
        inner.updates.push_back(update);
        drop(inner);
        self.arrived.notify_waiters();
    }

    /// The next number of a message in any chat.
    pub(super) fn number(&self) -> i32 {
        let mut inner = self.lock();
        inner.next_message += 1;
        inner.next_message
    }

    pub(super) fn tap(&self) -> String {
        let id = format!("tap-{}", self.number());
        self.lock().taps.insert(id.clone());
        id
    }

    pub(super) fn taps_waiting(&self) -> usize {
        self.lock().taps.len()
    }

    pub(super) fn messages(&self, chat: i64) -> Vec<Shown> {
        let inner = self.lock();
        inner.messages.iter().filter(|((at, _), _)| *at == chat).map(|(_, shown)| shown.clone()).collect()
    }
}

pub(super) fn router(state: Arc<State>) -> Router {
    Router::new().route("/{bot}/{method}", any(call)).with_state(state)
}

async fn call(
    Extracted(state): Extracted<Arc<State>>,
    Path((bot, method)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if bot != format!("bot{TOKEN}") {
        return error(401, "Unauthorized");
    }
    let asked = parameters(&headers, &body);
    match method.to_ascii_lowercase().as_str() {
        "getme" => ok(me()),
        "getupdates" => updates(&state, &asked).await,
        "sendmessage" => send(&state, &asked),
        "editmessagetext" => edit(&state, &asked),
        "answercallbackquery" => acknowledge(&state, &asked),
        "deletewebhook" => ok(json!(true)),
        _ => error(404, "Not Found: method not found"),
    }
}

pub(super) fn me() -> Value {
    json!({ "id": 7_000_000_000i64, "is_bot": true, "first_name": "WAIaaS", "username": "waiaas_test_bot",
        "can_join_groups": false, "can_read_all_group_messages": false, "supports_inline_queries": false,
        "can_connect_to_business": false, "has_main_web_app": false })
}

async fn updates(state: &State, asked: &Map<String, Value>) -> Response {
    let number = |name: &str| asked.get(name).and_then(Value::as_i64);
    let until = Instant::now() + Duration::from_secs(number("timeout").unwrap_or(0).clamp(0, 50) as u64);
    let limit = number("limit").unwrap_or(100).clamp(1, 100) as usize;
    let mine = {
        let mut inner = state.lock();
        if let Some(offset) = number("offset") {
            inner.updates.retain(|update| update["update_id"].as_i64() >= Some(offset));
        }
        inner.poll += 1;
        inner.poll
    };
    state.arrived.notify_waiters();
    loop {
        let arrived = state.arrived.notified();
        {
            let inner = state.lock();
            if inner.poll != mine {
                return error(
                    409,
                    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
                );
            }
            let found: Vec<_> = inner.updates.iter().take(limit).cloned().collect();
            if !found.is_empty() {
                return ok(json!(found));
            }
        }
        if timeout_at(until, arrived).await.is_err() {
            return ok(json!([]));
        }
    }
}

/// The refusal of a text or a keyboard beyond the limits.
fn beyond_limits(asked: &Map<String, Value>) -> Option<Response> {
    let text = asked.get("text").and_then(Value::as_str).unwrap_or_default();
    if text.trim().is_empty() {
        return Some(error(400, "Bad Request: message text is empty"));
    }
    if text.encode_utf16().count() > LONGEST {
        return Some(error(400, "Bad Request: message is too long"));
    }
    let data = buttons(asked).into_iter().any(|(_, data)| data.len() > LONGEST_DATA || data.is_empty());
    data.then(|| error(400, "Bad Request: BUTTON_DATA_INVALID"))
}

/// Text and data of every button.
fn buttons(asked: &Map<String, Value>) -> Vec<(String, String)> {
    let rows = asked.get("reply_markup").and_then(|markup| markup["inline_keyboard"].as_array());
    let all = rows.into_iter().flatten().filter_map(Value::as_array).flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    all.map(|button| (text(&button["text"]), text(&button["callback_data"]))).collect()
}

fn send(state: &State, asked: &Map<String, Value>) -> Response {
    let Some(chat) = asked.get("chat_id").and_then(Value::as_i64) else {
        return error(400, "Bad Request: chat_id is empty");
    };
    if let Some(refused) = beyond_limits(asked) {
        return refused;
    }
    let message = {
        let mut inner = state.lock();
        if !inner.names.contains_key(&chat) {
            return error(400, "Bad Request: chat not found");
        }
        if inner.blocked.contains(&chat) {
            return error(403, "Forbidden: bot was blocked by the user");
        }
        if inner.waits.0 > 0 {
            inner.waits.0 -= 1;
            return wait(inner.waits.1);
        }
        inner.next_message += 1;
        let id = inner.next_message;
        inner.messages.insert((chat, id), Shown::new(id, asked, buttons(asked)));
        message(&inner, chat, id)
    };
    state.written.notify_waiters();
    ok(message)
}

fn edit(state: &State, asked: &Map<String, Value>) -> Response {
    let place =
        (asked.get("chat_id").and_then(Value::as_i64), asked.get("message_id").and_then(Value::as_i64));
    let (Some(chat), Some(id)) = place else {
        return error(400, "Bad Request: message identifier is not specified");
    };
    if let Some(refused) = beyond_limits(asked) {
        return refused;
    }
    let message = {
        let mut inner = state.lock();
        let id = i32::try_from(id).unwrap_or_default();
        let Some(shown) = inner.messages.get_mut(&(chat, id)) else {
            return error(400, "Bad Request: message to edit not found");
        };
        let new = Shown::new(id, asked, buttons(asked));
        if (&shown.text, &shown.buttons) == (&new.text, &new.buttons) {
            return error(
                400,
                "Bad Request: message is not modified: specified new message content and reply markup are exactly \
                 the same as a current content and reply markup of the message",
            );
        }
        *shown = new;
        message(&inner, chat, id)
    };
    state.written.notify_waiters();
    ok(message)
}

fn acknowledge(state: &State, asked: &Map<String, Value>) -> Response {
    let id = asked.get("callback_query_id").and_then(Value::as_str).unwrap_or_default();
    if state.lock().taps.remove(id) {
        return ok(json!(true));
    }
    error(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
}

/// A message as the Bot API answers with it.
fn message(inner: &Inner, chat: i64, id: i32) -> Value {
    let name = inner.names.get(&chat).cloned().unwrap_or_default();
    let text = inner.messages.get(&(chat, id)).map(|shown| shown.text.clone()).unwrap_or_default();
    json!({ "message_id": id, "from": me(), "date": 1_800_000_000, "text": text,
        "chat": { "id": chat, "first_name": name, "type": "private" } })
}
