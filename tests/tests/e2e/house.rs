//! The owner of the data directory: one that others may write is not trusted, and no secret goes there.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Result, ensure};
use e2e::{Daemon, PASSWORD};

use crate::cli::Home;
use crate::credential_matrix::unreachable_nodes;

fn set(path: &Path, mode: u32) -> Result<()> {
    Ok(std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_others_may_fill_gets_no_password() -> Result<()> {
    let daemon = Daemon::start(&unreachable_nodes())?;
    let dir = daemon.data_dir().to_owned();
    for (path, sound) in [(dir.clone(), 0o700), (dir.join("config.toml"), 0o644), (dir.join("data"), 0o700)] {
        for loose in [0o777, 0o720] {
            set(&path, loose)?;
            for command in [&["status"][..], &["wallet", "list"], &["set-master"], &["stop"], &["backup"]] {
                let output = daemon.cli(command)?;
                let told = String::from_utf8_lossy(&output.stderr).into_owned();
                let at = path.display().to_string();
                ensure!(
                    !output.status.success() && told.contains(&format!("chmod go-w {at}")),
                    "{command:?}: {told}"
                );
                ensure!(!told.contains(PASSWORD), "{told}");
            }
            set(&path, sound)?;
        }
    }
    ensure!(daemon.cli(&["status"])?.status.success(), "mended");
    // The kill switch says nothing secret, so it works all the same.
    set(&dir, 0o777)?;
    ensure!(daemon.cli_without_password(&["kill-switch", "activate"])?.status.success());
    set(&dir, 0o700)
}

#[test]
fn nothing_is_set_up_or_started_where_others_may_write() -> Result<()> {
    let home = Home::new(None)?;
    let dir = home.path("");
    set(&dir, 0o777)?;
    for command in [&["init"][..], &["start"]] {
        let output = home.command(command)?.env("WAIAAS_MASTER_PASSWORD", PASSWORD).output()?;
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(!output.status.success() && told.contains("chmod go-w"), "{command:?}: {told}");
    }
    ensure!(!home.path("data").exists() && !home.path("recovery.key").exists(), "nothing was made");
    set(&dir, 0o700)?;
    let file = home.path("config.toml");
    set(&file, 0o666)?;
    let output = home.command(&["init"])?.env("WAIAAS_MASTER_PASSWORD", PASSWORD).output()?;
    ensure!(String::from_utf8_lossy(&output.stderr).contains("config.toml can be written by others"));
    Ok(())
}
