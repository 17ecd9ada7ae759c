//! No wrong go-ahead: states of the world in which a tool may be fooled, and what propwatch must make of
//! each. The first ten are those in which every tool that was measured goes wrong somewhere.

#![allow(clippy::unwrap_used)]

mod fleet;

use std::process::Command;

use fleet::{NEW, OLD, OTHER, Plays, arguments, fleet, text};

/// A state: what the zone's servers play, what the resolvers play, and the exit statuses that are right.
struct State {
    name: &'static str,
    authorities: Vec<Plays>,
    resolvers: Vec<Plays>,
    exits: &'static [i32],
}

fn of(n: usize, plays: Plays) -> Vec<Plays> {
    vec![plays; n]
}

fn and(mut first: Vec<Plays>, rest: Vec<Plays>) -> Vec<Plays> {
    first.extend(rest);
    first
}

/// All right at the zone's own servers.
fn right() -> Vec<Plays> {
    of(2, Plays::new())
}

fn state(name: &'static str, authorities: Vec<Plays>, resolvers: Vec<Plays>, exits: &'static [i32]) -> State {
    State { name, authorities, resolvers, exits }
}

const SAFE: &[i32] = &[0];
const NOT_YET: &[i32] = &[1];
const BLOCKED: &[i32] = &[3];
const BLIND: &[i32] = &[4];
const NOT_SAFE: &[i32] = &[1, 3, 4];

fn measured() -> Vec<State> {
    let six = |odd: Plays| and(of(5, Plays::new()), vec![odd]);
    vec![
        state("34 have the old answer", right(), of(34, Plays::old()), NOT_YET),
        state("all time out", right(), of(6, Plays::Dead), BLIND),
        state("all say NODATA", right(), of(6, Plays::NoData(60)), NOT_YET),
        state("1 NXDOMAIN of 6", right(), six(Plays::NoName(60)), NOT_YET),
        state("1 SERVFAIL of 6", right(), six(Plays::Code(2)), NOT_YET),
        state("2 old of 6", right(), and(of(4, Plays::new()), of(2, Plays::old())), NOT_YET),
        state("everybody has old and new side by side", right(), of(6, Plays::both()), NOT_YET),
        state(
            "23 new, 10 old, 1 both",
            right(),
            and(of(23, Plays::new()), and(of(10, Plays::old()), vec![Plays::both()])),
            NOT_YET,
        ),
        state("1 answers, 33 are dead", right(), and(vec![Plays::new()], of(33, Plays::Dead)), BLIND),
        state("1 of 6 flaps", right(), six(Plays::Turns(vec![Plays::new(), Plays::old()])), NOT_YET),
        state("nothing changed anywhere", of(2, Plays::old()), of(34, Plays::old()), NOT_SAFE),
    ]
}

