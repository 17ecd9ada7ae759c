//! The CA's own URLs: which service it was, which account, which order.

use crate::model::{Authority, Environment};

use super::dense::{Dense, Gap};

/// What gives a CA away.
pub(super) const HOSTS: [(&str, Authority); 7] = [
    ("api.letsencrypt.org", Authority::LetsEncrypt),
    ("acme.zerossl.com", Authority::ZeroSsl),
    ("api.buypass.com", Authority::Buypass),
    ("api.test4.buypass.no", Authority::Buypass),
    (".pki.goog", Authority::Google),
    ("acme.ssl.com", Authority::SslCom),
    ("acme.sectigo.com", Authority::Sectigo),
];

/// One URL of Let's Encrypt's service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) at: usize,
    pub(super) environment: Environment,
    pub(super) account: Option<String>,
    /// The URL, if it is that of an order.
    pub(super) order: Option<String>,
}

/// Reads the URL whose host ends with the mark from `at` to `end`.
pub(super) fn place(dense: &Dense, at: usize, end: usize, authority: Authority) -> Option<Place> {
    if authority != Authority::LetsEncrypt {
        return None;
    }
    let (environment, host) = [
        (Environment::Production, "acme-v02."),
        (Environment::Staging, "acme-staging-v02."),
        (Environment::Production, "acme-v01."),
        (Environment::Staging, "acme-staging."),
    ]
    .into_iter()
    .find(|(_, host)| dense.ends(at, host))?;
    let mut place = Place { at, environment, account: None, order: None };
    if !dense.starts(end, "/acme/") {
        return Some(place);
    }
    // What belongs to an account has its number first.
    let from = end + "/acme/".len();
    let with_account = ["order/", "finalize/", "authz/", "chall/", "acct/"];
    if let Some(kind) = with_account.iter().find(|kind| dense.starts(from, kind)) {
        let (account, after) = number(dense, from + kind.len());
        let (second, _) =
            if dense.text.get(after) == Some(&b'/') { number(dense, after + 1) } else { (None, after) };
        // In `authz/123` of the old service it is no account.
        place.account = account.filter(|_| *kind == "acct/" || second.is_some());
        if let (Some(account), Some(order), true) =
            (&place.account, second, *kind == "order/" || *kind == "finalize/")
        {
            let secure = dense.ends(at - host.len(), "https://");
            place.order =
                secure.then(|| format!("https://{host}api.letsencrypt.org/acme/order/{account}/{order}"));
        }
    }
    Some(place)
}

/// The number at `at`, as its digits, and where it ends: at white space, but not at the cut end of a line.
fn number(dense: &Dense, at: usize) -> (Option<String>, usize) {
    const LONGEST: usize = 20;
    let mut end = at;
    let digit = |at: usize| dense.text.get(at).is_some_and(u8::is_ascii_digit);
    while digit(end) && end - at < LONGEST && (end == at || dense.gap(end) <= Gap::Cut) {
        end += 1;
    }
    ((end > at).then(|| dense.slice(at, end).into_owned()), end)
}
