//! The operator's overview.

use waiaas_api::admin::{ChannelState, ChannelStatus, NetworkStatus, Status};
use waiaas_engine as engine;

pub(crate) fn status(status: engine::Status) -> Status {
    let networks = status.networks.into_iter().map(|network| NetworkStatus {
        network: network.network.to_string(),
        endpoints: u64::try_from(network.endpoints).unwrap_or(u64::MAX),
        simulation_methods: network
            .simulation_methods
            .into_iter()
            .map(|name| name.map(str::to_owned))
            .collect(),
    });
    Status {
        status: "running".to_owned(),
        version: status.health.version.to_owned(),
        schema_version: status.health.schema_version,
        uptime: status.health.uptime,
        timestamp: status.health.timestamp,
        signing: status.kill_switch.into(),
        kill_switch_state: status.kill_switch,
        wallet_count: status.wallets,
        active_wallet_count: status.active_wallets,
        active_session_count: status.active_sessions,
        policy_count: status.policies,
        open_transaction_count: status.open_transactions,
        auto_provisioned: status.auto_provisioned,
        networks: networks.collect(),
        channels: status.channels.into_iter().map(channel).collect(),
    }
}

fn channel(channel: engine::ChannelStatus) -> ChannelStatus {
    let state = match channel.state {
        engine::ChannelState::Off => ChannelState::Off,
        engine::ChannelState::Starting => ChannelState::Starting,
        engine::ChannelState::Working => ChannelState::Working,
        engine::ChannelState::Failing => ChannelState::Failing,
    };
    ChannelStatus { channel: channel.channel.to_owned(), state, reason: channel.reason }
}
