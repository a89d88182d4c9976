//! Runs the blocks of a page as one script, as a reader does who copies them into one shell.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use e2e::binary;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::page::{Block, Kind, prints};

/// What stands in the output before that of a block.
const MARK: &str = "=== block ";

/// A home of its own, and the environment of the script. Daemons that the script has left end with it.
pub(super) struct Shell {
    home: TempDir,
    environment: Vec<(String, String)>,
}

impl Shell {
    /// With nothing of this process's environment, and `waiaas` first on the path.
    pub(super) fn new() -> Result<Self> {
        let home = TempDir::new()?;
        fs::create_dir(home.path().join("work"))?;
        let binaries = binary()?.parent().context("a folder")?.display().to_string();
        let path = format!("{binaries}:{}", std::env::var("PATH")?);
        let environment =
            vec![("PATH".to_owned(), path), ("HOME".to_owned(), home.path().display().to_string())];
        Ok(Self { home, environment })
    }

    /// With one more variable.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// A file in the home, outside the directory in which the script runs.
    pub(super) fn file(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.home.path().join(name);
        fs::write(&path, text)?;
        Ok(path)
    }

    /// Runs the blocks and fails at the first one that fails, or that does not print what the page says. Blocks
    /// for a network are only parsed.
    pub(super) fn run(&self, page: &str, blocks: &[Block]) -> Result<()> {
        let mut script = "set -euo pipefail\ntrap 'echo \"exit code $? of: $BASH_COMMAND\"' ERR\n".to_owned();
        for Block { number, kind, text, .. } in blocks {
            self.parse(text).with_context(|| format!("{page}, block {number}"))?;
            if *kind == Kind::Anywhere {
                script.push_str(&format!("echo '{MARK}{number}'\n{text}\n"));
            }
        }
        let (succeeded, output) = self.bash(&[], &script)?;
        let outputs: Vec<_> = output.split(MARK).skip(1).collect();
        if !succeeded {
            let (number, text) = outputs.last().and_then(|text| text.split_once('\n')).unwrap_or_default();
            bail!("{page}, block {number} failed:\n{text}");
        }
        let run = blocks.iter().filter(|block| block.kind == Kind::Anywhere);
        for (block, output) in run.zip(outputs) {
            for text in &block.printed {
                ensure!(
                    prints(output, text),
                    "{page}, block {} did not print {text:?} but:\n{output}",
                    block.number
                );
            }
        }
        Ok(())
    }

    /// Fails unless the text is a script.
    fn parse(&self, text: &str) -> Result<()> {
        let (sound, output) = self.bash(&["-n"], text)?;
        ensure!(sound, "bash cannot read it: {output}");
        Ok(())
    }

    /// Whether the script succeeded, and what it printed to both outputs, in order.
    fn bash(&self, options: &[&str], script: &str) -> Result<(bool, String)> {
        let script = self.file("script.sh", script)?;
        // A file, for a daemon that is left may keep a pipe open.
        let printed = self.home.path().join("output.txt");
        let file = File::create(&printed)?;
        let status = Command::new("bash")
            .args(options)
            .arg(script)
            .current_dir(self.home.path().join("work"))
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .status()?;
        Ok((status.success(), fs::read_to_string(&printed)?))
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = end_daemons(self.home.path());
    }
}

/// Ends the daemons whose data directories are in a folder.
fn end_daemons(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            end_daemons(&path)?;
        } else if path.ends_with("daemon.pid") {
            let pid: i32 = fs::read_to_string(&path)?.trim().parse()?;
            if fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| Some(exe) == binary().ok()) {
                kill_process(Pid::from_raw(pid).context("a process id")?, Signal::KILL)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::page::blocks;
    use super::*;

    fn told(page: &str) -> Result<String> {
        let failed = Shell::new()?.run("page.md", &blocks(page, None)?);
        Ok(failed.err().map(|error| format!("{error:#}")).unwrap_or_default())
    }

    #[test]
    fn a_block_that_fails_is_named_with_its_output() -> Result<()> {
        let page = "```sh\nA=7\necho fine\n```\n\n```sh,network\nexit 1\n```\n\n```sh\necho \"so $A\"\nls \"gone$A\"\n```\n";
        let told = told(page)?;
        assert!(told.starts_with("page.md, block 3 failed:\nso 7\n"), "{told}");
        assert!(told.contains("exit code 2 of: ls \"gone$A\"") && !told.contains("fine"), "{told}");
        Ok(())
    }

    #[test]
    fn failures_within_a_pipe_and_unset_variables_count() -> Result<()> {
        for text in ["false | cat", "echo \"$NOT_SET\"", "false\ntrue"] {
            assert!(told(&format!("```sh\n{text}\n```\n"))?.contains("block 1 failed"), "{text}");
        }
        Ok(())
    }

    #[test]
    fn a_text_that_is_not_printed_is_told() -> Result<()> {
        assert_eq!(told("```sh\necho one two\n```\nExpected: `one…two`, `two`.\n")?, "");
        let told = told("```sh\necho one two\n```\nExpected: `three`.\n")?;
        assert!(told.contains("block 1 did not print \"three\" but:"), "{told}");
        Ok(())
    }

    #[test]
    fn blocks_for_a_network_are_parsed() -> Result<()> {
        assert!(told("```sh,network\nif true\n```\n")?.starts_with("page.md, block 1: bash cannot read it"));
        Ok(())
    }
}
