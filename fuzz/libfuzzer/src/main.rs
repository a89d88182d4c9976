//! libFuzzer's entry. `FUZZ_TARGET` names which of the targets runs.

#![no_main]

use std::sync::LazyLock;

use waiaas_fuzz::Target;

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    let Some(target) = waiaas_fuzz::target(&name) else {
        eprintln!("FUZZ_TARGET must name a target; '{name}' is none");
        std::process::exit(2);
    };
    target
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    (TARGET.run)(data);
});
