//! The results of the rules for one request.

use crate::policy::{Denial, DenialCode, Policy, PolicyType, Tier, TierReason, Window, WindowWarning};

/// A tier that a rule asks for, with the nearest request that would not need it.
pub(crate) struct Wish {
    pub(crate) reason: TierReason,
    pub(crate) nearest: Option<String>,
}

/// Collected in report order. Findings only ever get stricter.
#[derive(Default)]
pub(crate) struct Findings {
    pub(crate) denials: Vec<Denial>,
    pub(crate) wishes: Vec<Wish>,
    /// Longest delay of the rows that ask for one.
    delay_asked: Option<u32>,
    /// Longest delay of all rows that have one.
    delay_known: Option<u32>,
    /// Shortest time for the owner to answer.
    pub(crate) approval_timeout: Option<u32>,
    /// The fullest window that is not over its limit, daily before monthly.
    pub(crate) warning: Option<WindowWarning>,
}

impl Findings {
    /// A row denies.
    pub(crate) fn deny(&mut self, row: &Policy, code: DenialCode, message: String, hint: Option<String>) {
        let policy_type = Some(row.rules.policy_type());
        self.denials.push(Denial { code, policy_type, policy_id: Some(row.id), message, hint });
    }

    /// A row needs a fact that is not known. The request is denied.
    pub(crate) fn lack(&mut self, row: &Policy, fact: &str) {
        let message =
            format!("{fact} is not known, and {} policy needs it", row.rules.policy_type().with_article());
        let hint = "ask again later, or report the missing fact to the operator".to_owned();
        self.deny(row, DenialCode::FactMissing, message, Some(hint));
    }

    /// No row allows it, or no row can.
    pub(crate) fn deny_by_default(
        &mut self,
        code: DenialCode,
        policy_type: Option<PolicyType>,
        message: String,
        hint: Option<String>,
    ) {
        self.denials.push(Denial { code, policy_type, policy_id: None, message, hint });
    }

    /// A row asks for a tier.
    pub(crate) fn ask(&mut self, row: &Policy, tier: Tier, message: String, nearest: Option<String>) {
        if tier == Tier::Instant {
            return;
        }
        let policy_type = Some(row.rules.policy_type());
        let reason = TierReason { tier, policy_type, policy_id: Some(row.id), message };
        self.wishes.push(Wish { reason, nearest });
    }

    /// A tier that holds whatever the rows say. `policy_type` is the type that can lower it.
    pub(crate) fn ask_by_default(&mut self, tier: Tier, policy_type: Option<PolicyType>, message: String) {
        let reason = TierReason { tier, policy_type, policy_id: None, message };
        self.wishes.push(Wish { reason, nearest: None });
    }

    /// A row states how long a delay lasts, whether or not it asks for one.
    pub(crate) fn delay(&mut self, seconds: u32, asked: bool) {
        self.delay_known = self.delay_known.max(Some(seconds));
        if asked {
            self.delay_asked = self.delay_asked.max(Some(seconds));
        }
    }

    /// A row states how long the owner has.
    pub(crate) fn timeout(&mut self, seconds: u32) {
        self.approval_timeout = Some(self.approval_timeout.map_or(seconds, |known| known.min(seconds)));
    }

    /// A window is nearly full.
    pub(crate) fn warn(&mut self, warning: WindowWarning) {
        let sooner = |held: &WindowWarning| match (held.window, warning.window) {
            (Window::Monthly, Window::Daily) => true,
            (Window::Daily, Window::Monthly) => false,
            // The sum is the same for every row, so the smaller limit is the fuller window.
            (Window::Daily, Window::Daily) | (Window::Monthly, Window::Monthly) => warning.limit < held.limit,
        };
        if self.warning.as_ref().is_none_or(sooner) {
            self.warning = Some(warning);
        }
    }

    /// The strictest tier asked for.
    pub(crate) fn tier(&self) -> Tier {
        self.wishes.iter().map(|wish| wish.reason.tier).max().unwrap_or(Tier::Instant)
    }

    /// The nearest request that does not need `tier`; none unless it satisfies every rule that asks for the
    /// tier.
    pub(crate) fn nearest(&self, tier: Tier) -> Option<String> {
        let wishes = self.wishes.iter().filter(|wish| wish.reason.tier == tier);
        let nearest: Option<Vec<_>> = wishes.map(|wish| wish.nearest.as_deref()).collect();
        nearest.map(|nearest| nearest.join("; "))
    }

    /// The delay in seconds: the longest of the rows that ask for one; if a rule that states no length asks
    /// for one, the longest that any row states.
    pub(crate) fn delay_seconds(&self) -> Option<u32> {
        let untimed = |wish: &Wish| {
            wish.reason.tier == Tier::Delay && wish.reason.policy_type != Some(PolicyType::SpendingLimit)
        };
        if self.wishes.iter().any(untimed) { self.delay_known } else { self.delay_asked.or(self.delay_known) }
    }
}
