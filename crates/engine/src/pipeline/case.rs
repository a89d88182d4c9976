//! A request on its way through the admission: what is judged, what it is judged by, and what became of it.

use std::sync::Arc;

use waiaas_core::effect::Effects;
use waiaas_core::ids::{TxId, WalletId};
use waiaas_core::intent::IntentKind;
use waiaas_core::network::NetworkId;
use waiaas_core::origin::Origin;
use waiaas_core::policy::{Denial, PolicyFacts, Verdict};
use waiaas_core::presentation::Presentation;
use waiaas_store::WalletRow;

use crate::Engine;
use crate::credentials::Session;
use crate::pipeline::known::Known;
use crate::pipeline::validated::Validated;
use crate::policies::InForce;

/// What was true when the request was admitted.
pub(crate) struct Admission {
    pub(crate) wallet: WalletRow,
    /// Must be the same again when the key signs.
    pub(crate) kill_generation: u64,
}

/// Everything the transaction that admits needs; owned, because it runs on the writer.
pub(crate) struct AdmissionRequest {
    pub(crate) engine: Engine,
    pub(crate) session: Session,
    pub(crate) validated: Validated,
    pub(crate) known: Known,
}

/// Who asks for what, as far as the database has to know it.
pub(crate) struct Subject<'a> {
    pub(crate) session: &'a Session,
    pub(crate) wallet: WalletId,
    pub(crate) network: &'a NetworkId,
    pub(crate) origin: &'a Origin,
    /// What kind of request it is.
    pub(crate) kind: IntentKind,
    /// What it does, where that is known.
    pub(crate) effects: Option<&'a Effects>,
}

/// What a request is judged by, besides what it does.
pub(crate) struct Grounds {
    pub(crate) admission: Admission,
    pub(crate) facts: PolicyFacts,
    pub(crate) policies: Arc<InForce>,
}

/// A verdict and what it was made from.
pub(crate) struct Judgement {
    pub(crate) grounds: Grounds,
    pub(crate) verdict: Verdict,
    /// What the owner is shown, where one is asked.
    pub(crate) presentation: Option<Box<Presentation>>,
}

/// What became of a request.
pub(crate) enum Admitted {
    /// A new row.
    New(TxId),
    /// This key and body were seen before, or an equal denial was; the first answer stands.
    Repeat(TxId),
    /// Denied, and only counted.
    NotKept(Vec<Denial>),
}
