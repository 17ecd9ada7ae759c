//! No wrong go-ahead: states of the world in which a tool may be fooled, and what propwatch must make of
//! each. The first ten are those in which every tool that was measured goes wrong somewhere.

#![allow(clippy::unwrap_used)]

mod fleet;

use std::process::Command;

use fleet::{NEW, OLD, OTHER, Plays, arguments, fleet, text};

/// A state: what the zone's servers play, what the resolvers play, and the exit statuses that are right.
struct Scene {
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

fn scene(name: &'static str, authorities: Vec<Plays>, resolvers: Vec<Plays>, exits: &'static [i32]) -> Scene {
    Scene { name, authorities, resolvers, exits }
}

const SAFE: &[i32] = &[0];
const NOT_YET: &[i32] = &[1];
const BLOCKED: &[i32] = &[3];
const BLIND: &[i32] = &[4];
const NOT_SAFE: &[i32] = &[1, 3, 4];

fn measured() -> Vec<Scene> {
    let six = |odd: Plays| and(of(5, Plays::new()), vec![odd]);
    vec![
        scene("34 have the old answer", right(), of(34, Plays::old()), NOT_YET),
        scene("all time out", right(), of(6, Plays::Dead), BLIND),
        scene("all say NODATA", right(), of(6, Plays::NoData(60)), NOT_YET),
        scene("1 NXDOMAIN of 6", right(), six(Plays::NoName(60)), NOT_YET),
        scene("1 SERVFAIL of 6", right(), six(Plays::Code(2)), NOT_YET),
        scene("2 old of 6", right(), and(of(4, Plays::new()), of(2, Plays::old())), NOT_YET),
        scene("everybody has old and new side by side", right(), of(6, Plays::both()), NOT_YET),
        scene(
            "23 new, 10 old, 1 both",
            right(),
            and(of(23, Plays::new()), and(of(10, Plays::old()), vec![Plays::both()])),
            NOT_YET,
        ),
        scene("1 answers, 33 are dead", right(), and(vec![Plays::new()], of(33, Plays::Dead)), BLIND),
        scene("1 of 6 flaps", right(), six(Plays::Turns(vec![Plays::new(), Plays::old()])), NOT_YET),
        scene("nothing changed anywhere", of(2, Plays::old()), of(34, Plays::old()), NOT_SAFE),
    ]
}

fn our_own() -> Vec<Scene> {
    let new = |n| of(n, Plays::new());
    let one_odd = |odd: Plays| and(new(5), vec![odd]);
    let authority = |odd: Plays| vec![Plays::new(), odd];
    vec![
        scene("everything is right", right(), new(34), SAFE),
        scene("one resolver, right", right(), new(1), SAFE),
        scene("33 of 34 right, one old: 97 per cent", right(), and(new(33), of(1, Plays::old())), SAFE),
        scene("32 of 34 right: 94 per cent", right(), and(new(32), of(2, Plays::old())), NOT_YET),
        scene("17 of 34 dead, the rest right", right(), and(new(17), of(17, Plays::Dead)), SAFE),
        scene("18 of 34 dead, the rest right", right(), and(new(16), of(18, Plays::Dead)), BLIND),
        scene("half the resolvers refuse", right(), and(new(3), of(3, Plays::Code(5))), SAFE),
        scene("all resolvers refuse", right(), of(6, Plays::Code(5)), BLIND),
        scene("all resolvers say SERVFAIL", right(), of(6, Plays::Code(2)), NOT_YET),
        scene("all resolvers say NXDOMAIN", right(), of(6, Plays::NoName(60)), NOT_YET),
        scene("all resolvers only refer elsewhere", right(), of(6, Plays::Referral), BLIND),
        scene("all resolvers answer emptily", right(), of(6, Plays::Empty), NOT_YET),
        scene("a third address everywhere", right(), of(6, Plays::Has(vec![OTHER], 60)), NOT_YET),
        scene("new and a third address", right(), of(6, Plays::Has(vec![NEW, OTHER], 60)), NOT_YET),
        scene("wrong IDs only", right(), of(6, Plays::WrongId), BLIND),
        scene("wrong questions only", right(), of(6, Plays::WrongQuestion), BLIND),
        scene("noise only", right(), of(6, Plays::Noise), BLIND),
        scene("empty datagrams only", right(), of(6, Plays::Nothing), BLIND),
        scene("compression loops only", right(), of(6, Plays::PointerLoop), NOT_SAFE),
        scene("truncated, and no TCP", right(), of(6, Plays::Truncated), BLIND),
        scene("aliases in a circle", right(), of(6, Plays::Circle), NOT_YET),
        scene(
            "an alias to the old address",
            right(),
            one_odd(Plays::Alias("x.example.net", vec![OLD], 60)),
            NOT_YET,
        ),
        scene("an alias to nothing", right(), one_odd(Plays::Alias("x.example.net", vec![], 60)), NOT_YET),
        scene(
            "an alias to the new address",
            right(),
            one_odd(Plays::Alias("x.example.net", vec![NEW], 60)),
            SAFE,
        ),
        scene("escape sequences in a name", right(), one_odd(Plays::Escapes), NOT_YET),
        scene("a TTL above 2^31", right(), one_odd(Plays::HugeTtl), SAFE),
        scene("20 per cent loss", right(), of(34, Plays::Lossy(2, Box::new(Plays::new()))), SAFE),
        scene("authority: one of two is old", authority(Plays::old()), new(34), NOT_YET),
        scene("authority: one of two says NXDOMAIN", authority(Plays::NoName(60)), new(34), NOT_YET),
        scene("authority: one of two has both", authority(Plays::both()), new(34), NOT_YET),
        scene("authority: one of two is dead", authority(Plays::Dead), new(34), BLOCKED),
        scene("authority: one of two refuses", authority(Plays::Code(5)), new(34), BLOCKED),
        scene("authority: one of two fails", authority(Plays::Code(2)), new(34), BLOCKED),
        scene("authority: one of two refers elsewhere", authority(Plays::Referral), new(34), BLOCKED),
        scene("authority: all are dead", of(2, Plays::Dead), new(34), BLIND),
        scene("authority: all refuse", of(2, Plays::Code(5)), new(34), NOT_SAFE),
        scene("authority: NXDOMAIN, resolvers new", of(2, Plays::NoName(60)), new(34), NOT_YET),
        scene("authority: NODATA, resolvers new", of(2, Plays::NoData(60)), new(34), NOT_YET),
        scene("authority: both, resolvers new", of(2, Plays::both()), new(34), NOT_YET),
        scene("authority: aliases in a circle", of(2, Plays::Circle), new(34), NOT_SAFE),
        scene("authority: noise", of(2, Plays::Noise), new(34), NOT_SAFE),
        scene(
            "authority: one of three is dead",
            vec![Plays::new(), Plays::new(), Plays::Dead],
            new(34),
            SAFE,
        ),
        scene(
            "authority: two of three are dead",
            vec![Plays::new(), Plays::Dead, Plays::Dead],
            new(34),
            BLOCKED,
        ),
    ]
}

/// A short watch: what keeps one look from a go-ahead keeps a watch from one as long as it lasts.
const WATCH: &[&str] = &["wait", "--timeout", "5s", "--settle", "1s", "--journal", "off"];

fn run(scene: &Scene, how: &[&str]) -> Result<(), String> {
    let authorities = fleet(scene.authorities.clone());
    let resolvers = fleet(scene.resolvers.clone());
    let output = Command::new(env!("CARGO_BIN_EXE_propwatch"))
        .args(how)
        .args(["www.example.com", "--expect", &text(NEW), "--allow-reserved", "--no-web", "--json"])
        .args(arguments(&authorities, &resolvers))
        .output()
        .unwrap();
    let exit = output.status.code().unwrap_or(-1);
    let stdout = String::from_utf8_lossy(&output.stdout);
    let raw = output.stdout.iter().any(|&b| b < 0x20 && b != b'\n');
    if raw {
        return Err(format!("{}: a control character on stdout: {stdout:?}", scene.name));
    }
    let as_it_must = if how == WATCH && exit != 0 {
        // At its deadline a watch says so, whatever it would have to wait for.
        !scene.exits.contains(&0)
    } else {
        scene.exits.contains(&exit)
    };
    if !as_it_must {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{}: exit {exit}, not {:?}\n{stdout}\n{errors}", scene.name, scene.exits));
    }
    let all_right = |plays: &[Plays]| plays.iter().all(|p| matches!(p, Plays::Has(a, _) if *a == [NEW]));
    let asked: u32 = resolvers.iter().map(fleet::Server::questions).sum();
    let authority_wrong = scene.authorities.iter().any(|p| matches!(p, Plays::Has(a, _) if *a != [NEW]));
    if authority_wrong && !all_right(&scene.authorities) && asked > 0 {
        return Err(format!(
            "{}: {asked} questions to resolvers before the authorities were right",
            scene.name
        ));
    }
    Ok(())
}

fn check_all(states: &[Scene], how: &[&str]) {
    // Most states wait for somebody who never answers; side by side they wait together.
    let failed: Vec<String> = std::thread::scope(|scope| {
        let running: Vec<_> = states.iter().map(|scene| scope.spawn(move || run(scene, how))).collect();
        running.into_iter().filter_map(|thread| thread.join().unwrap().err()).collect()
    });
    assert!(failed.is_empty(), "{} of {} states:\n{}", failed.len(), states.len(), failed.join("\n"));
}

#[test]
fn states_that_fool_others() {
    check_all(&measured(), &["check"]);
    check_all(&measured(), WATCH);
}

#[test]
fn states_of_our_own() {
    let states = our_own();
    assert!(states.len() >= 30);
    let (first, rest) = states.into_iter().enumerate().partition::<Vec<_>, _>(|(i, _)| i % 2 == 0);
    for half in [first, rest] {
        check_all(&half.into_iter().map(|(_, scene)| scene).collect::<Vec<_>>(), &["check"]);
    }
}
