//! What the zone's own servers do wrong.

use std::path::Path;
use std::time::Duration;

use crate::lab::authority::{Authority, Kind};
use crate::lab::recursive::Resolver;
use crate::lab::run::Call;
use crate::lab::runner::Story;
use crate::lab::tap::Tap;
use crate::lab::world::{NAME, NEW, OLD, World, addresses, lab, shop, taps};
use crate::lab::{pause_until, seconds};

pub(super) const STORIES: &[Story] = &[
    Story { name: "secondary_behind", needs: super::WORLD, play: secondary_behind },
    Story { name: "old_everywhere", needs: super::WORLD, play: old_everywhere },
    Story { name: "lame_delegation", needs: super::WORLD, play: lame_delegation },
    Story { name: "one_dead_of_three", needs: super::WORLD, play: one_dead_of_three },
    Story { name: "one_dead_of_two", needs: super::WORLD, play: one_dead_of_two },
    Story { name: "over_ipv6", needs: super::WORLD, play: over_ipv6 },
];

fn pair(base: &Path) -> [Resolver; 2] {
    [
        Resolver::unbound(base, "unbound", "198.51.100.111", ""),
        Resolver::bind(base, "bind", "198.51.100.114", "", ""),
    ]
}

fn asked(taps: &[Tap]) -> usize {
    taps.iter().map(Tap::count).sum()
}

/// Two servers have the new address, the third follows 6 s after the watch began. Until then no resolver
/// is asked; after it the CA may hold the old answer for its TTL and 5 s.
fn secondary_behind(base: &Path) {
    const TTL: u32 = 3;
    let world = World::build(base, shop().ttl(TTL).with(&format!("www A {OLD}")));
    let resolvers = pair(base);
    let taps = taps(&resolvers);
    let next = world.zone.edited("www", &format!("www A {NEW}"));
    for server in &world.servers[..2] {
        server.publish(&next);
    }
    let look = Call::new("check", NAME, &[NEW], &addresses(&taps)).run();
    look.must_be("not-yet", 1);
    look.must_say("authority-behind");
    assert_eq!(look.number("/authority/right"), 2);
    assert_eq!(look.number("/authority/wrong"), 1);
    let running = Call::new("wait", NAME, &[NEW], &addresses(&taps)).start();
    pause_until(running.began + Duration::from_secs(6));
    assert_eq!(asked(&taps), 0, "asked while a server was behind");
    let synced = world.servers[2].publish(&next);
    let outcome = running.end();
    taps.iter().for_each(Tap::tell);
    outcome.must_be("safe", 0);
    assert!(taps.iter().flat_map(Tap::seen).all(|seen| seen.at > synced), "asked while a server was behind");
    let late = outcome.beyond(synced);
    println!(
        "# safe {late:+.2} s after the last server followed, settling apart; TTL {TTL}; {} questions",
        asked(&taps)
    );
    // Last seen wrong up to two seconds before it followed, and then TTL + 5 s.
    assert!(
        seconds(synced, outcome.ended) >= f64::from(TTL) + 5.0 - 2.1,
        "the CA may still have had the old address"
    );
    assert!(late <= f64::from(TTL) + 5.0 + 2.6, "{late:.2} s late");
}

/// Nothing was changed: everybody agrees, on the old address.
fn old_everywhere(base: &Path) {
    let _world = World::build(base, shop().with(&format!("www A {OLD}")));
    let resolvers = pair(base);
    let taps = taps(&resolvers);
    let outcome = Call::new("check", NAME, &[NEW], &addresses(&taps)).run();
    outcome.must_be("not-yet", 1);
    outcome.must_say("authority-wrong");
    assert_eq!(asked(&taps), 0, "a resolver was asked");
    let look = Call::new("check", NAME, &[NEW], &addresses(&taps)).with(&["--look-anyway"]).run();
    assert_ne!(look.exit, 0);
    assert!(asked(&taps) > 0, "no resolver was asked with --look-anyway");
    let both = Call::new("check", NAME, &[OLD, NEW], &addresses(&taps)).run();
    both.must_be("safe", 0);
    let took = seconds(outcome.began, outcome.ended);
    println!(
        "# the old address everywhere: {} after {took:.2} s, {} questions",
        outcome.last["verdict"],
        outcome.queries()
    );
}

