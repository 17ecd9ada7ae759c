//! The promises of the design, each as a question to a world that was watched.

use std::time::Duration;

use propwatch::model::{Cause, Reason, Role, Timestamp, Verdict};
use propwatch::sim::{Blow, Lapse, Planted, Spent};

use crate::watched::Watched;

/// Safe so soon after it could be known.
const MOMENT: Duration = Duration::from_secs(1);
/// Who is silent is asked again after this.
const AGAIN: Duration = Duration::from_secs(2);
/// A failure is believed to be a cached one for so long.
const FAILING: Duration = Duration::from_secs(182);
/// Servers that are right are looked at so often.
const LOOK: Duration = Duration::from_secs(30);
/// So long before a verdict a server may have been looked at for the last time: others that are silent, or slow, are
/// waited for.
const LAST_LOOK: Duration = Duration::from_secs(5);
/// The CA's resolvers keep an address for so long.
const CA_KEEPS: Duration = Duration::from_secs(60);
/// A probe of somebody who stays silent.
const PROBE: Duration = Duration::from_secs(2);

/// What is broken in a world; empty when every promise was kept.
pub(crate) fn broken(watched: &Watched) -> Vec<String> {
    let mut out = Vec::new();
    ends_well(watched, &mut out);
    never_safe_too_early(watched, &mut out);
    not_safe_after_a_lapse(watched, &mut out);
    does_no_harm(watched, &mut out);
    is_safe_in_time(watched, &mut out);
    keeps_to_its_budget(watched, &mut out);
    stays_small(watched, &mut out);
    out
}

fn ends_well(Watched { plan, played, world, trials, .. }: &Watched, out: &mut Vec<String>) {
    if played.stuck {
        out.push(format!("stuck at {}", played.ended_at));
    }
    if !played.exact {
        out.push("a restart told something else than the run before it".to_owned());
    }
    let Some(report) = &played.report else {
        out.push("no last word".to_owned());
        return;
    };
    // Who slept over the deadline has one more look.
    let deadline = world.start() + plan.policy.timeout;
    let slept = trials.blows().iter().any(|(at, blow)| *at <= deadline && *at + blow.lasts() >= deadline);
    let end = deadline + Duration::from_secs(if slept { 24 * 3600 } else { 3 });
    if played.ended_at > end {
        out.push(format!("went on until {}, past its deadline", played.ended_at));
    }
    if !report.last || (report.reached && report.verdict != Verdict::Safe) {
        out.push("the last word is none, or reached what it is not".to_owned());
    }
    if report.questions != played.questions {
        out.push(format!("counts {} questions of {}", report.questions, played.questions));
    }
}

/// Promise 1.
fn never_safe_too_early(watched: &Watched, out: &mut Vec<String>) {
    let Watched { plan, safe, world, .. } = watched;
    let voters = plan.resolvers.iter().filter(|v| v.role == Role::Voter).count();
    let forgiven = if voters < 20 { 0 } else { voters * usize::from(100 - plan.policy.quorum_percent) / 100 };
    for (at, truth) in safe {
        let lapse = world.lapses(*at).pop();
        // What has been safe already is told once more without another look.
        let just_fell = lapse.is_some_and(|lapse| {
            at.since(lapse.from) <= LAST_LOOK
                || (watched.is_safe_at(lapse.from) && *at <= seen_by(watched, lapse))
        });
        let unseen = lapse.is_some_and(|lapse| may_be_unseen(watched, lapse, *at));
        for (record, truth) in plan.records.iter().zip(&truth.records) {
            if truth.right_since.is_none() && !just_fell {
                out.push(format!("{record}: safe at {at} while an authority is wrong"));
            }
            if truth.old.len() > forgiven && !unseen {
                out.push(format!(
                    "{record}: safe at {at} while {:?} are old (partly {:?})",
                    truth.old, truth.partly
                ));
            }
        }
    }
}

/// When it has been seen at the latest that servers have fallen back.
fn seen_by(watched: &Watched, lapse: Lapse) -> Timestamp {
    after_blows(watched, lapse.from + LOOK + PROBE * 2 + MOMENT, Duration::ZERO)
}

/// Whether servers had fallen back for so short a time that nobody who looks every half minute need have seen it.
fn may_be_unseen(watched: &Watched, lapse: Lapse, now: Timestamp) -> bool {
    lapse.to.unwrap_or(now) <= seen_by(watched, lapse)
}

/// Promise 1, in a watch that goes on: safe is taken back when servers have fallen back.
fn not_safe_after_a_lapse(watched: &Watched, out: &mut Vec<String>) {
    let end = watched.played.ended_at;
    for lapse in watched.world.lapses(end) {
        let by = seen_by(watched, lapse);
        if by < lapse.to.unwrap_or(end).min(end) && watched.is_safe_at(by) {
            out.push(format!("still safe at {by}, although servers have fallen back: {lapse:?}"));
        }
    }
}

