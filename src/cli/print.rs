//! What is printed from the definition of the command line itself.

use clap::CommandFactory as _;

use super::args::Args;
use super::output::Output;
use super::{Exit, UserError};

/// A completion script.
pub(crate) fn completions(shell: clap_complete::Shell, out: &mut Output) -> Result<Exit, UserError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "propwatch", &mut script);
    out.write(&String::from_utf8_lossy(&script));
    Ok(Exit::Safe)
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
