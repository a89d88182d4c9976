//! `waiaas set-master`: through the daemon if one runs, else directly on the database. Only on the daemon's
//! own machine, so that a thief of the old password cannot lock the operator out.

use anyhow::Result;
use serde_json::json;
use waiaas_api::admin::SetMasterPassword;
use waiaas_api::secret::WireSecret;
use waiaas_engine::offline::set_master_password;
use waiaas_engine::{Clock as _, SystemClock};

use crate::context::Context;
use crate::exit::Usage;
use crate::{output, password};

pub(crate) async fn run(context: &Context) -> Result<()> {
    if !context.is_local() {
        // Refused here, so that the new password is not sent anywhere.
        let message = "the master password is changed on the daemon's own machine: run this there as its user, \
                       without --base-url and WAIAAS_BASE_URL; in a container: `docker exec -it CONTAINER waiaas \
                       set-master`";
        return Err(Usage(message.to_owned()).into());
    }
    context.refuse_shared()?;
    let old = password::master(context.data_dir())?;
    let new = password::new_master()?;
    // A held lock means that a daemon runs, which then makes the change.
    let daemon_runs = context.data_dir().lock().is_err();
    if daemon_runs {
        let client = context.operator_with(old).await?;
        client.set_master_password(&SetMasterPassword { new_password: WireSecret::new(new) }).await?;
    } else {
        let config = context.config(Vec::new())?;
        set_master_password(context.data_dir(), &config, old, new, SystemClock.now()).await?;
    }
    output::show(context, &json!({ "changed": true }), |_| {
        "The master password was changed and recovery.key deleted.".to_owned()
    })
}
