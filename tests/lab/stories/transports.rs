//! Answers that do not fit, and questions that nobody on the way can read.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::lab::ask::{ask, ask_tcp};
use crate::lab::daemon::folder;
use crate::lab::odd;
use crate::lab::recursive::Resolver;
use crate::lab::run::Call;
use crate::lab::runner::Story;
use crate::lab::seconds;
use crate::lab::secure::certificate;
use crate::lab::tap::Tap;
use crate::lab::world::{NAME, NEW, ROOT, World, addresses, prime, shop, taps};

pub(super) const STORIES: &[Story] = &[
    Story { name: "large_answer", needs: super::WORLD, play: large_answer },
    Story { name: "encrypted", needs: ENCRYPTED, play: encrypted },
    Story { name: "port_53_blocked", needs: ENCRYPTED, play: port_53_blocked },
    Story { name: "port_53_intercepted", needs: ENCRYPTED, play: port_53_intercepted },
];

const ENCRYPTED: &[&str] = &["nsd", "knotd", "knotc", "named", "unbound", "dnsdist", "openssl"];

/// A set of 90 addresses (bind9 takes no more than 100): TC over UDP, from authorities and resolvers, and the whole over TCP.
fn large_answer(base: &Path) {
    let set: Vec<String> = (1..=90).map(|n| format!("203.0.113.{n}")).collect();
    let zone = set.iter().fold(shop(), |zone, address| zone.with(&format!("www A {address}")));
    let world = World::build(base, zone);
    let resolvers = [
        Resolver::unbound(base, "unbound", "198.51.100.111", ""),
        Resolver::bind(base, "bind", "198.51.100.114", "", ""),
    ];
    let taps = taps(&resolvers);
    let places: Vec<SocketAddr> = world.servers.iter().map(|server| server.at).collect();
    for at in places.into_iter().chain(taps.iter().map(|tap| tap.at)) {
        let cut = ask(at, NAME, "A", Duration::from_secs(3)).unwrap();
        assert!(cut.truncated, "{at} did not say TC");
        assert_eq!(ask_tcp(at, NAME, "A").unwrap().addresses.len(), 90, "over TCP from {at}");
    }
    let before = taps.iter().flat_map(Tap::seen).filter(|seen| seen.question.ends_with("tcp")).count();
    let expect: Vec<&str> = set.iter().map(String::as_str).collect();
    let outcome = Call::new("check", NAME, &expect, &addresses(&taps)).run();
    taps.iter().for_each(Tap::tell);
    outcome.must_be("safe", 0);
    let after = taps.iter().flat_map(Tap::seen).filter(|seen| seen.question.ends_with("tcp")).count();
    println!(
        "# 90 addresses: safe after {:.2} s, {} questions over TCP to 2 resolvers",
        seconds(outcome.began, outcome.ended),
        after - before
    );
    assert!(after >= before + 2, "nobody was asked over TCP");
    let fewer = Call::new("check", NAME, &expect[..89], &addresses(&taps)).run();
    assert_ne!(fewer.exit, 0, "safe though an address of the set was not expected");
}

/// Where the encrypted resolver is.
const AT: &str = "198.51.100.51";

/// A world in which everything is right, and a resolver that knows it, over UDP, TLS and HTTPS.
struct Fronted {
    world: World,
    keys: PathBuf,
    asked: [String; 3],
    _servers: [Resolver; 2],
}

fn fronted(base: &Path) -> Fronted {
    let world = World::build(base, shop().with(&format!("www A {NEW}")));
    let unbound = Resolver::unbound(base, "unbound", "198.51.100.111", "");
    let keys = folder(base, "keys");
    certificate(&keys, AT, "dns.lab");
    let front = Resolver::dnsdist(base, "dnsdist", AT, unbound.at, Some(&keys));
    prime(&unbound, NAME, |reply| reply.is(NEW));
    let asked = [format!("tls://{AT}#dns.lab"), format!("https://{AT}/dns-query"), AT.to_owned()];
    Fronted { world, keys, asked, _servers: [unbound, front] }
}

/// Nobody answers on port 53, as behind a firewall: that is said, and resolvers are asked over TLS and HTTPS. What
/// they say is shown, and is no go-ahead.
fn port_53_blocked(base: &Path) {
    let Fronted { world, keys, asked, _servers } = fronted(base);
    drop(world);
    odd::dead(ROOT);
    let outcome = Call::new("check", NAME, &[NEW], &asked).trusting(&keys.join("ca.pem")).run();
    println!(
        "# port 53 blocked: {} after {:.2} s",
        outcome.codes().join(" "),
        seconds(outcome.began, outcome.ended)
    );
    outcome.must_be("inconclusive", 4);
    outcome.must_say("port53-blocked");
    assert_eq!(outcome.number("/resolvers/confirmed"), 2, "TLS and HTTPS");
}

/// Somebody answers in everybody's name, at an address too where no server is: all that is plain proves nothing.
fn port_53_intercepted(base: &Path) {
    let Fronted { world: _world, keys, asked, _servers } = fronted(base);
    let _between = Resolver::unbound(base, "between", "192.0.2.53", "");
    let outcome = Call::new("check", NAME, &[NEW], &asked).trusting(&keys.join("ca.pem")).run();
    println!("# port 53 intercepted: {}", outcome.codes().join(" "));
    outcome.must_be("inconclusive", 4);
    outcome.must_say("port53-intercepted");
    assert_eq!(outcome.number("/resolvers/confirmed"), 2, "TLS and HTTPS");
}

/// The same resolver over UDP, TLS and HTTPS, with a certificate that nobody else trusts.
fn encrypted(base: &Path) {
    let Fronted { world: _world, keys, asked: resolvers, _servers } = fronted(base);
    let outcome = Call::new("check", NAME, &[NEW], &resolvers).trusting(&keys.join("ca.pem")).run();
    outcome.must_be("safe", 0);
    assert_eq!(outcome.number("/resolvers/confirmed"), 3);
    println!("# UDP, TLS and HTTPS: safe after {:.2} s", seconds(outcome.began, outcome.ended));
    let strangers = Call::new("check", NAME, &[NEW], &resolvers[..2]).run();
    println!("# the same with a certificate that nobody trusts: {}", strangers.last["verdict"]);
    assert_ne!(strangers.exit, 0, "safe by servers whose certificates are not trusted");
}