/// Promise 2.
fn does_no_harm(watched: &Watched, out: &mut Vec<String>) {
    let Watched { world, .. } = watched;
    for (at, fell) in &world.spent().lapsed {
        let by = seen_by(watched, Lapse { from: *fell, to: None });
        if *at > by {
            out.push(format!("a question to a resolver at {at}, though servers have fallen back at {fell}"));
        }
    }
    let (Planted { old, negative, .. }, Spent { early, .. }) = (world.planted(), world.spent());
    if *early > 0 {
        out.push(format!("{early} questions to resolvers before the authorities were right"));
    }
    if old + negative > 0 {
        out.push(format!("planted {old} old answers and {negative} denials"));
    }
}

/// Promise 3: safe within moments of when it could be known.
fn is_safe_in_time(watched: &Watched, out: &mut Vec<String>) {
    let Watched { plan, world, played, .. } = watched;
    let deadline = world.start() + plan.policy.timeout;
    let truth = world.truth(played.ended_at);
    if truth.records.iter().any(|record| record.right_since.is_none()) || waits_in_vain(watched) {
        return;
    }
    let (right, turned) = truth.records.iter().fold((world.start(), world.start()), |(right, turned), r| {
        (right.max(r.right_since.unwrap_or_default()), turned.max(r.turned_by).max(r.shown_by))
    });
    let deadline = deadline - ahead(watched);
    let seen_by = after_blows(watched, right + look_at_servers(watched, right), Duration::ZERO);
    let lapses = world.lapses(played.ended_at);
    if lapses.iter().any(|lapse| may_be_unseen(watched, *lapse, played.ended_at)) {
        return;
    }
    // After a lapse the resolvers are asked anew.
    let opened =
        if lapses.is_empty() { world.spent().first_recursive.unwrap_or(played.ended_at) } else { seen_by };
    if opened > seen_by && seen_by < deadline {
        let late = opened.since(right);
        out.push(format!("right at its servers at {right}, resolvers asked at {opened}: {late:?} later"));
    }
    let was_wrong = right > world.start();
    let keeps = truth.records.iter().map(|r| r.ca_keeps).max().filter(|_| was_wrong).unwrap_or_default();
    let settle = plan.policy.settle;
    // A server that was silent, and was heard with another address before, may have given that until it was heard again.
    let returned = world.spent().returned.map_or(opened, |at| at + CA_KEEPS);
    let mut known = turned.max(opened + keeps).max(opened + PROBE).max(returned);
    let first = watched.safe_after(if lapses.is_empty() { world.start() } else { right });
    // A probe that nothing came of, or that was slow, can tell no sooner; silence is asked again after two seconds.
    let stalled = world.spent().stalled.iter().flat_map(|at| [*at, *at + AGAIN]);
    let heard = stalled.filter(|at| first.is_none_or(|first| *at + settle <= first)).max();
    known = known.max(heard.unwrap_or_default());
    if waits_for_the_failing(watched) {
        known = known.max(opened + FAILING);
    }
    let by = after_blows(watched, known + settle + patience(watched), settle);
    // Who is silent at the last look is asked once more.
    let unheard = world.spent().unheard.iter().filter(|at| (known + settle..=by + PROBE).contains(at));
    let again = unheard.map(|at| *at + AGAIN + PROBE + MOMENT + watched.trials.late * 3);
    let by = again.max().map_or(by, |again| by.max(again));
    if by < deadline && first.is_none_or(|at| at > by) {
        let late = first.unwrap_or(played.ended_at).since(by);
        out.push(format!(
            "safe at {first:?}, could be known at {known}: {late:?} too late; ended {}",
            played.ended_at
        ));
    }
}

/// By how much the watch's own clock is ahead in the end, after reboots with a wrong one.
fn ahead(Watched { trials, .. }: &Watched) -> Duration {
    let by = trials.blows().iter().map(|(_, blow)| if let Blow::Reboot(_, by) = blow { *by } else { 0 });
    Duration::from_micros(by.sum::<i64>().unsigned_abs())
}

/// A resolver that says the signatures are bad never stops counting, and one that keeps the old answer for ever stops
/// only when no honest one can have it any more: where five per cent of those that answer are less than one,
/// it is waited for in vain.
fn waits_in_vain(Watched { plan, played, world, .. }: &Watched) -> bool {
    played.report.iter().flat_map(|report| &report.records).any(|record| {
        let in_vain =
            |reason: &Reason| matches!(reason.cause, Cause::ResolverBogus | Cause::ResolverSuspect { .. });
        let answered = record.resolvers.confirmed + record.resolvers.contradicting;
        (world.has_stubborn() || record.reasons.iter().any(in_vain))
            && answered * u32::from(100 - plan.policy.quorum_percent) < 100
    })
}

