//! The wire against servers on loopback that are slow, broken or hostile.

mod plain;
mod rogue;
mod rounds;
mod secure;
mod server;

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;

use super::{Internet, Network as _, Settings};
use crate::clock::{Clock, Stopwatch};
use crate::model::{
    Answer, Endpoint, Errand, Failure, Finding, Manner, Name, Question, QuestionType, Seen, Task, VantageId,
    Why,
};

const SHORT: Duration = Duration::from_millis(450);

fn internet(probe_limit: Duration) -> Internet {
    let settings = Settings { probe_limit, ..Settings::default() };
    Internet::new(settings, Rc::new(Clock::new())).unwrap()
}

fn question(name: &str) -> Question {
    Question { name: Name::parse(name).unwrap(), qtype: QuestionType::A }
}

fn ask(server: Endpoint, name: &str, sample: u8) -> Errand {
    let task = Task::Ask {
        vantage: VantageId(0),
        server: Arc::new(server),
        question: Arc::new(question(name)),
        manner: Manner::Recursive,
        sample,
        record: None,
    };
    Errand { task, why: Why::First }
}

async fn run(net: &Internet, errands: Vec<Errand>) -> Vec<Finding> {
    net.run(errands).concat().await
}

/// One question over UDP, which must be over in time.
async fn look(server: SocketAddr) -> Finding {
    look_at(Endpoint::udp(server)).await
}

async fn look_at(server: Endpoint) -> Finding {
    let since = Stopwatch::start();
    let mut found = run(&internet(SHORT), vec![ask(server, "www.example.com", 0)]).await;
    assert!(since.elapsed() < SHORT + Duration::from_millis(150), "{:?}", since.elapsed());
    assert_eq!(found.len(), 1);
    found.remove(0)
}

#[track_caller]
fn answer(finding: &Finding) -> &Answer {
    match &finding.seen {
        Seen::Answered(answer) => answer,
        other => panic!("no answer: {other:?}"),
    }
}

#[track_caller]
fn failure(finding: &Finding) -> &Failure {
    match &finding.seen {
        Seen::Failed(failure) => failure,
        other => panic!("no failure: {other:?}"),
    }
}
