//! The help of every command, word for word.

use clap::{Command, CommandFactory as _};

use crate::Cli;

/// Columns, whatever terminal the test runs in.
const WIDTH: usize = 100;

#[test]
fn the_help_of_every_command() {
    let mut cli = Cli::command().term_width(WIDTH);
    // Gives the commands below their whole names and the options of all.
    cli.build();
    let mut text = String::new();
    add(&mut text, &mut cli, "waiaas");
    insta::assert_snapshot!(text);
}

/// Adds a command, then the commands below it.
fn add(text: &mut String, command: &mut Command, name: &str) {
    text.push_str(&format!("$ {name} --help\n"));
    let help = command.render_long_help().to_string();
    help.lines().for_each(|line| text.push_str(&format!("{}\n", line.trim_end())));
    text.push('\n');
    for below in command.get_subcommands_mut().filter(|below| below.get_name() != "help") {
        let name = format!("{name} {}", below.get_name());
        add(text, below, &name);
    }
}
