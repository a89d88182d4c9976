//! A disk without space, under one daemon alone.

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

/// Loaded into the daemon, it makes every write at an offset fail with ENOSPC, which is how SQLite
/// writes: as long as the first file exists that the environment names, or as long as the
/// second one does and the database's reserve has not been given up.
const NO_SPACE: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef ssize_t (*writer)(int, const void *, size_t, off64_t);

static int exists(const char *path) { return path && access(path, F_OK) == 0; }

static int reserve_is_held(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 64);
    if (length < 0) return 0;
    path[length] = 0;
    char *name = strrchr(path, '/');
    if (!name) return 0;
    strcpy(name, "/waiaas.reserve");
    return exists(path);
}

static ssize_t through(const char *name, int fd, const void *bytes, size_t count, off64_t at) {
    if (exists(getenv("DISK_IS_FULL")) || (exists(getenv("DISK_IS_NEARLY_FULL")) && reserve_is_held(fd))) {
        errno = ENOSPC;
        return -1;
    }
    return ((writer)dlsym(RTLD_NEXT, name))(fd, bytes, count, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    return through("pwrite", fd, bytes, count, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    return through("pwrite64", fd, bytes, count, at);
}
"#;

/// The disk of daemons started through it.
pub struct FullDisk {
    dir: TempDir,
}

impl FullDisk {
    /// One with space. Takes a C compiler.
    pub fn new() -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let (source, library) = (dir.path().join("no_space.c"), dir.path().join("no_space.so"));
        std::fs::write(&source, NO_SPACE)?;
        let cc = std::process::Command::new("cc")
            .args(["-shared", "-fPIC", "-o"])
            .args([&library, &source])
            .arg("-ldl")
            .output()
            .context("a C compiler")?;
        ensure!(cc.status.success(), "{}", String::from_utf8_lossy(&cc.stderr));
        Ok(Self { dir })
    }

    /// For [`crate::DaemonOptions::through`].
    pub fn through(&self) -> Vec<String> {
        vec![
            "env".to_owned(),
            format!("LD_PRELOAD={}", self.dir.path().join("no_space.so").display()),
            format!("DISK_IS_FULL={}", self.full().display()),
            format!("DISK_IS_NEARLY_FULL={}", self.nearly_full().display()),
        ]
    }

    fn full(&self) -> PathBuf {
        self.dir.path().join("full")
    }

    fn nearly_full(&self) -> PathBuf {
        self.dir.path().join("nearly")
    }

    /// Leaves no space at all, or makes some.
    pub fn fill(&self, full: bool) -> Result<()> {
        flag(self.full(), full)
    }

    /// Leaves no space but what the daemon has set aside, or makes some.
    pub fn nearly_fill(&self, full: bool) -> Result<()> {
        flag(self.nearly_full(), full)
    }
}

fn flag(path: PathBuf, set: bool) -> Result<()> {
    match set {
        true => Ok(std::fs::write(path, "")?),
        false => Ok(std::fs::remove_file(path)?),
    }
}
