//! `waiaas change`: pending changes.

use anyhow::{Context as _, Result};
use clap::Subcommand;
use serde::Serialize;
use waiaas_api::changes::{Change, ChangeQuery, ChangeQuestion};
use waiaas_api::client::{ChangeResult, OwnerSignature};
use waiaas_api::owners::Challenge;
use waiaas_engine::core::change::ChangeStatus;
use waiaas_engine::core::ids::ChangeId;
use waiaas_engine::core::presentation::{Ask, Line};
use waiaas_engine::question;

use crate::commands::answer::{self, Answer};
use crate::commands::unknown_name;
use crate::context::Context;
use crate::exit::{NotFound, Usage};
use crate::{exit, human, output, table};

/// Pending changes.
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// List changes, newest first.
    List {
        /// Only changes with this status, such as PENDING_CONSENT.
        #[arg(long)]
        status: Option<String>,
        /// At most this many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Show one change, with the texts for its owners to sign.
    Show {
        /// Id of the change.
        id: ChangeId,
    },
    /// Withdraw a pending change.
    Withdraw {
        /// Id of the change.
        id: ChangeId,
    },
    /// Approve a change, as the owner of a wallet concerned.
    Approve(AnswerArgs),
    /// Reject a change, as the owner of a wallet concerned.
    Reject(AnswerArgs),
}

#[derive(clap::Args)]
pub(crate) struct AnswerArgs {
    /// Id of the change.
    id: ChangeId,
    /// The owner who answers, if several are asked.
    #[arg(long, value_name = "ADDRESS")]
    owner: Option<String>,
    #[command(flatten)]
    answer: Answer,
}

impl AnswerArgs {
    /// The question to the owner who was named, or whose key was given, or who is the only one left to
    /// answer.
    fn question<'a>(&self, change: &'a Change) -> Result<&'a ChangeQuestion> {
        let mut meant = Vec::new();
        for question in &change.questions {
            let owner = &question.owner_address;
            let is_meant = match &self.owner {
                Some(named) => named == owner,
                None => self
                    .answer
                    .is_of(owner)?
                    .unwrap_or(change.questions.len() == 1 || question.approved_at.is_none()),
            };
            meant.extend(is_meant.then_some(question));
        }
        match meant.as_slice() {
            [question] => Ok(question),
            [] => Err(NotFound("this owner is not asked about the change".to_owned()).into()),
            several => {
                let owners: Vec<_> = several.iter().map(|question| question.owner_address.as_str()).collect();
                let owners = owners.join(", ");
                Err(Usage(format!("several owners are asked; name one with --owner: {owners}")).into())
            }
        }
    }

    /// The signature over a challenge about exactly this change.
    fn answer(
        &self,
        context: &Context,
        change: &Change,
        challenge: &Challenge,
        ask: Ask,
    ) -> Result<OwnerSignature> {
        let asked = question::check_change(&challenge.message, ask, self.id, &change.content);
        let asked = answer::sound(asked)?;
        let line = |text: String| Line { depth: 0, text };
        let lines = [line(asked.summary.clone()), line(format!("Exactly: {}", change.content))];
        self.answer.to(context, challenge, &asked, &lines)
    }
}

pub(crate) async fn run(context: &Context, verb: Verb) -> Result<()> {
    match verb {
        Verb::List { status, limit } => {
            let status = match status {
                Some(text) => Some(ChangeStatus::parse(&text).ok_or_else(|| unknown_status(&text))?),
                None => None,
            };
            let query = ChangeQuery { status, limit: Some(limit), ..ChangeQuery::default() };
            output::show(context, &context.operator().await?.changes(&query).await?, |page| table(&page.data))
        }
        Verb::Show { id } => output::show(context, &context.operator().await?.change(id).await?, text),
        Verb::Withdraw { id } => {
            let change = context.operator().await?.withdraw_change(id).await?;
            output::show(context, &change, |c| format!("The change is {}.", c.status))
        }
        Verb::Approve(args) => {
            let client = context.anonymous().await?;
            let waiting = client.change_approval(args.id).await?;
            let asked =
                args.question(&waiting)?.approve.as_ref().context("this owner has approved already")?;
            let signed = args.answer(context, &waiting, asked, Ask::Approve)?;
            let change = client.approve_change(args.id, &signed).await?;
            output::show(context, &change, |c| match c.status {
                ChangeStatus::PendingConsent => "Approved; the change waits for other owners.".to_owned(),
                ChangeStatus::Applied
                | ChangeStatus::Rejected
                | ChangeStatus::Withdrawn
                | ChangeStatus::Expired
                | ChangeStatus::Superseded => format!("Approved; the change is {}.", c.status),
            })
        }
        Verb::Reject(args) => {
            let client = context.anonymous().await?;
            let waiting = client.change_approval(args.id).await?;
            let asked = args
                .question(&waiting)?
                .reject
                .as_ref()
                .context("this owner can no longer reject the change")?;
            let signed = args.answer(context, &waiting, asked, Ask::Reject)?;
            let change = client.reject_change(args.id, &signed).await?;
            output::show(context, &change, |c| format!("Rejected; the change is {}.", c.status))
        }
    }
}

/// Shows the result; or the pending change, with an exit code of its own, so that scripts can distinguish the
/// two.
pub(crate) fn show_outcome<T: Serialize>(
    context: &Context,
    outcome: &ChangeResult<T>,
    done: impl FnOnce(&T) -> String,
) -> Result<()> {
    match outcome {
        ChangeResult::Done(value) => output::show(context, value, done),
        ChangeResult::Waits(change) => {
            output::show(context, change.as_ref(), |change| {
                format!(
                    "NOT in force: this loosens protection and waits for the owner's signature.\n{}",
                    text(change)
                )
            })?;
            Err(exit::Waits.into())
        }
    }
}

fn text(change: &Change) -> String {
    let mut text = format!("Change {} is {}.\n{}\n", change.id, change.status, change.summary);
    for question in &change.questions {
        let state = match (&question.approve, question.approved_at) {
            (_, Some(_)) => "has agreed",
            (Some(_), None) => "has not answered",
            (None, None) => "is no longer asked",
        };
        text.push_str(&format!("\nOwner {} {state}.\n", question.owner_address));
        if let Some(approve) = &question.approve {
            text.push_str(&format!("To approve, the owner signs exactly:\n\n{}\n", approve.message));
        }
    }
    if change.status == ChangeStatus::PendingConsent {
        text.push_str(&format!(
            "\nThe owner answers with `waiaas change approve {0}` or `waiaas change reject {0}`; \
             `waiaas change withdraw {0}` takes it back.",
            change.id
        ));
    }
    text
}

fn table(changes: &[Change]) -> String {
    table::list(
        "No changes match.",
        ["id", "time", "kind", "status", "owners agreed", "what"],
        changes.iter().map(|c| {
            let agreed = c.questions.iter().filter(|question| question.approved_at.is_some()).count();
            [
                c.id.to_string(),
                human::time(c.created_at),
                c.kind.to_string(),
                c.status.to_string(),
                format!("{agreed} of {}", c.questions.len()),
                c.summary.clone(),
            ]
        }),
    )
}

fn unknown_status(text: &str) -> anyhow::Error {
    let known: Vec<_> = ChangeStatus::ALL.iter().map(|status| status.as_str()).collect();
    unknown_name(text, "a status", &known)
}
