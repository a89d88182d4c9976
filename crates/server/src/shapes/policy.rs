//! Policies.

use waiaas_api::policies::Policy;
use waiaas_engine as engine;

pub(crate) fn policy(policy: engine::PolicyView) -> Policy {
    Policy {
        id: policy.id,
        wallet_id: policy.wallet,
        network: policy.network.map(|network| network.to_string()),
        policy_type: policy.policy_type.as_str().to_owned(),
        rules: policy.rules,
        priority: policy.priority,
        enabled: policy.enabled,
        created_at: policy.created_at,
        updated_at: policy.updated_at,
    }
}
