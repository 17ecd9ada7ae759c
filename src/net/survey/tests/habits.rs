//! How servers take questions.

use super::world::{Asked, Say, Server, Zone};
use super::*;
use crate::model::{Habits, Rcode, Taken};

const WELL: Habits = Habits {
    plain: Taken::Well,
    mixed_case: Taken::Well,
    edns: Taken::Well,
    tcp: Taken::Well,
    aaaa: Taken::Well,
};

async fn habits(say: impl Fn(&Asked) -> Say + Send + Sync + 'static) -> Habits {
    let at = Zone::new("example.test").a("www-with-many-letters.example.test", 1);
    let server = Server::start(&at, say).await;
    let survey = Lab::with(&[&server]).await.survey("www-with-many-letters.example.test").await;
    zone(&survey, "example.test").servers[0].habits
}

fn when(which: impl Fn(&Asked) -> bool + Send + Sync, then: Say) -> impl Fn(&Asked) -> Say + Send + Sync {
    move |asked| if which(asked) { then.clone() } else { Say::Answer }
}

#[tokio::test]
async fn one_after_the_other() {
    assert_eq!(habits(|_| Say::Answer).await, WELL);
    assert_eq!(habits(when(|_| true, Say::Lower)).await, WELL, "the CA asks again in lower case");
    assert_eq!(habits(when(|_| true, Say::Cut)).await, WELL, "and over TCP");
    let unknown = Taken::Unknown;
    let no_aaaa = Habits { aaaa: unknown, ..WELL };
    assert_eq!(
        habits(when(|asked| asked.mixed, Say::Drop)).await,
        Habits { mixed_case: Taken::Dropped, ..no_aaaa }
    );
    assert_eq!(habits(when(|asked| asked.edns, Say::Drop)).await, Habits { edns: Taken::Dropped, ..no_aaaa });
    let refused = Taken::Refused(Rcode::FORMERR);
    for say in [Say::Error(1), Say::Bare(1)] {
        assert_eq!(habits(when(|asked| asked.edns, say)).await, Habits { edns: refused, ..WELL });
    }
    assert_eq!(habits(when(|asked| asked.tcp, Say::Drop)).await, Habits { tcp: Taken::Dropped, ..WELL });
    assert_eq!(
        habits(when(|asked| asked.kind == 28, Say::Drop)).await,
        Habits { aaaa: Taken::Dropped, ..WELL }
    );
    assert_eq!(
        habits(when(|asked| asked.kind == 28, Say::Error(2))).await,
        Habits { aaaa: Taken::Refused(Rcode::SERVFAIL), ..WELL }
    );
    let plain = |asked: &Asked| !asked.edns && !asked.tcp;
    assert_eq!(habits(when(plain, Say::Drop)).await, Habits { plain: Taken::Dropped, ..WELL });
}

#[tokio::test]
async fn of_the_dead_and_the_refusing_nothing_is_said() {
    let nothing = Habits {
        plain: Taken::Dropped,
        mixed_case: Taken::Unknown,
        edns: Taken::Unknown,
        tcp: Taken::Unknown,
        aaaa: Taken::Unknown,
    };
    assert_eq!(habits(|_| Say::Drop).await, nothing);
    let refused = Habits { plain: Taken::Refused(Rcode::REFUSED), ..nothing };
    assert_eq!(habits(|_| Say::Error(5)).await, refused);
}

#[tokio::test]
async fn lost_packets_are_no_habit() {
    // The first three of every question in every way are lost.
    assert_eq!(habits(when(|asked| asked.nth <= 3 && !asked.tcp, Say::Drop)).await, WELL);
}
