//! Answers updates: looks up the rights of the chat, carries out the command, and replies.

use waiaas_channels::telegram::{Bot, BotError, ChatId, Message, Update, UpdateKind};
use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::chat::{ChatNumber, ChatRole};
use waiaas_core::ids::TxId;
use waiaas_core::transaction::TxStatus;
use waiaas_core::wallet::KillSwitch;
use waiaas_store::{AuditEntry, TxFilter};

use super::command::Command;
use super::words;
use crate::Engine;
use crate::credentials::chat::{ChatAdmin, ChatReader, ChatRights};
use crate::credentials::{Activator, Decision, OwnerAnswer};
use crate::error::Error;
use crate::pipeline::transactions::cancelled;

/// Most cards in the answer to `/pending`.
const MOST_SHOWN: u32 = 10;
/// Most characters of a name that is kept.
const LONGEST_NAME: usize = 64;

/// Answers one update. Failures on the way back to the chat are logged: the person asks again.
///
/// # Errors
///
/// Storage errors; the update is answered again in the next turn.
pub(crate) async fn handle(engine: &Engine, bot: &Bot, update: Update) -> Result<(), Error> {
    let (chat, command, name) = match update.kind {
        UpdateKind::Text { chat, name, text } => (chat, Command::of_text(&text), name),
        UpdateKind::Tap { chat, id, data, .. } => {
            // A tap that is too old to be acknowledged is carried out all the same.
            let _ = bot.acknowledge(&id, "").await;
            (chat, Command::of_tap(&data), String::new())
        }
        UpdateKind::Other => {
            engine.meters().chat(false);
            return Ok(());
        }
    };
    let messages = replies(engine, ChatNumber(chat.0), &name, command).await?;
    engine.meters().chat(!messages.is_empty());
    for message in messages {
        send(bot, chat, &message).await;
    }
    Ok(())
}

async fn send(bot: &Bot, chat: ChatId, message: &Message) {
    match bot.send(chat, message).await {
        Ok(_) | Err(BotError::Blocked) => {}
        Err(error) => tracing::warn!(%error, "a reply to a chat was not sent"),
    }
}

/// The replies to a command. A chat without a role is answered once, when it registers, so that strangers cannot make
/// the bot write.
async fn replies(
    engine: &Engine,
    number: ChatNumber,
    name: &str,
    command: Command,
) -> Result<Vec<Message>, Error> {
    let said = |text: &str| Ok(vec![Message::plain(text)]);
    match (engine.rights_of_chat(number).await?, command) {
        (ChatRights::Unknown, Command::Start) => register(engine, number, name).await,
        (ChatRights::Unknown, _) | (ChatRights::Pending, _) => Ok(Vec::new()),
        (ChatRights::Reader(_) | ChatRights::Admin(_), Command::Start | Command::Help) => said(words::HELP),
        (ChatRights::Reader(_) | ChatRights::Admin(_), Command::Unknown) => said(words::UNKNOWN),
        (ChatRights::Reader(_) | ChatRights::Admin(_), Command::Malformed(usage)) => {
            said(&words::usage(usage))
        }
        (ChatRights::Reader(reader), command) => Ok(told(read(engine, reader, &command).await)),
        (ChatRights::Admin(admin), command) => Ok(told(act(engine, admin, command).await)),
    }
}

/// A failed command is answered with its error, so that it does not hold up those that follow.
fn told(done: Result<Vec<Message>, Error>) -> Vec<Message> {
    done.unwrap_or_else(|error| vec![Message::plain(words::failure(&error))])
}

async fn register(engine: &Engine, number: ChatNumber, name: &str) -> Result<Vec<Message>, Error> {
    let name: String = name.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
    let event = AuditEvent::ChatRegistered { chat: number, name: name.clone() };
    let audit = AuditEntry::new(event, Actor::Anonymous, engine.now());
    let store = engine.store();
    let kept =
        store.write(move |tx| Box::pin(async move { tx.register_chat(number, name, audit).await })).await?;
    Ok(if kept { vec![Message::plain(words::registered(number))] } else { Vec::new() })
}

async fn read(engine: &Engine, _: ChatReader, command: &Command) -> Result<Vec<Message>, Error> {
    let text = match command {
        Command::Status => status(engine).await?,
        Command::Wallets => wallets(engine).await?,
        _ => words::READ_ONLY.to_owned(),
    };
    Ok(vec![Message::plain(text)])
}

