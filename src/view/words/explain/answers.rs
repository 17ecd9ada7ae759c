//! What can be wrong with what the web server answers.

use crate::model::Trouble;

use super::super::Said;
use super::{Explaining, RULE};

impl Explaining<'_> {
    /// Causes at the web server.
    pub(super) fn in_answers(&self, trouble: Trouble) -> Option<Said> {
        let (name, path) = (self.name(), self.path());
        Some(match trouble {
            Trouble::WrongRoot => Said::new(
                format!("{name} has another document root than the one that the panel writes to"),
                format!(
                    "In cPanel's Domains see which document root {name} has (addon domain, subdomain, missing alias). A \
                     file put into .well-known/acme-challenge there with File Manager must show under http://{name}{path}"
                ),
            ),
            Trouble::Rewrites => Said::new(
                format!("a rewrite rule or the CMS catches requests for {path}"),
                format!(
                    "In File Manager open .htaccess in the document root and put this above the other rules: {RULE}"
                ),
            ),
            Trouble::FileGone => Said::new(
                "the file was removed before the CA came, or written somewhere else",
                "Press Issue once, and only once: two runs at a time remove each other's files.",
            ),
            Trouble::CatchAll => Said::new(
                format!(
                    "every path gives the same page: a maintenance mode, an index.php, a parking page ({name})"
                ),
                format!("Switch that off, or let {path} past it in .htaccess: {RULE}"),
            ),
            Trouble::OtherClient => Said::new(
                "another ACME client answers for that path with its own account: AutoSSL, a CDN, an old panel",
                "Leave the certificate to one of them: switch AutoSSL off for that name in SSL/TLS Status, or the other client.",
            ),
            Trouble::EmptyFile => Said::new(
                "the file is there and empty: the disk is full, or it was removed at that moment",
                "In cPanel look at Disk Usage; then press Issue once more.",
            ),
            Trouble::PaddedFile => Said::new(
                "something is put around the file's content: a byte order mark, a banner, a script",
                "Switch off what changes pages on their way (a CDN's injections, an auto_prepend_file).",
            ),
            _ => return self.refused(trouble),
        })
    }

    fn refused(&self, trouble: Trouble) -> Option<Said> {
        let (name, path) = (self.name(), self.path());
        Some(match trouble {
            Trouble::WebFirewall => Said::new(
                "ModSecurity or another filter refuses the CA's request",
                format!(
                    "In cPanel switch ModSecurity off for {name} while the certificate is issued, and look for rules on bots in .htaccess."
                ),
            ),
            Trouble::Password => Said::new(
                "a password, a deny rule or a coming-soon plugin protects the whole site",
                format!(
                    "Take {path} out of it: in cPanel's Directory Privacy, or with a .htaccess in .well-known that says \
                     Satisfy any, Require all granted."
                ),
            ),
            Trouble::SiteDown => Said::new(
                "the application is down, a rule in .htaccess is wrong, or the account is suspended",
                "Open any page of the site. If all fail, ask the hosting; if only that path fails, look into .htaccess.",
            ),
            Trouble::HostRefused => Said::new(
                format!("the web server takes no requests for {name}, or not that many"),
                format!(
                    "In cPanel's Domains add {name}, or ask the hosting why requests for it are refused."
                ),
            ),
            Trouble::AnswersByApp => Said::new(
                "an application answers for that path: a login page, a maintenance plugin",
                format!("Let {path} past it in .htaccess: {RULE}"),
            ),
            Trouble::CutShort => Said::new(
                "the answer breaks off: a wrong length, a crash in the middle",
                "Ask the hosting to fetch the file with curl and compare its length with Content-Length.",
            ),
            Trouble::Http2Plain => Said::new(
                "HTTP/2 is switched on for port 80 (`listen 80 http2`)",
                "Take http2 out of the listener of port 80.",
            ),
            Trouble::OddAnswer => Said::new(
                "what answers is not a plain web server, or closes at once",
                format!("Fetch http://{name}{path}x with curl -v: a clean 404 is what should come."),
            ),
            _ => return None,
        })
    }
}
