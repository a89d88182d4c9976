//! The presentation of a judged request, or the refusal if it is too long.

use waiaas_core::owner::LONGEST_STATEMENT;
use waiaas_core::policy::{Grant, PolicyFacts};
use waiaas_core::presentation::{Ask, Presentation, Stranger};

use crate::error::{Error, ErrorCode};
use crate::pipeline::gas;
use crate::pipeline::validated::Validated;

/// Returns the presentation of a request with tier APPROVAL. One that does not fit into a message is refused, so that
/// an owner signs only complete texts.
pub(crate) fn presented(
    validated: &Validated,
    facts: &PolicyFacts,
    grant: &Grant,
    strangers: Vec<Stranger>,
) -> Result<Presentation, Error> {
    let Validated { effects, content, replaces, gas_condition, .. } = validated;
    let gas = gas_condition.as_ref().map(gas::shown);
    let shown = Presentation::new(effects, content.clone(), facts, grant, *replaces, gas, strangers);
    let length = shown.statement(Ask::Approve).len();
    if length > LONGEST_STATEMENT {
        return Err(too_long(length));
    }
    Ok(shown)
}

fn too_long(length: usize) -> Error {
    let message = format!(
        "The owner would have to approve this, and the question would have {length} characters where \
         {LONGEST_STATEMENT} are the most."
    );
    Error::new(ErrorCode::ApprovalTooLong, message).hint(
        "Ask for less at once: a shorter text, fewer calls, or less call data. The owner is shown all of it.",
    )
}
