//! A request in admission: the input of the evaluation, its policy facts and policies, and the result.

use std::sync::Arc;

use waiaas_core::auto_stop::Trigger;
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

/// The state at admission that must be unchanged when the request is signed.
pub(crate) struct Admission {
    pub(crate) wallet: WalletRow,
    /// The generation of the kill switch.
    pub(crate) kill_generation: u64,
}

/// The input of the admission transaction; owned, because it runs on the writer.
pub(crate) struct AdmissionRequest {
    pub(crate) engine: Engine,
    pub(crate) session: Session,
    pub(crate) validated: Validated,
    pub(crate) known: Known,
}

/// The requester and the kind of request, for the database reads.
pub(crate) struct Subject<'a> {
    pub(crate) session: &'a Session,
    pub(crate) wallet: WalletId,
    pub(crate) network: &'a NetworkId,
    pub(crate) origin: &'a Origin,
    /// The type of the request.
    pub(crate) kind: IntentKind,
    /// Its effects, where they are known.
    pub(crate) effects: Option<&'a Effects>,
}

/// The inputs of an evaluation beside the effects.
pub(crate) struct Grounds {
    pub(crate) admission: Admission,
    pub(crate) facts: PolicyFacts,
    pub(crate) policies: Arc<InForce>,
}

/// A verdict and its inputs.
pub(crate) struct Judgement {
    pub(crate) grounds: Grounds,
    pub(crate) verdict: Verdict,
    /// The presentation for the owner, if the tier is APPROVAL.
    pub(crate) presentation: Option<Box<Presentation>>,
}

/// The result of admission.
pub(crate) enum Admitted {
    /// A new row.
    New(TxId),
    /// An earlier request had this key and body, or an equal denial is stored; its answer is returned.
    Repeat(TxId),
    /// AutoStop suspended the wallet instead.
    Stopped(Trigger),
    /// Denied; counted, but not stored as a row.
    NotKept(Vec<Denial>),
}
