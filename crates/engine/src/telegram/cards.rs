//! Approval cards: sent to every chat with the role ADMIN when a request waits for its owner, and closed when it no
//! longer does. Which cards are due is read from the database, so a restart loses none; a card whose sending a crash
//! interrupts can be sent twice.

use waiaas_channels::telegram::{Bot, BotError, ChatId, Message, MessageId};
use waiaas_core::UnixSeconds;
use waiaas_core::chat::CardStatus;
use waiaas_core::ids::TxId;
use waiaas_core::transaction::TxStatus;
use waiaas_store::{CardRow, CardStep, Entity, StoreError};

use super::desk::receives_cards;
use super::words;
use crate::Engine;
use crate::error::Error;

/// Cards handled in one turn.
const BATCH: u32 = 20;
/// Seconds by which the search for new requests overlaps, since requests commit in another order than they begin.
const OVERLAP: UnixSeconds = 60;
/// The longest pause between two attempts, in seconds.
const LONGEST_PAUSE: UnixSeconds = 60;

/// Sends and closes the cards that are due. `since` is the time of the last turn; none in the first.
///
/// # Errors
///
/// Storage errors.
pub(crate) async fn turn(engine: &Engine, bot: &Bot, since: Option<UnixSeconds>) -> Result<(), Error> {
    let chats = engine.store().chats().await?;
    if !chats.iter().any(|chat| receives_cards(chat.role)) {
        return Ok(());
    }
    let (now, since) = (engine.now(), since.unwrap_or(0).saturating_sub(OVERLAP));
    engine.store().write(move |tx| Box::pin(async move { tx.want_cards(since, now).await })).await?;
    for card in engine.store().cards_due(now, BATCH).await? {
        let chat = chats.iter().find(|chat| chat.chat == card.chat);
        let known = chat.is_some_and(|chat| receives_cards(chat.role));
        let (step, goes_on) = take(engine, bot, &card, known).await?;
        let (tx, number, from, now) = (card.tx, card.chat, card.status, engine.now());
        let recorded = engine
            .store()
            .write(move |w| Box::pin(async move { w.step_card(tx, number, from, step, now).await }))
            .await;
        match recorded {
            Ok(()) | Err(StoreError::Conflict(Entity::Card)) => {}
            Err(error) => return Err(error.into()),
        }
        if !goes_on {
            return Ok(());
        }
    }
    Ok(())
}

/// Takes the next step of a card. Returns also whether others can be tried now.
async fn take(engine: &Engine, bot: &Bot, card: &CardRow, known: bool) -> Result<(CardStep, bool), Error> {
    let done = |status| Ok((CardStep::To(status, None), true));
    let chat = ChatId(card.chat.0);
    let attempt = match (card.status, card.message) {
        _ if !known => return done(CardStatus::Closed),
        (CardStatus::Wanted, _) if card.tx_status != TxStatus::PendingApproval => {
            return done(CardStatus::Closed);
        }
        (CardStatus::Wanted, _) => match card_of(engine, card.tx).await {
            Ok(message) => bot.send(chat, &message).await.map(|sent| (CardStatus::Open, Some(sent.0))),
            // It ended, or its time is over: the sweep of approvals ends it.
            Err(error) => {
                tracing::debug!(tx = %card.tx, %error, "no card: the request can no longer be approved");
                return done(CardStatus::Closed);
            }
        },
        (CardStatus::Open, Some(message)) => {
            let text = words::outcome(&engine.view(card.tx).await?);
            bot.replace(chat, MessageId(message), &text).await.map(|()| (CardStatus::Closed, None))
        }
        (CardStatus::Open, None) | (CardStatus::Closed | CardStatus::Failed, _) => {
            return done(CardStatus::Failed);
        }
    };
    Ok(match attempt {
        Ok((status, message)) => (CardStep::To(status, message), true),
        Err(error @ (BotError::Blocked | BotError::Refused(_))) => {
            tracing::warn!(tx = %card.tx, chat = %card.chat, %error, "an approval card was not taken");
            (CardStep::To(CardStatus::Failed, None), true)
        }
        Err(error) => {
            tracing::warn!(tx = %card.tx, chat = %card.chat, %error, "an approval card is tried again");
            let pause = match error {
                BotError::Wait(seconds) => UnixSeconds::try_from(seconds).unwrap_or(LONGEST_PAUSE),
                _ => (1 << card.attempts.min(6)).min(LONGEST_PAUSE),
            };
            (CardStep::Later(engine.now().saturating_add(pause.max(1))), false)
        }
    })
}

/// The card of a request that waits for its owner.
///
/// # Errors
///
/// As [`Engine::approval`].
pub(super) async fn card_of(engine: &Engine, tx: TxId) -> Result<Message, Error> {
    let view = engine.approval(tx).await?;
    let wallet = engine.wallet_by_id(view.tx.wallet).await?;
    Ok(words::card(&wallet.name, &view, engine.now()))
}
