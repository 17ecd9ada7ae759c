//! Rounds side by side.

use std::sync::{Arc, Mutex};

use tokio::task::{LocalSet, spawn_local, yield_now};
use tokio::time::{sleep, timeout};

use super::server::{self, good};
use super::*;

/// A server that answers after so long, and notes from which port and for how long a first label it was asked.
async fn slow(delay: Duration) -> (Endpoint, Arc<Mutex<Vec<(u16, u8)>>>) {
    let (udp, _tcp) = server::sockets().await;
    let (udp, asked) = (Arc::new(udp), Arc::new(Mutex::new(Vec::new())));
    let (server, seen) = (Endpoint::udp(udp.local_addr().unwrap()), asked.clone());
    tokio::spawn(async move {
        let mut buffer = [0; 512];
        while let Ok((length, from)) = udp.recv_from(&mut buffer).await {
            seen.lock().unwrap().push((from.port(), buffer[12]));
            let (udp, reply) = (udp.clone(), good(&buffer[..length]));
            tokio::spawn(async move {
                sleep(delay).await;
                udp.send_to(&reply, from).await.unwrap();
            });
        }
    });
    (server, asked)
}

#[tokio::test]
async fn rounds_side_by_side_share_a_port_and_samples_do_not() {
    let (server, asked) = slow(Duration::from_millis(20)).await;
    let net = internet(SHORT);
    let rounds = [("a.example", 0), ("bb.example", 0), ("ccc.example", 1)]
        .map(|(name, sample)| run(&net, vec![ask(server.clone(), name, sample)]));
    let found = futures::future::join_all(rounds).await;
    assert!(found.iter().all(|found| found.len() == 1 && answer(&found[0]).addresses.len() == 1));
    let port = |label| asked.lock().unwrap().iter().find(|(_, it)| *it == label).unwrap().0;
    assert_eq!(port(1), port(2));
    assert_ne!(port(1), port(3));
}

#[tokio::test]
async fn nobody_joins_a_line_that_is_no_longer_young() {
    let (server, asked) = slow(Duration::from_millis(330)).await;
    let net = internet(SHORT);
    let later = async {
        sleep(Duration::from_millis(280)).await;
        run(&net, vec![ask(server.clone(), "bb.example", 0)]).await
    };
    futures::join!(run(&net, vec![ask(server.clone(), "a.example", 0)]), later);
    let port = |label| asked.lock().unwrap().iter().find(|(_, it)| *it == label).unwrap().0;
    assert_ne!(port(1), port(2));
}

/// The answer to one that was given up comes while its number on the line is another's.
#[tokio::test]
async fn a_late_answer_is_nobody_elses() {
    let (udp, _tcp) = server::sockets().await;
    let server = Endpoint::udp(udp.local_addr().unwrap());
    let udp = Arc::new(udp);
    tokio::spawn(async move {
        let mut buffer = [0; 512];
        while let Ok((length, from)) = udp.recv_from(&mut buffer).await {
            let (udp, reply) = (udp.clone(), good(&buffer[..length]));
            // Only the first is answered, and too late.
            if buffer[12] == 1 {
                tokio::spawn(async move {
                    sleep(Duration::from_millis(150)).await;
                    udp.send_to(&reply, from).await.unwrap();
                });
            }
        }
    });
    let net = internet(Duration::from_millis(100));
    let (net, server) = (&net, &server);
    let at = async |millis, name| {
        sleep(Duration::from_millis(millis)).await;
        run(net, vec![ask(server.clone(), name, 0)]).await.remove(0)
    };
    let (late, _, other) = futures::join!(at(0, "a.example"), at(60, "bb.example"), at(125, "ccc.example"));
    for found in [late, other] {
        assert!(matches!(found.seen, Seen::Failed(Failure::Silent { .. })), "{found:?}");
    }
}

#[tokio::test]
async fn a_round_that_is_dropped_leaves_its_lines_to_the_others() {
    let work = async {
        let (server, _) = slow(Duration::from_millis(30)).await;
        let net = Rc::new(internet(SHORT));
        let (its, errand) = (net.clone(), ask(server.clone(), "a.example", 0));
        let other = spawn_local(async move { run(&its, vec![errand]).await });
        yield_now().await;
        let mut dropped = Box::pin(net.run(vec![ask(server, "bb.example", 0)]));
        // The other is polled once more, since there was something to send; this one is the last who is polled.
        yield_now().await;
        assert!(futures::poll!(dropped.next()).is_pending());
        drop(dropped);
        other.await.unwrap()
    };
    let found = timeout(SHORT, LocalSet::new().run_until(work)).await.unwrap();
    assert_eq!((answer(&found[0]).addresses.len(), found[0].questions), (1, 1));
}

#[tokio::test]
async fn what_is_abandoned_is_not_asked_again() {
    let (server, asked) = slow(Duration::from_secs(9)).await;
    let net = internet(SHORT);
    let mut dropped = Box::pin(net.run(vec![ask(server.clone(), "a.example", 0)]));
    let other = async {
        drop(run(&net, vec![ask(server, "bb.example", 0)]).await);
    };
    let give_up = async {
        assert!(timeout(Duration::from_millis(50), dropped.next()).await.is_err());
        drop(dropped);
    };
    futures::join!(give_up, other);
    let times = |label| asked.lock().unwrap().iter().filter(|(_, it)| *it == label).count();
    assert_eq!(times(1), 1);
    assert!(times(2) >= 3);
}

#[tokio::test]
async fn no_more_is_asked_while_thousands_of_findings_lie_there_unread() {
    const ALL: usize = 9_000;
    let (server, asked) = slow(Duration::ZERO).await;
    let (patient, _) = slow(Duration::from_millis(1_000)).await;
    let net = internet(Duration::from_secs(5));
    let errands = (0..ALL).map(|_| ask(server.clone(), "a.example", 0)).collect();
    let mut unread = Box::pin(net.run(errands));
    let first = unread.next().await.unwrap();
    // Another round drives the lines meanwhile.
    run(&net, vec![ask(patient, "bb.example", 0)]).await;
    let before = asked.lock().unwrap().len();
    assert!((2_048..5_120).contains(&before), "{before} questions");
    let rest = unread.concat().await;
    assert_eq!(rest.len() + first.len(), ALL);
    assert!(rest.iter().all(|found| answer(found).addresses.len() == 1));
}
