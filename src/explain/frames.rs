//! The forms in which programs print a CA's words. Each yields name, type, status, and where the words begin.

use crate::model::Wrapper;

use super::captures::{name_before, name_until, quoted};
use super::dense::Dense;

/// The head of a text, up to the CA's words.
#[derive(Debug, Clone, Default)]
pub(super) struct Frame {
    pub(super) wrapper: Option<Wrapper>,
    /// Where it begins.
    pub(super) start: usize,
    /// Where the CA's words begin.
    pub(super) detail: usize,
    pub(super) name: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) status: Option<u16>,
}

/// What a frame is recognised by.
#[derive(Debug, Clone, Copy)]
pub(super) enum Head {
    /// `Updating challenge for NAME:`
    Panel,
    /// `urn:ietf:params:acme:error:TYPE`, in most forms.
    Urn,
    /// `Domain: NAME Type: TYPE Detail:`
    Domain,
    /// `NAME:Verify error:`
    Verify,
    /// `Create new order error. Le_OrderFinalize not found.`
    NoOrder,
    /// `authorization error for NAME:`
    Authorization,
    /// `403 :: unauthorized ::`
    Log,
}

/// The types of problem (RFC 8555, section 6.7; RFC 8738, RFC 9773; boulder `probs/probs.go`; before 2018
/// `unknownHost`, `tls`). None is the beginning of another that follows it.
const KINDS: [&str; 29] = [
    "accountDoesNotExist",
    "alreadyReplaced",
    "alreadyRevoked",
    "badCSR",
    "badNonce",
    "badPublicKey",
    "badRevocationReason",
    "badSignatureAlgorithm",
    "caa",
    "compound",
    "conflict",
    "connection",
    "dns",
    "externalAccountRequired",
    "incorrectResponse",
    "invalidContact",
    "invalidEmail",
    "invalidProfile",
    "malformed",
    "orderNotReady",
    "rateLimited",
    "rejectedIdentifier",
    "serverInternal",
    "tls",
    "unauthorized",
    "unknownHost",
    "unsupportedContact",
    "unsupportedIdentifier",
    "userActionRequired",
];

/// What to look for.
pub(super) fn heads() -> Vec<(String, Head)> {
    let mut heads: Vec<(String, Head)> = [
        ("Updating challenge for", Head::Panel),
        ("urn:ietf:params:acme:error:", Head::Urn),
        ("urn:acme:error:", Head::Urn),
        ("Domain:", Head::Domain),
        ("Verify error", Head::Verify),
        ("Verification error", Head::Verify),
        ("Le_OrderFinalize not found", Head::NoOrder),
        ("authorization error for", Head::Authorization),
    ]
    .map(|(text, head)| (text.to_owned(), head))
    .into();
    heads.extend(KINDS.iter().map(|kind| (format!(":: {kind} ::"), Head::Log)));
    heads
}

/// Reads the frame whose mark stands from `at` to `end`, if it is one.
pub(super) fn frame(dense: &Dense, head: Head, at: usize, end: usize) -> Option<Frame> {
    match head {
        Head::Panel => {
            let name = name_until(dense, end, &[":"])?;
            let detail = end + name.len() + 1;
            Some(Frame {
                wrapper: Some(Wrapper::FleetSsl),
                start: at,
                detail,
                name: Some(name),
                ..Frame::default()
            })
        }
        Head::Urn => urn(dense, at, end),
        Head::Domain => domain(dense, at, end),
        Head::Verify => verify(dense, at, end),
        Head::NoOrder => {
            let start = dense.rfind(at, 40, "createnewordererror").unwrap_or(at);
            let detail = end + usize::from(dense.starts(end, "."));
            Some(Frame { wrapper: Some(Wrapper::AcmeShNewOrder), start, detail, ..Frame::default() })
        }
        Head::Authorization => {
            // People put placeholders where the name was: `demo.<DOMAIN>`.
            let name = name_until(dense, end, &[":"]);
            let colon = dense.find(end, 260, ":")?;
            let frame = Frame {
                wrapper: Some(Wrapper::CertManager),
                start: at,
                detail: colon + 1,
                ..Frame::default()
            };
            Some(Frame { name, ..frame })
        }
        Head::Log => {
            let status = at.checked_sub(3).and_then(|from| dense.three_digits(from))?;
            let kind = kind_at(dense, at + 2).map(|(kind, _)| kind);
            let wrapper = Some(Wrapper::BoulderLog);
            Some(Frame { wrapper, start: at - 3, detail: end, kind, status: Some(status), name: None })
        }
    }
}

