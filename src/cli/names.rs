//! Which names are looked at, and what each should have: from the command line, from files and from standard input.

use std::io::IsTerminal as _;
use std::path::Path;

use propwatch::config::{self, PassedOver, RecordsError, RecordsFile};
use propwatch::engine::Mode;
use propwatch::model::{Name, Value};
use propwatch::view::list;

use super::UserError;
use super::args::Looking;
use super::output::{complain, note};

/// What standard input is called where a file is expected.
const STDIN: &str = "-";

/// Names of wildcards that are told.
const WILDCARDS: usize = 3;

/// All names in the order in which they were given, files behind the command line.
pub(crate) fn names(args: &Looking, mode: Mode) -> Result<Vec<(Name, Vec<Value>)>, UserError> {
    let expected: Vec<Value> =
        args.expect.iter().map(|text| config::typed_value("--expect", text)).collect::<Result<_, _>>()?;
    if args.names.is_empty() && args.records.is_empty() {
        return Err(UserError::new("no name to look at")
            .hint(format!("propwatch {} mail.example.com --expect 203.0.113.7", told(mode)))
            .hint("many of them: --records FILE, or `-` for standard input"));
    }
    let mut all = Vec::new();
    let mut bare = false;
    for text in args.names.iter().filter(|text| *text != STDIN) {
        match text.split_once('=') {
            Some((owner, wanted)) => {
                all.push((config::typed_name(owner)?, vec![config::typed_value(text, wanted)?]));
            }
            None => {
                let owner = config::typed_name(text)?;
                if expected.is_empty() {
                    return Err(no_value(&owner, mode));
                }
                bare = true;
                all.push((owner, expected.clone()));
            }
        }
    }
    for (file, source) in files(args)? {
        if !args.show.quiet {
            tell(&file.passed_over, &source);
        }
        for wanted in file.wanted {
            if wanted.bare && expected.is_empty() {
                return Err(no_value_there(&wanted.name, wanted.line, &source));
            }
            bare |= wanted.bare;
            let mut values = wanted.values;
            values.extend(expected.iter().filter(|_| wanted.bare).cloned());
            all.push((wanted.name, values));
        }
    }
    if !bare && !expected.is_empty() {
        return Err(UserError::new("--expect is for names without =VALUE, and there is none")
            .hint("leave --expect out, or a name's =VALUE"));
    }
    let own = |(name, values): &&(Name, Vec<Value>)| values.contains(&Value::Alias(name.clone()));
    match all.iter().find(own) {
        Some((name, _)) => Err(UserError::new(format!("{name} cannot be a CNAME to itself"))
            .hint(format!("propwatch {} {name} --expect ADDRESS, or the host that it leads to", told(mode)))),
        None => Ok(all),
    }
}

/// The files of `--records` and standard input, read, each with what it is called.
fn files(args: &Looking) -> Result<Vec<(RecordsFile, String)>, UserError> {
    let is_stdin = |path: &Path| path.as_os_str() == STDIN;
    let named = args.names.iter().filter(|text| *text == STDIN).count();
    let given = args.records.iter().filter(|path| is_stdin(path)).count();
    if named + given > 1 {
        return Err(UserError::new("standard input (`-`) can be read only once"));
    }
    let mut all = Vec::new();
    if named > 0 {
        all.push(stdin()?);
    }
    for path in &args.records {
        if is_stdin(path) {
            all.push(stdin()?);
        } else {
            let file = config::load_records(path).map_err(|error| explain(&error))?;
            all.push((file, path.display().to_string()));
        }
    }
    Ok(all)
}

fn stdin() -> Result<(RecordsFile, String), UserError> {
    const SOURCE: &str = "standard input";
    let from = std::io::stdin();
    if from.is_terminal() {
        complain("propwatch: one NAME or NAME=VALUE a line; Ctrl-D at the beginning of a line ends the list");
    }
    let bytes = config::read_records(from.lock())
        .map_err(|error| UserError::new(format!("cannot read {SOURCE}: {error}")))?;
    let file = config::records_of(&bytes, SOURCE).map_err(|error| explain(&error))?;
    Ok((file, SOURCE.to_owned()))
}

/// Says what of a file is not looked at.
fn tell(passed_over: &PassedOver, source: &str) {
    if !passed_over.types.is_empty() {
        let others = PassedOver { wildcards: Vec::new(), ..passed_over.clone() };
        note(&format!("{source}: only A, AAAA and CNAME records are looked at; passed over: {others}"));
    }
    let told: Vec<String> =
        passed_over.wildcards.iter().map(|(name, line)| format!("{name} (line {line})")).collect();
    if let Some((first, _)) = passed_over.wildcards.first() {
        let verb = if told.len() == 1 { "is" } else { "are" };
        note(&format!(
            "{source}: {} {verb} passed over: a wildcard cannot be looked up itself. To watch a name that it \
             covers, give that name as well: www{}=ADDRESS",
            list(&told, WILDCARDS),
            first.as_str().trim_start_matches('*')
        ));
    }
}

fn explain(error: &RecordsError) -> UserError {
    error.hints().iter().fold(UserError::new(error.to_string()), |told, hint| told.hint(hint.clone()))
}

/// The name of the command.
pub(crate) fn told(mode: Mode) -> &'static str {
    match mode {
        Mode::Look => "check",
        Mode::Watch => "wait",
    }
}

fn no_value(name: &Name, mode: Mode) -> UserError {
    UserError::new(format!("{name} has no expected value, so nothing can be called right"))
        .hint(format!("propwatch {} {name} --expect ADDRESS, with the address of your hosting", told(mode)))
        .hint("the panel shows it as \"Shared IP Address\" or \"Server IP\"; a host name means a CNAME")
}

fn no_value_there(name: &Name, line: usize, source: &str) -> UserError {
    UserError::new(format!("{source}:{line}: {name} has no expected value, so nothing can be called right"))
        .hint("give the value there, or one for all names without a value: --expect ADDRESS")
}
