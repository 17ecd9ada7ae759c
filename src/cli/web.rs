//! The options about the web path, and `self-test`.

use std::sync::Arc;

use propwatch::engine::WebPolicy;
use propwatch::model::{Ca, ChallengeFile};
use propwatch::net::WebSettings;
use propwatch::view::json::SCHEMA;
use propwatch::view::self_test;

use super::args::{self, Looking, SelfTestArgs};
use super::output::Output;
use super::{Exit, UserError};

/// Characters of a token that cannot exist: as many as the CA's have.
const TOKEN_LENGTH: usize = 43;
/// The alphabet of tokens (RFC 4648, section 5; RFC 8555, section 8.3).
const BASE64URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// Octets of a body that the CA takes at most: it refuses one of 128.
const MOST_CONTENT: usize = 127;

/// Prints the test file.
pub(crate) fn print(args: &SelfTestArgs, out: &mut Output) -> Exit {
    let file = ChallengeFile::self_test();
    if args.json {
        let object = serde_json::json!({
            "schema": SCHEMA,
            "token": file.token,
            "content": file.content,
            "path": file.path(),
        });
        out.line(&object.to_string());
    } else {
        self_test(&file).iter().for_each(|line| out.line(line));
    }
    if out.is_broken() { Exit::BrokenPipe } else { Exit::Safe }
}

/// How web servers are visited.
pub(crate) fn settings(args: &Looking) -> Result<WebSettings, UserError> {
    let standard = WebSettings::default();
    if args.http_port == Some(0) {
        let error = UserError::new("--http-port 0: there is no such port");
        return Err(error.hint("leave it out: the CA knows no other port than 80"));
    }
    Ok(WebSettings {
        http_port: args.http_port.unwrap_or(standard.http_port),
        ca: ca(args),
        allow_reserved: args.allow_reserved || ca(args) == Ca::Pebble,
        ask_origin: !args.no_origin,
        ..standard
    })
}

/// Whose rules decide.
pub(crate) fn ca(args: &Looking) -> Ca {
    match args.ca {
        Some(args::Ca::Pebble) => Ca::Pebble,
        Some(args::Ca::Letsencrypt) | None => Ca::LetsEncrypt,
    }
}

/// How each name's web server is looked at.
pub(crate) fn policy(args: &Looking) -> Result<WebPolicy, UserError> {
    Ok(match file(args)?.map(Arc::new) {
        None => WebPolicy::Off,
        Some(file) if file.content.is_some() => WebPolicy::Placed(file),
        Some(file) => WebPolicy::Absent(file),
    })
}

/// What to fetch from each web server: the user's file, the fixed one, or one that cannot exist; none where
/// the web is not to be looked at.
fn file(args: &Looking) -> Result<Option<ChallengeFile>, UserError> {
    match (&args.self_test, args.no_web) {
        (Some(_), true) => Err(UserError::new("--self-test and --no-web contradict each other")
            .hint("leave one of them out: --no-web does not look at the web server at all")),
        (None, true) => Ok(None),
        (None, false) => Ok(Some(nobodys())),
        (Some(None), false) => Ok(Some(ChallengeFile::self_test())),
        (Some(Some(text)), false) => given(text).map(Some),
    }
}

/// A file that no server has.
fn nobodys() -> ChallengeFile {
    let character = |_| char::from(BASE64URL[rand::random_range(0..BASE64URL.len())]);
    ChallengeFile { token: (0..TOKEN_LENGTH).map(character).collect(), content: None }
}

fn given(text: &str) -> Result<ChallengeFile, UserError> {
    let wrong = |why: &str| UserError::new(format!("--self-test {text}: {why}"));
    let print = "propwatch self-test prints a file; --self-test without a value looks for that one";
    // A URL has a colon of its own.
    let parted = if text.contains("://") { text.rsplit_once(':') } else { text.split_once(':') };
    let Some((token, content)) = parted.filter(|(token, content)| !token.is_empty() && !content.is_empty())
    else {
        return Err(wrong("not TOKEN:CONTENT, the name of a file and what is in it").hint(print));
    };
    let is_token = |token: &str| !token.is_empty() && token.bytes().all(|b| BASE64URL.contains(&b));
    if !is_token(token) {
        let error = wrong("a token has letters, digits, - and _ only (RFC 8555, section 8.3)");
        return Err(match token.rsplit('/').next().filter(|last| *last != token && is_token(last)) {
            Some(last) => error.hint(format!("the name of the file alone: {last}:{content}")),
            None => error.hint(print),
        });
    }
    if content.len() > MOST_CONTENT {
        let length = content.len();
        let why = format!("{length} octets of content, and the CA takes {MOST_CONTENT} at most");
        return Err(wrong(&why).hint("a real one has 87: TOKEN, a dot, and 43 characters"));
    }
    if !content.bytes().all(|b| b.is_ascii_graphic()) {
        let error = wrong("content has blanks or characters that no challenge has");
        return Err(error.hint("one line of printable ASCII, without blanks"));
    }
    Ok(ChallengeFile { token: token.to_owned(), content: Some(content.to_owned()) })
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::args::{Args, Command};
    use super::*;

    fn looking(options: &str) -> Looking {
        let line = format!("propwatch check a.example --expect 192.0.2.7 {options}");
        match Args::try_parse_from(line.split_whitespace()).unwrap().command {
            Command::Check(looking) => looking,
            _ => unreachable!(),
        }
    }

    #[test]
    fn which_file_is_fetched() {
        assert_eq!(file(&looking("--no-web")).unwrap(), None);
        assert_eq!(file(&looking("--self-test")).unwrap(), Some(ChallengeFile::self_test()));
        let own = file(&looking("--self-test=abc_-1:abc_-1.x:y")).unwrap().unwrap();
        assert_eq!((own.token.as_str(), own.content.as_deref()), ("abc_-1", Some("abc_-1.x:y")));
        let one = file(&looking("")).unwrap().unwrap();
        let other = file(&looking("")).unwrap().unwrap();
        assert!(one.content.is_none() && one.token != other.token);
        assert!(one.token.len() == 43 && one.token.bytes().all(|b| BASE64URL.contains(&b)));
        assert!(file(&looking("--self-test --no-web")).is_err());
    }

    #[test]
    fn what_is_no_file_is_refused_with_a_hint_that_fits() {
        let long = format!("t:{}", "x".repeat(128));
        for (text, part) in [
            ("", "not TOKEN:CONTENT"),
            ("token", "not TOKEN:CONTENT"),
            ("token:", "not TOKEN:CONTENT"),
            (":content", "not TOKEN:CONTENT"),
            ("a.txt:x", "letters, digits"),
            ("/.well-known/acme-challenge/tok:x", "alone: tok:x"),
            ("http://a.example/.well-known/acme-challenge/tok:x", "alone: tok:x"),
            ("t:\u{fc}", "printable"),
            ("t:a b", "printable"),
            (&long, "127 at most"),
        ] {
            let error = given(text).unwrap_err();
            assert!(format!("{error:?}").contains(part), "{text}: {error:?}");
        }
        assert!(given(&long[..129]).is_ok());
    }

    #[test]
    fn options_reach_the_network() {
        let web = settings(&looking("--http-port 5002 --ca pebble --allow-reserved --no-origin")).unwrap();
        let expected = WebSettings {
            http_port: 5002,
            https_port: 443,
            ca: Ca::Pebble,
            allow_reserved: true,
            ask_origin: false,
        };
        assert_eq!(web, expected);
        assert_eq!(settings(&looking("")).unwrap(), WebSettings::default());
        assert!(settings(&looking("--http-port 0")).is_err());
    }
}