async fn act(engine: &Engine, admin: ChatAdmin, command: Command) -> Result<Vec<Message>, Error> {
    let said = |text: String| Ok(vec![Message::plain(text)]);
    match command {
        Command::Status => said(status(engine).await?),
        Command::Wallets => said(wallets(engine).await?),
        Command::Pending => pending(engine).await,
        Command::Ask(decision, tx) => {
            let view = engine.approval(tx).await?;
            let challenge = match decision {
                Decision::Approve => &view.approve,
                Decision::Reject => &view.reject,
            };
            Ok(words::to_sign(decision, &view, challenge))
        }
        Command::Answer(decision, tx, signature) => said(answer(engine, decision, tx, signature).await?),
        Command::Cancel(tx) => {
            let view = engine.view(tx).await?;
            let done = engine.withdraw(view, Actor::Chat(admin.number()), cancelled).await?;
            said(words::outcome(&done))
        }
        Command::KillSwitch => Ok(vec![words::kill_switch_question()]),
        Command::KillSwitchConfirmed => {
            engine.activate_kill_switch(&Activator::by_chat(admin)).await?;
            said(words::KILL_SWITCH_ACTIVATED.to_owned())
        }
        Command::Start | Command::Help | Command::Malformed(_) | Command::Unknown => {
            said(words::UNKNOWN.to_owned())
        }
    }
}

/// Passes an owner's signature on. The text is the stored one, so only the signature counts.
async fn answer(engine: &Engine, decision: Decision, tx: TxId, signature: String) -> Result<String, Error> {
    let view = engine.approval(tx).await?;
    let message = match decision {
        Decision::Approve => view.approve.message,
        Decision::Reject => view.reject.message,
    };
    let answer = OwnerAnswer { message, signature, address: None };
    let owner = engine.authenticate_owner_of_tx(tx, decision, answer).await?;
    let done = match decision {
        Decision::Approve => engine.owner(owner).approve().await?,
        Decision::Reject => engine.owner(owner).reject().await?,
    };
    Ok(words::outcome(&done))
}

async fn pending(engine: &Engine) -> Result<Vec<Message>, Error> {
    let filter = TxFilter { statuses: vec![TxStatus::PendingApproval], ..TxFilter::default() };
    let page = engine.store().transactions_page(&filter, None, MOST_SHOWN).await?;
    let mut messages = Vec::new();
    for row in &page.items {
        match super::cards::card_of(engine, row.id).await {
            Ok(card) => messages.push(card),
            Err(error) => tracing::warn!(tx = %row.id, %error, "a waiting request cannot be shown"),
        }
    }
    if messages.is_empty() {
        messages.push(Message::plain(words::NOTHING_PENDING));
    }
    if page.next.is_some() {
        messages.push(Message::plain("More wait: the newest are shown."));
    }
    Ok(messages)
}

async fn status(engine: &Engine) -> Result<String, Error> {
    let signing = match engine.store().kill_switch().await?.state {
        KillSwitch::Running => "Signing is on.",
        KillSwitch::Activated | KillSwitch::Locked => "The kill switch is activated: nothing is signed.",
    };
    let waiting = engine.store().transactions_in(&[TxStatus::PendingApproval]).await?;
    let wallets = engine.store().wallets().await?.len();
    Ok(format!(
        "WAIaaS {}. {signing}\nWallets: {wallets}. Requests that wait for their owner: {waiting}.",
        Engine::version()
    ))
}

async fn wallets(engine: &Engine) -> Result<String, Error> {
    let rows = engine.store().wallets().await?;
    let line = |row: &waiaas_store::WalletRow| {
        let name = waiaas_core::foreign::shown(&row.name);
        format!("{name} - {} {} {}\n{}", row.chain, row.environment, row.status, row.address)
    };
    let lines: Vec<_> = rows.iter().map(line).collect();
    Ok(if lines.is_empty() { "There are no wallets.".to_owned() } else { lines.join("\n") })
}

/// The roles that receive approval cards.
pub(super) const fn receives_cards(role: ChatRole) -> bool {
    match role {
        ChatRole::Admin => true,
        ChatRole::Pending | ChatRole::ReadOnly => false,
    }
}