/// The type that stands at `at`, and where it ends. One that is not known ends at the first character that is
/// no letter, or at white space.
fn kind_at(dense: &Dense, at: usize) -> Option<(String, usize)> {
    const LONGEST: usize = 40;
    for kind in KINDS {
        if dense.starts(at, &kind.to_ascii_lowercase()) {
            return Some((kind.to_owned(), at + kind.len()));
        }
    }
    let mut end = at;
    let letter = |at: usize| dense.text.get(at).is_some_and(u8::is_ascii_alphabetic);
    while letter(end) && end - at < LONGEST && (end == at || dense.gap(end) == super::dense::Gap::None) {
        end += 1;
    }
    (end > at).then(|| (dense.slice(at, end).into_owned(), end))
}

fn domain(dense: &Dense, at: usize, end: usize) -> Option<Frame> {
    const LONGEST_KIND: usize = 60;
    // A line such as `Domain: one.example` of another program has no type behind it.
    let name = name_until(dense, end, &["type:"])?;
    let from = end + name.len() + "type:".len();
    let detail = dense.find(from, LONGEST_KIND, "detail:")?;
    let kind = match dense.find(from, LONGEST_KIND, "error:").filter(|urn| *urn < detail) {
        Some(urn) => kind_at(dense, urn + "error:".len()),
        None => kind_at(dense, from),
    };
    Some(Frame {
        wrapper: Some(Wrapper::Certbot),
        start: at,
        detail: detail + "detail:".len(),
        name: Some(name),
        kind: kind.map(|(kind, _)| kind),
        status: None,
    })
}

/// acme.sh: `NAME:Verify error:`, `NAME: Invalid status. Verification error details:`.
fn verify(dense: &Dense, at: usize, end: usize) -> Option<Frame> {
    let mut head = at;
    for mark in ["invalidstatus.", "invalidstatus,"] {
        if dense.ends(head, mark) {
            head -= mark.len();
        }
    }
    if !dense.ends(head, ":") {
        return None;
    }
    let start = name_before(dense, head - 1);
    let name = dense.slice(start, head - 1).to_lowercase();
    let more = if dense.starts(end, "details") { 7 } else { 0 };
    let detail = end + more + usize::from(dense.starts(end + more, ":"));
    (start + 1 < head).then(|| Frame {
        wrapper: Some(Wrapper::AcmeSh),
        start,
        detail,
        name: Some(name),
        ..Frame::default()
    })
}

/// All forms that show the type as a URN are told apart by what stands before it.
fn urn(dense: &Dense, at: usize, end: usize) -> Option<Frame> {
    let (kind, after) = kind_at(dense, end)?;
    let mut detail = after;
    while matches!(dense.text.get(detail), Some(b'"' | b'\'' | b':' | b'-')) {
        detail += 1;
    }
    let bare = Frame { start: at, detail, kind: Some(kind), ..Frame::default() };
    // What is in front of the URN, a quote left out.
    let quote = usize::from(at > 0 && matches!(dense.text[at - 1], b'"' | b'\''));
    let front = at - quote;
    let digits = front.checked_sub(3).and_then(|from| dense.three_digits(from));
    if quote > 0 && dense.ends(front, "\"type\":") {
        return Some(json(dense, front, after, bare));
    }
    if let Some(status) = digits {
        return Some(after_status(dense, front - 3, status, bare));
    }
    if dense.ends(front, "::") || dense.ends(front, "-") {
        return Some(lego(dense, front, bare));
    }
    if dense.ends(front, "):") {
        return Some(old_certbot(dense, front, bare));
    }
    if dense.ends(front, "'.reason:") {
        let start = dense.rfind(front, 300, "domainname'");
        let name =
            start.and_then(|start| quoted(dense, start + 10, 255)).map(|(name, _)| name.to_lowercase());
        return Some(Frame { wrapper: Some(Wrapper::Lettuce), start: start.unwrap_or(at), name, ..bare });
    }
    if dense.ends(front, "type:")
        && let Some(status) = dense.starts(after, "status:").then(|| dense.three_digits(after + 7)).flatten()
    {
        let words = after + 10;
        let detail = if dense.starts(words, "detail:") { words + 7 } else { words };
        return Some(Frame {
            wrapper: Some(Wrapper::Plesk),
            start: front - 5,
            detail,
            status: Some(status),
            ..bare
        });
    }
    Some(bare)
}

