//! Judges the double of the Telegram Bot API: runs a bot made with a real client library against it, and plays a
//! person. `telegram_judge COMMAND…` starts the bot with `TELEGRAM_API_URL` and `TELEGRAM_TOKEN`.
//!
//! The bot answers `/start` with a message that has the button `Go`, and a tap with a note and a changed text.
#![expect(clippy::print_stdout, reason = "the verdict")]

use std::process::Stdio;

use anyhow::{Context as _, Result, bail, ensure};
use e2e::{TELEGRAM_TOKEN, TelegramDouble};
use tokio::process::Command;

#[tokio::main]
async fn main() -> Result<()> {
    let mut command = std::env::args().skip(1);
    let program = command.next().context("which command starts the bot?")?;
    let double = TelegramDouble::start().await?;
    let mut bot = Command::new(&program)
        .args(command)
        .env("TELEGRAM_API_URL", double.url())
        .env("TELEGRAM_TOKEN", TELEGRAM_TOKEN)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("starting {program}"))?;
    let judged = tokio::select! {
        judged = judge(&double) => judged,
        ended = bot.wait() => bail!("the bot ended: {}", ended?),
    };
    bot.kill().await?;
    judged?;
    println!("{program}: the bot works against the double");
    Ok(())
}

async fn judge(double: &TelegramDouble) -> Result<()> {
    let ada = double.person(7001, "ada");
    // One dialogue as it should be, one in which the bot is asked to wait.
    for (round, waits) in [0, 1].into_iter().enumerate() {
        double.ask_to_wait(waits, 1);
        ada.says("/start");
        let asked = ada.reads("the question", |shown| shown.text.contains(&format!("Ready {round}"))).await?;
        ada.taps(&asked, asked.button("Go")?);
        let done = ada
            .reads("the changed text", |shown| shown.id == asked.id && shown.text.contains("Done"))
            .await?;
        ensure!(done.buttons.is_empty(), "{done:?}");
    }
    ensure!(double.taps_waiting() == 0, "every tap is acknowledged");
    Ok(())
}