fn our_own() -> Vec<State> {
    let new = |n| of(n, Plays::new());
    let one_odd = |odd: Plays| and(new(5), vec![odd]);
    let authority = |odd: Plays| vec![Plays::new(), odd];
    vec![
        state("everything is right", right(), new(34), SAFE),
        state("one resolver, right", right(), new(1), SAFE),
        state("33 of 34 right, one old: 97 per cent", right(), and(new(33), of(1, Plays::old())), SAFE),
        state("32 of 34 right: 94 per cent", right(), and(new(32), of(2, Plays::old())), NOT_YET),
        state("17 of 34 dead, the rest right", right(), and(new(17), of(17, Plays::Dead)), SAFE),
        state("18 of 34 dead, the rest right", right(), and(new(16), of(18, Plays::Dead)), BLIND),
        state("half the resolvers refuse", right(), and(new(3), of(3, Plays::Code(5))), SAFE),
        state("all resolvers refuse", right(), of(6, Plays::Code(5)), BLIND),
        state("all resolvers say SERVFAIL", right(), of(6, Plays::Code(2)), NOT_YET),
        state("all resolvers say NXDOMAIN", right(), of(6, Plays::NoName(60)), NOT_YET),
        state("all resolvers only refer elsewhere", right(), of(6, Plays::Referral), BLIND),
        state("all resolvers answer emptily", right(), of(6, Plays::Empty), NOT_YET),
        state("a third address everywhere", right(), of(6, Plays::Has(vec![OTHER], 60)), NOT_YET),
        state("new and a third address", right(), of(6, Plays::Has(vec![NEW, OTHER], 60)), NOT_YET),
        state("wrong IDs only", right(), of(6, Plays::WrongId), BLIND),
        state("wrong questions only", right(), of(6, Plays::WrongQuestion), BLIND),
        state("noise only", right(), of(6, Plays::Noise), BLIND),
        state("empty datagrams only", right(), of(6, Plays::Nothing), BLIND),
        state("compression loops only", right(), of(6, Plays::PointerLoop), NOT_SAFE),
        state("truncated, and no TCP", right(), of(6, Plays::Truncated), BLIND),
        state("aliases in a circle", right(), of(6, Plays::Circle), NOT_YET),
        state(
            "an alias to the old address",
            right(),
            one_odd(Plays::Alias("x.example.net", vec![OLD], 60)),
            NOT_YET,
        ),
        state("an alias to nothing", right(), one_odd(Plays::Alias("x.example.net", vec![], 60)), NOT_YET),
        state(
            "an alias to the new address",
            right(),
            one_odd(Plays::Alias("x.example.net", vec![NEW], 60)),
            SAFE,
        ),
        state("escape sequences in a name", right(), one_odd(Plays::Escapes), NOT_YET),
        state("a TTL above 2^31", right(), one_odd(Plays::HugeTtl), SAFE),
        state("20 per cent loss", right(), of(34, Plays::Lossy(2, Box::new(Plays::new()))), SAFE),
        state("authority: one of two is old", authority(Plays::old()), new(34), NOT_YET),
        state("authority: one of two says NXDOMAIN", authority(Plays::NoName(60)), new(34), NOT_YET),
        state("authority: one of two has both", authority(Plays::both()), new(34), NOT_YET),
        state("authority: one of two is dead", authority(Plays::Dead), new(34), BLOCKED),
        state("authority: one of two refuses", authority(Plays::Code(5)), new(34), BLOCKED),
        state("authority: one of two fails", authority(Plays::Code(2)), new(34), BLOCKED),
        state("authority: one of two refers elsewhere", authority(Plays::Referral), new(34), BLOCKED),
        state("authority: all are dead", of(2, Plays::Dead), new(34), BLIND),
        state("authority: all refuse", of(2, Plays::Code(5)), new(34), NOT_SAFE),
        state("authority: NXDOMAIN, resolvers new", of(2, Plays::NoName(60)), new(34), NOT_YET),
        state("authority: NODATA, resolvers new", of(2, Plays::NoData(60)), new(34), NOT_YET),
        state("authority: both, resolvers new", of(2, Plays::both()), new(34), NOT_YET),
        state("authority: aliases in a circle", of(2, Plays::Circle), new(34), NOT_SAFE),
        state("authority: noise", of(2, Plays::Noise), new(34), NOT_SAFE),
        state(
            "authority: one of three is dead",
            vec![Plays::new(), Plays::new(), Plays::Dead],
            new(34),
            SAFE,
        ),
        state(
            "authority: two of three are dead",
            vec![Plays::new(), Plays::Dead, Plays::Dead],
            new(34),
            BLOCKED,
        ),
    ]
}

fn run(state: &State) -> Result<(), String> {
    let authorities = fleet(state.authorities.clone());
    let resolvers = fleet(state.resolvers.clone());
    let output = Command::new(env!("CARGO_BIN_EXE_propwatch"))
        .args(["check", "www.example.com", "--expect", &text(NEW), "--allow-reserved", "--no-web", "--json"])
        .args(arguments(&authorities, &resolvers))
        .output()
        .unwrap();
    let exit = output.status.code().unwrap_or(-1);
    let stdout = String::from_utf8_lossy(&output.stdout);
    let raw = output.stdout.iter().any(|&b| b < 0x20 && b != b'\n');
    if raw {
        return Err(format!("{}: a control character on stdout: {stdout:?}", state.name));
    }
    if !state.exits.contains(&exit) {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{}: exit {exit}, not {:?}\n{stdout}\n{errors}", state.name, state.exits));
    }
    let all_right = |plays: &[Plays]| plays.iter().all(|p| matches!(p, Plays::Has(a, _) if *a == [NEW]));
    let asked: u32 = resolvers.iter().map(fleet::Server::questions).sum();
    let authority_wrong = state.authorities.iter().any(|p| matches!(p, Plays::Has(a, _) if *a != [NEW]));
    if authority_wrong && !all_right(&state.authorities) && asked > 0 {
        return Err(format!(
            "{}: {asked} questions to resolvers before the authorities were right",
            state.name
        ));
    }
    Ok(())
}

fn check_all(states: Vec<State>) {
    // Most states wait for somebody who never answers; side by side they wait together.
    let failed: Vec<String> = std::thread::scope(|scope| {
        let running: Vec<_> = states.iter().map(|state| scope.spawn(move || run(state))).collect();
        running.into_iter().filter_map(|thread| thread.join().unwrap().err()).collect()
    });
    assert!(failed.is_empty(), "{} of {} states:\n{}", failed.len(), states.len(), failed.join("\n"));
}

#[test]
fn states_that_fool_others() {
    check_all(measured());
}

#[test]
fn states_of_our_own() {
    let states = our_own();
    assert!(states.len() >= 30);
    let (first, rest) = states.into_iter().enumerate().partition::<Vec<_>, _>(|(i, _)| i % 2 == 0);
    check_all(first.into_iter().map(|(_, state)| state).collect());
    check_all(rest.into_iter().map(|(_, state)| state).collect());
}
