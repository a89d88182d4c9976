//! Every seed of every target, without libFuzzer: a regression test for each finding.

use std::fs;
use std::path::Path;

use waiaas_fuzz::TARGETS;

fn folder(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(name)
}

#[test]
fn every_target_holds_for_each_of_its_seeds() {
    for target in TARGETS {
        let seeds = fs::read_dir(folder(target.name)).expect(target.name);
        let mut accepted = 0;
        for seed in seeds {
            let seed = seed.expect("a seed").path();
            let bytes = fs::read(&seed).expect("readable");
            let held = std::panic::catch_unwind(|| (target.run)(&bytes));
            accepted += usize::from(held.unwrap_or_else(|_| panic!("{}", seed.display())));
            // Truncation and appended bytes are the most common damage.
            (target.run)(&bytes[..bytes.len() / 2]);
            (target.run)(&[bytes.as_slice(), b"\n"].concat());
        }
        assert!(accepted > 0, "{} accepts none of its seeds, so nothing is asserted", target.name);
    }
}

#[test]
fn every_folder_of_seeds_has_its_target() {
    for entry in fs::read_dir(folder("")).expect("seeds") {
        let name = entry.expect("a folder").file_name();
        let name = name.to_string_lossy();
        assert!(waiaas_fuzz::target(&name).is_some(), "{name}");
    }
    let mut names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
    names.dedup();
    assert_eq!(names.len(), TARGETS.len());
    assert!(names.is_sorted());
}
