//! The pages of the real binary.

use anyhow::{Context as _, Result, ensure};

use crate::world::daemon_without_nodes;

#[tokio::test(flavor = "multi_thread")]
async fn the_page_says_what_runs_and_which_networks_fail() -> Result<()> {
    let daemon = daemon_without_nodes()?;
    let client = reqwest::Client::builder().no_proxy().build()?;
    let page = async || -> Result<String> {
        let request = client.get(daemon.url()).header("accept", "text/html");
        let answer = request.send().await?.error_for_status()?;
        let policy =
            answer.headers().get("content-security-policy").context("a policy")?.to_str()?.to_owned();
        ensure!(policy.starts_with("default-src 'none'; style-src 'self';"), "{policy}");
        Ok(answer.text().await?)
    };
    let row = |network: &str, state: &str| format!("<th scope=\"row\">{network}</th><td>{state}</td>");
    let failing =
        |network: &str| format!("<th scope=\"row\">{network}</th><td class=\"bad\">no endpoint answers</td>");
    let text = page().await?;
    ensure!(text.contains(&row("evm-localnet", "no failure")), "{text}");
    ensure!(text.contains("<td>running</td>"), "{text}");

    let agent = e2e::Agent::create(&daemon, "ethereum").await?;
    agent.api(&daemon).get("/v1/wallet/balance?network=evm-localnet").await?;
    daemon.operator().post_empty("/v1/admin/kill-switch").await?.expect(200)?;
    let text = page().await?;
    ensure!(text.contains(&failing("evm-localnet")), "{text}");
    ensure!(text.contains("stopped: the kill switch is activated"), "{text}");
    for secret in [&agent.address, &agent.wallet, &agent.token] {
        ensure!(!text.contains(secret.as_str()), "{secret} in {text}");
    }
    Ok(())
}
