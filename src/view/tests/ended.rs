//! What is advised while a watch goes on, after it has ended, and in a look.

use super::*;

/// The step for a reason, in the report of a watch (or a look) that goes on or has ended.
fn next(watch: bool, last: bool, effect: Effect, who: Option<&str>, cause: Cause) -> String {
    let mut cast = cast_of(&opening(watch));
    let mut told = report(3, vec![entry(0, Verdict::Blocked, Vec::new())]);
    told.last = last;
    cast.take(&Event::Verdict(Box::new(told)));
    let words = Words::new(&cast, When::local(TimeZone::fixed(jiff::tz::offset(1)), secs(3)));
    words.reason(&a_record("mail.example.com", "203.0.113.7"), &because(effect, who, cause)).next
}

#[test]
fn a_watch_goes_on_and_one_that_has_ended_does_not() {
    let of = |cause: &dyn Fn() -> Cause| {
        [(true, false), (true, true), (false, true)]
            .map(|(watch, last)| next(watch, last, Effect::Waits, Some("city3-1"), cause()))
    };
    assert_eq!(
        of(&|| Cause::ResolversPending { pending: 40 }),
        [
            "Nothing to do: this watch goes on and will tell.",
            "Run the same command again.",
            "Look again in a few minutes, or let `propwatch wait` do so."
        ]
    );
    assert_eq!(
        of(&|| Cause::ResolverStale { held: old_held(), until: Some(secs(310)) }),
        [
            "Nothing to do: it is asked again at 13:02:10.",
            "Run the same command again after 13:02:10.",
            "Look again after 13:02:10, or let `propwatch wait` do so."
        ]
    );
    assert_eq!(
        of(&|| Cause::CaMayCache { until: secs(40) }),
        [
            "Nothing to do: this watch goes on until 12:57:40.",
            "Run the same command again after 12:57:40.",
            "Look again after 12:57:40."
        ]
    );
    let wrong = of(&|| Cause::AuthorityWrong { zone: name("example.com"), held: old_held() });
    assert!(wrong[0].ends_with("Then wait here: nothing else is needed."), "{wrong:?}");
    assert!(wrong[1].ends_with("Then run the same command again."), "{wrong:?}");
    let [watch, ended, look] = of(&|| Cause::ResolversNotAsked);
    assert!(watch.contains("as soon as") && ended.contains("the same command asks them"), "{watch} {ended}");
    assert!(look.contains("--look-anyway"), "{look}");
    let network = of(&|| Cause::NoNetwork);
    assert!(network[0].contains("goes on by itself") && network[1].contains("run the same command again"));
}

#[test]
fn a_note_of_a_watch_that_has_ended_asks_for_nothing() {
    let late = || Cause::ResolverStale { held: old_held(), until: Some(secs(310)) };
    let done = "Nothing to do: the verdict does not wait for it.";
    assert_eq!(next(true, true, Effect::Warns, Some("city3-1"), late()), done);
    let failing = Cause::ResolverFailing { rcode: Rcode::SERVFAIL };
    assert_eq!(next(true, true, Effect::Warns, Some("city3-1"), failing), done);
    // A page on which its cache can be emptied is worth telling all the same.
    assert!(next(true, true, Effect::Warns, Some("google-1"), late()).contains("https://dns.google/cache"));
    // While the watch goes on, for everyone to see it, it does ask again.
    assert!(next(true, false, Effect::Warns, Some("city3-1"), late()).contains("asked again at"));
}

#[test]
fn all_that_are_late_are_left_alone_once_it_is_safe() {
    let (mut events, mut last) = caches_turning_over(true);
    let only = Arc::make_mut(&mut last.records[0]);
    only.reasons.iter_mut().for_each(|reason| reason.effect = Effect::Warns);
    only.verdict = Verdict::Safe;
    last.verdict = Verdict::Safe;
    events.push(Event::Verdict(Box::new(last.clone())));
    let screen = text(80).report(&last, &cast_of(&events));
    assert!(screen.contains("still have an older answer") && !screen.contains("same command"), "{screen}");
}
