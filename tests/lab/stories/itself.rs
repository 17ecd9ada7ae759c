//! The lab itself: without this, nothing that it says about propwatch is worth anything.

use std::path::Path;
use std::time::Duration;

use hickory_proto::op::ResponseCode;

use crate::lab::ask::ask;
use crate::lab::runner::Story;
use crate::lab::truth::{Truth, last};
use crate::lab::world::{NAME, NEW, OLD, Six, World, shop};
use crate::lab::{now, pause, seconds};

pub(super) const STORIES: &[Story] =
    &[Story { name: "the_lab_itself", needs: super::SIX, play: the_lab_itself }];

/// Six resolvers resolve through the private root, keep what they have after an edit, and turn over on the
/// second at which their entry ends: at the tick where the TTL would be 0, or one tick after.
fn the_lab_itself(base: &Path) {
    let world = World::build(base, shop().ttl(6).with(&format!("www A {OLD}")));
    let six = Six::start(base);
    six.prime(NAME, Duration::from_millis(350), |reply| reply.is(OLD));
    let missing = ask(six.taps[0].at, "nobody.shop.lab", "A", Duration::from_secs(2)).unwrap();
    assert_eq!(missing.rcode, ResponseCode::NXDomain, "through a tap");
    assert_eq!(missing.ttl, Some(15), "the SOA's TTL");
    assert_eq!(six.taps[0].count(), 1);
    let edited = world.publish(&world.zone.edited("www", &format!("www A {NEW}")));
    let truth = Truth::watch(&six.all(), NAME, "A", |reply| reply.is(NEW));
    while seconds(edited, now()) < 9.0 {
        pause(Duration::from_millis(100));
    }
    let turns = truth.end();
    let end = last(&turns);
    assert!(turns.iter().all(|turn| turn.was_wrong), "an entry did not survive the edit: {turns:?}");
    for turn in &turns {
        let at = turn.right_since.unwrap();
        let phase = seconds(at.floor_second(), at);
        assert!(phase < 0.4, "{} turned {phase:.3} s after the tick", turn.name);
    }
    println!("# the last cache turned {:.2} s after the edit, TTL 6", seconds(edited, end));
}
