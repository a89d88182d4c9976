//! `waiaas set-master`: through the daemon when one runs, else on the database itself. Only on the daemon's
//! own machine: whoever stole the old password must not lock the operator out with it.

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
        // Said here, so that the new password goes nowhere.
        let message = "the master password is changed on the daemon's own machine: run this there as its user, \
                       without --base-url and WAIAAS_BASE_URL; in a container: `docker exec -it CONTAINER waiaas \
                       set-master`";
        return Err(Usage(message.to_owned()).into());
    }
    context.refuse_shared()?;
    let old = password::master(context.data_dir())?;
    let new = password::new_master()?;
    // A held lock means that a daemon runs: then the change is its to make.
    let daemon_runs = context.data_dir().lock().is_err();
    if daemon_runs {
        let client = context.operator_with(old).await?;
        client.set_master_password(&SetMasterPassword { new_password: WireSecret::new(new) }).await?;
    } else {
        let config = context.config(Vec::new())?;
        set_master_password(context.data_dir(), &config, old, new, SystemClock.now()).await?;
    }
    output::show(context, &json!({ "changed": true }), |_| {
        "The master password is changed; recovery.key is gone.".to_owned()
    })
}