/// The same for three minutes with one that fails for other reasons.
fn waits_for_the_failing(Watched { plan, played, .. }: &Watched) -> bool {
    played.report.iter().flat_map(|report| &report.records).any(|record| {
        let answered = record.resolvers.confirmed + record.resolvers.contradicting + 1;
        let failing = |reason: &Reason| matches!(reason.cause, Cause::ResolverFailing { .. });
        record.reasons.iter().any(failing) && answered * u32::from(100 - plan.policy.quorum_percent) < 200
    })
}

/// How long the zone's servers may be right before it is seen: they are looked at every second at first, and
/// every half minute in the end; a new delegation is looked for less often.
fn look_at_servers(watched: &Watched, right: Timestamp) -> Duration {
    let Watched { world, .. } = watched;
    let watching = (right.since(world.start()) + ahead(watched)).as_secs();
    let servers = match watching {
        0..60 => 1,
        60..300 => 2,
        300..900 => 5,
        900..3600 => 10,
        3600..14_400 => 20,
        _ => 30,
    };
    let parent = match watching {
        _ if !world.is_moving() => 0,
        0..120 => 15,
        120..600 => 30,
        600..3600 => 60,
        _ => 180,
    };
    // One that has gone silent is asked once more when all others agree.
    Duration::from_secs(servers + parent) + PROBE * 2
}

fn patience(Watched { world, .. }: &Watched) -> Duration {
    // A cache that goes on asking servers which the zone has left, and was filled by them twenty times, is looked at
    // every five minutes at the most, since nobody can see when it will leave them.
    let clings = world.planted().former > 0;
    // Whoever announces the same time again and again looks like several caches, or like one that is filled
    // anew, and is asked when what it announces (300 s) has passed.
    let hides = world.has_ttl_liar();
    // Several caches behind one address, each with a stale answer first, look like one that goes on serving it: the end
    // that it then announces is checked after two counts of its clock.
    let stale = if world.serves_stale() { Duration::from_millis(2100) } else { Duration::ZERO };
    MOMENT + if clings || hides { Duration::from_secs(300) } else { stale }
}

/// Moves an instant behind every time in which nothing could be seen, and in which what was seen last had
/// lasted for less than `run`.
fn after_blows(watched: &Watched, mut by: Timestamp, run: Duration) -> Timestamp {
    let Watched { trials, .. } = watched;
    let mut until = Timestamp::default();
    for (at, blow) in trials.blows() {
        let at = until.max(*at);
        if at > by {
            break;
        }
        let to = at + blow.lasts();
        until = match blow {
            Blow::Outage(_) => until,
            _ => to,
        };
        let again = match blow {
            // Everything overdue is asked within a minute, then what must settle settles.
            Blow::Kill(time) | Blow::Sleep(time) if *time >= Duration::from_secs(30) => {
                run + Duration::from_secs(63)
            }
            // After a reboot whatever the CA may keep is waited for anew.
            Blow::Reboot(..) => run + Duration::from_secs(63 + 66),
            Blow::ClockSet(_) => run + Duration::from_secs(63),
            // What was under way is asked again, also of those who stay silent.
            Blow::Kill(_) | Blow::Sleep(_) => run + Duration::from_secs(5),
            // Whoever was silent is asked less and less often, until somebody answers; a walk that reaches nobody is
            // begun again after three minutes at most.
            Blow::Outage(_) => run + Duration::from_secs(63 + 180),
        };
        by = by.max(to + again);
    }
    by + trials.late * 3
}

/// Promise 4.
fn keeps_to_its_budget(Watched { plan, world, played, .. }: &Watched, out: &mut Vec<String>) {
    let spent = world.spent();
    let hours = played.ended_at.since(world.start()).as_secs() / 3600 + 1;
    // Caches with a short TTL that cling to servers which the zone has left cost more: every five minutes to see
    // that they do is twice the usual, for each.
    let clings = if world.planted().former > 0 { 3 } else { 1 };
    // What was under way when the watcher was killed or fell asleep is asked again.
    let blows = played.restarts as u64;
    let most = clings * (plan.resolvers.len() * plan.records.len()) as u64 * (12 + 6 * hours + blows);
    if spent.recursive > most {
        out.push(format!("{} questions to resolvers in {hours} h, {most} were enough", spent.recursive));
    }
    // At most six servers, A, AAAA and now and then the serial: every second at first, in the end every half
    // minute.
    let most = 6 * (1800 + 500 * hours + 20 * blows);
    if spent.authoritative > most {
        out.push(format!(
            "{} questions to authorities in {hours} h, {most} were enough",
            spent.authoritative
        ));
    }
}

/// Promise 7, its other half: what is remembered does not grow with time.
fn stays_small(Watched { plan, played, .. }: &Watched, out: &mut Vec<String>) {
    let load = played.load;
    let cells = plan.resolvers.len() * plan.records.len();
    if load.timers > 8 * cells || load.servers > 16 || load.questions > 16 || load.walks > 8 {
        out.push(format!("remembers too much: {load:?} beside {cells} standings"));
    }
}
