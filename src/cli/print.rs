//! What is printed from the definition of the command line itself.

use std::fmt::Write as _;

use clap::CommandFactory as _;
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap_complete::Shell;

use super::args::Args;
use super::output::Output;
use super::{Exit, UserError};

/// A completion script.
pub(crate) fn completions(shell: Shell, out: &mut Output) -> Result<Exit, UserError> {
    let stories =
        propwatch::sim::scenarios().iter().map(|story| PossibleValue::new(story.name).help(story.about));
    let stories: Vec<PossibleValue> = stories.collect();
    let mut command = Args::command().mut_subcommand("demo", |demo| {
        demo.mut_arg("scenario", |story| story.value_parser(PossibleValuesParser::new(stories)))
    });
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "propwatch", &mut script);
    let mut script = String::from_utf8_lossy(&script).into_owned();
    match shell {
        // With two colons everything after the first name would be taken for another name, options too.
        Shell::Zsh => script = script.replace("'*::", "'*:"),
        Shell::Fish => values_for_fish(&command, &mut script),
        _ => {}
    }
    out.write(&script);
    Ok(Exit::Safe)
}

/// The values of arguments that are no options, which are left out for this shell.
fn values_for_fish(command: &clap::Command, script: &mut String) {
    for sub in command.get_subcommands() {
        for value in sub.get_positionals().flat_map(clap::Arg::get_possible_values) {
            let about =
                value.get_help().map(|help| help.to_string().replace('\'', "\\'")).unwrap_or_default();
            let (sub, value) = (sub.get_name(), value.get_name());
            let when = format!("__fish_propwatch_using_subcommand {sub}");
            // Writing to a string cannot fail.
            let _ = writeln!(script, "complete -c propwatch -n \"{when}\" -f -a \"{value}\" -d '{about}'");
        }
    }
}

/// The manual page of the command and of its subcommands, as roff.
pub(crate) fn man(out: &mut Output) -> Result<Exit, UserError> {
    let mut page = Vec::new();
    let render = |error: std::io::Error| UserError::new(format!("the manual page: {error}"));
    let command = Args::command();
    clap_mangen::Man::new(command.clone()).render(&mut page).map_err(render)?;
    for sub in command
        .get_subcommands()
        .filter(|sub| ["check", "wait", "explain", "resolvers", "report", "demo"].contains(&sub.get_name()))
    {
        let man = clap_mangen::Man::new(sub.clone());
        let heading = format!(".SH \"PROPWATCH {}\"\n", sub.get_name().to_uppercase());
        page.extend_from_slice(heading.as_bytes());
        man.render_description_section(&mut page).map_err(render)?;
        man.render_options_section(&mut page).map_err(render)?;
    }
    out.write(&String::from_utf8_lossy(&page));
    Ok(Exit::Safe)
}
