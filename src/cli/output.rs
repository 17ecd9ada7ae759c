//! Where results and remarks go. Results to standard output, everything else to standard error.

use std::io::{self, BufWriter, Write};

/// Standard output, which remembers that its reader has gone.
#[derive(Debug)]
pub(crate) struct Output {
    broken: bool,
}

impl Output {
    pub(crate) fn new() -> Self {
        Output { broken: false }
    }

    /// Writes and flushes a piece of the results. After the reader has gone nothing is written any more.
    pub(crate) fn write(&mut self, text: &str) {
        self.write_with(|out| out.write_all(text.as_bytes()));
    }

    /// The same for what is put together while it is written.
    pub(crate) fn write_with(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
        if self.broken {
            return;
        }
        let mut out = BufWriter::new(io::stdout().lock());
        if let Err(error) = write(&mut out).and_then(|()| out.flush()) {
            self.broken = true;
            // A reader that has gone knows why. A full disk is news.
            if error.kind() != io::ErrorKind::BrokenPipe {
                complain(&format!("propwatch: error: the result cannot be written: {error}"));
            }
        }
    }

    pub(crate) fn line(&mut self, line: &str) {
        self.write(&format!("{line}\n"));
    }

    /// Whether the reader has gone.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken
    }
}

/// A line to standard error. If nobody reads that either, there is nobody left to tell.
pub(crate) fn complain(line: &str) {
    let mut err = io::stderr().lock();
    let _ = writeln!(err, "{line}");
}

/// A remark that changes nothing: an option without effect yet, for instance.
pub(crate) fn note(line: &str) {
    complain(&format!("propwatch: note: {line}"));
}
