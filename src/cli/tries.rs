//! The file of failed tries, as the options and the environment place it.

use std::path::Path;

use propwatch::clock::Clock;
use propwatch::journal::Attempts;
use propwatch::model::Attempt;

/// The store: `file`, or the one in the user's state directory; none for `off`.
pub(crate) fn store(file: Option<&str>) -> Option<Attempts> {
    let path = match file {
        Some("off") => return None,
        Some(path) => path.into(),
        None => {
            let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
            let (state, home) = (variable("XDG_STATE_HOME"), variable("HOME"));
            Attempts::place(state.as_deref().map(Path::new), home.as_deref().map(Path::new))?
        }
    };
    Some(Attempts::at(path))
}

/// The tries that are remembered, for `check` and `wait`; none with `--journal off`.
pub(crate) fn remembered(journal: Option<&str>) -> Vec<Attempt> {
    let off = journal.filter(|journal| *journal == "off");
    store(off).map(|store| store.read(Clock::new().now())).unwrap_or_default()
}