/// A problem document. Its members can stand in any order; this is the usual one.
fn json(dense: &Dense, front: usize, after: usize, bare: Frame) -> Frame {
    let words = dense.find(after, 40, "\"detail\":\"");
    let detail = words.map_or(bare.detail, |words| words + 10);
    let status = dense.find(after, 900, "\"status\":").and_then(|at| dense.three_digits(at + 9));
    let open = dense.rfind(front, 80, "{").unwrap_or(front);
    let name = if dense.ends(open, "]") {
        let from = dense.rfind(open, 260, "[").map(|from| from + 1);
        from.and_then(|from| name_until(dense, from, &["]"]))
    } else {
        let value = dense.rfind(front, 700, "\"identifier\":{\"type\":\"dns\",\"value\":\"");
        value.and_then(|value| name_until(dense, value + 37, &["\""]))
    };
    Frame { wrapper: Some(Wrapper::Json), start: open, detail, status, name, ..bare }
}

/// The forms in which a status stands just before the type.
fn after_status(dense: &Dense, at: usize, status: u16, bare: Frame) -> Frame {
    let bare = Frame { status: Some(status), ..bare };
    if dense.ends(at, "acme:errorcode") {
        return Frame { wrapper: Some(Wrapper::Eggsampler), start: at - 14, ..bare };
    }
    if dense.ends(at, "http") {
        let from = dense.rfind(at, 400, "\"identifier\":\"");
        let name = from.and_then(|from| name_until(dense, from + 14, &["\""]));
        return Frame { wrapper: Some(Wrapper::Caddy), start: at - 4, name, ..bare };
    }
    for mark in ["failedtocreateorder:", "erroracceptingchallenge:", "failedtofinalizeorder:"] {
        if dense.ends(at, mark) {
            return Frame { wrapper: Some(Wrapper::CertManagerOrder), start: at - mark.len(), ..bare };
        }
    }
    Frame { start: at, ..bare }
}

/// lego: `[NAME] acme: error: 403 :: TYPE ::`, with the request between them, or ` - ` in old versions.
fn lego(dense: &Dense, front: usize, bare: Frame) -> Frame {
    const LONGEST_REQUEST: usize = 300;
    let old = dense.ends(front, "-");
    let mark = if old { "acme:error" } else { "acme:error:" };
    let found = dense.rfind(front, LONGEST_REQUEST, mark);
    let status = found.and_then(|at| Some((at, dense.three_digits(at + mark.len())?)));
    let Some((at, status)) = status else { return bare };
    let name = dense.ends(at, "]").then(|| dense.rfind(at, 260, "[")).flatten();
    let wrapper = match (old, at + mark.len() + 5 < front) {
        (true, _) => Wrapper::LegoOld,
        (false, true) => Wrapper::LegoApi,
        (false, false) => Wrapper::Lego,
    };
    Frame {
        wrapper: Some(wrapper),
        start: name.unwrap_or(at),
        name: name.and_then(|from| name_until(dense, from + 1, &["]"])),
        status: Some(status),
        ..bare
    }
}

/// certbot before 2021: `Failed authorization procedure. NAME (http-01): TYPE :: …, NAME (http-01): TYPE :: …`.
fn old_certbot(dense: &Dense, front: usize, bare: Frame) -> Frame {
    let Some(open) = dense.rfind(front, 20, "(").filter(|open| dense.find(*open, 20, "-01):").is_some())
    else {
        return bare;
    };
    let mut start = name_before(dense, open);
    let sentence = "failedauthorizationprocedure.";
    if let Some(found) = dense.rfind(open, 300, sentence)
        && found + sentence.len() > start
    {
        start = found + sentence.len();
    }
    let name = dense.slice(start, open).to_lowercase();
    Frame { wrapper: Some(Wrapper::CertbotOld), start, name: Some(name).filter(|n| !n.is_empty()), ..bare }
}