/// The parent names a server that does not have the zone. Resolvers turn to the next one, so one of four is
/// a warning; two of five is more than luck should be asked for.
fn lame_delegation(base: &Path) {
    let parent = lab().with("shop NS ns4.shop").with("ns4.shop A 192.0.2.14");
    let world = World::with(base, shop().with(&format!("www A {NEW}")), parent.clone());
    let _lame = Authority::start(base, "ns4", Kind::Nsd, &["192.0.2.14"], &[]);
    let resolvers = pair(base);
    let taps = taps(&resolvers);
    let outcome = Call::new("check", NAME, &[NEW], &addresses(&taps)).run();
    println!("# one lame of four: {}, {:?}", outcome.last["verdict"], outcome.codes());
    outcome.must_be("safe", 0);
    outcome.must_say("authority-lame");
    assert_eq!(outcome.number("/authority/right"), 3);
    let _another = Authority::start(base, "ns5", Kind::Knot, &["192.0.2.15"], &[]);
    world.tld.publish(&parent.edited("ns5", "shop NS ns5.shop").with("ns5.shop A 192.0.2.15"));
    let outcome = Call::new("check", NAME, &[NEW], &addresses(&taps)).run();
    println!("# two lame of five: {}, {:?}", outcome.last["verdict"], outcome.codes());
    outcome.must_be("blocked", 3);
    outcome.must_say("authority-lame");
}

/// One server of three answers nobody: a warning.
fn one_dead_of_three(base: &Path) {
    let mut world = World::build(base, shop().with(&format!("www A {NEW}")));
    world.servers.pop();
    let resolvers = pair(base);
    let taps = taps(&resolvers);
    // The resolvers know nothing yet, and may meet the dead server first: that may cost them more than a second.
    let outcome = Call::new("check", NAME, &[NEW], &addresses(&taps)).patient().run();
    outcome.must_be("safe", 0);
    outcome.must_say("authority-dead");
    let took = seconds(outcome.began, outcome.ended);
    println!("# a dead server of three: safe after {took:.2} s");
    assert!(took <= 4.0, "{took:.2} s");
}

/// One server of two answers nobody: the CA may meet it half of the time.
fn one_dead_of_two(base: &Path) {
    let zone = shop().edited("ns3", "").with(&format!("www A {NEW}"));
    let mut world = World::with(base, zone, lab().edited("ns3", ""));
    world.servers.remove(1);
    let resolvers = pair(base);
    let taps = taps(&resolvers);
    let outcome = Call::new("check", NAME, &[NEW], &addresses(&taps)).run();
    println!("# a dead server of two: {}", outcome.last["verdict"]);
    outcome.must_be("blocked", 3);
    outcome.must_say("authority-dead");
}

/// A server that only has an IPv6 address, and has the old one: it counts.
fn over_ipv6(base: &Path) {
    let more = |zone: crate::lab::zone::Zone, at: &str| {
        zone.with(&format!("{at} 300 NS ns6.shop.lab.")).with("ns6.shop.lab. 300 AAAA 2001:db8::16")
    };
    let old = more(shop(), "@").with(&format!("www A {OLD}"));
    let new = more(shop(), "@").with(&format!("www A {NEW}"));
    let _world = World::with(base, new.clone(), more(lab(), "shop"));
    let six = Authority::start(base, "ns6", Kind::Bind, &["2001:db8::16", "192.0.2.16"], &[old]);
    let resolvers = pair(base);
    let taps = taps(&resolvers);
    let outcome = Call::new("check", NAME, &[NEW], &addresses(&taps)).run();
    assert_ne!(outcome.exit, 0, "safe with a server that is wrong over IPv6");
    assert_eq!(outcome.number("/authority/right"), 3);
    assert_eq!(outcome.number("/authority/wrong"), 1);
    six.publish(&crate::lab::zone::Zone { serial: 2, ..new });
    let outcome = Call::new("check", NAME, &[NEW], &addresses(&taps)).run();
    println!("# an authority with IPv6 alone: {} right", outcome.number("/authority/right"));
    outcome.must_be("safe", 0);
    assert_eq!(outcome.number("/authority/right"), 4);
}
