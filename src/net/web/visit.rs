//! One visit: from request to request, until an answer leads no further.

use std::cell::{Cell, RefCell};
use std::net::{IpAddr, SocketAddr};

use rustls::pki_types::ServerName;
use tokio::time::timeout;

use super::dial::Connection;
use super::http::{self, Answer};
use super::redirect::{self, Host, Next};
use super::url::Url;
use super::{Limits, brief, dial};
use crate::engine::reserved_block;
use crate::model::{
    BadRedirect, BodySeen, Broken, Ca, ChallengeFile, ConnectFailure, Hop, Name, QuestionType, Visit, WebEnd,
};
use crate::net::Internet;

/// Octets of a body that boulder reads (`maxResponseSize`): a body must be shorter.
const MOST_BOULDER: usize = 128;
/// Pebble reads everything; this is more than any challenge file, and little enough to hold.
const MOST_PEBBLE: usize = 1 << 20;
/// Characters of a body that are kept.
const BODY_SHOWN: usize = 60;

/// What is under way, for the case that time runs out on it.
#[derive(Debug, Clone)]
enum Stage {
    Connecting,
    Talking,
    LookingUp(Name),
}

/// A visit under way.
pub(super) struct Journey<'a> {
    net: &'a Internet,
    limits: Limits,
    file: &'a ChallengeFile,
    pub(super) hops: RefCell<Vec<Hop>>,
    stage: RefCell<Stage>,
    /// Questions that looking up the hosts of redirects has cost.
    pub(super) questions: Cell<u32>,
}

impl<'a> Journey<'a> {
    pub(super) fn new(net: &'a Internet, limits: Limits, file: &'a ChallengeFile) -> Self {
        let (hops, stage) = (RefCell::default(), RefCell::new(Stage::Connecting));
        Journey { net, limits, file, hops, stage, questions: Cell::new(0) }
    }

    /// The whole visit, within its limit.
    pub(super) async fn go(&self, name: &Name, address: IpAddr) -> WebEnd {
        match timeout(self.limits.whole, self.follow(name, address)).await {
            Ok(end) => end,
            Err(_) => match &*self.stage.borrow() {
                Stage::Connecting => WebEnd::NotConnected(ConnectFailure::TimedOut),
                Stage::Talking => WebEnd::Broken(Broken::TimedOut),
                Stage::LookingUp(host) => WebEnd::Unresolved(host.clone()),
            },
        }
    }

    async fn follow(&self, name: &Name, address: IpAddr) -> WebEnd {
        let web = &self.net.settings.web;
        let mut been = vec![self.first(name)];
        let mut to = SocketAddr::new(address, web.http_port);
        if reserved_block(address).is_some() && !web.allow_reserved {
            self.set_out(&been[0], address);
            return WebEnd::Redirect(BadRedirect::Reserved(address));
        }
        loop {
            let mut answer = match self.request(&been, to).await {
                Ok(answer) => answer,
                Err(end) => return end,
            };
            let Some(location) = answer.redirect() else { return self.last(answer).await };
            let next = redirect::judge(web, &been, answer.status, location);
            let Next { url, host, port } = match next {
                Ok(next) => next,
                Err(why) => return WebEnd::Redirect(why),
            };
            to = match host {
                Host::Ip(ip) => SocketAddr::new(ip, port),
                Host::Name(host) => match self.look_up(&host, to.ip()).await {
                    Ok(ip) => SocketAddr::new(ip, port),
                    Err(end) => return end,
                },
            };
            *self.stage.borrow_mut() = Stage::Talking;
            answer.skim().await;
            been.push(url);
        }
    }

    /// Boulder's URLs never name a port that was set for a test; pebble's do.
    fn first(&self, name: &Name) -> Url {
        let web = &self.net.settings.web;
        let port = (web.ca == Ca::Pebble && web.http_port != 80).then_some(web.http_port);
        Url::first(name, port, self.file.path())
    }

    /// The visit that is not made, because nobody answers there.
    pub(super) fn given_up(self, name: &Name, address: IpAddr) -> Visit {
        self.set_out(&self.first(name), address);
        let end = WebEnd::NotConnected(ConnectFailure::TimedOut);
        Visit { hops: self.hops.into_inner(), end, took: super::millis(self.limits.dial) }
    }

    fn set_out(&self, url: &Url, address: IpAddr) {
        *self.stage.borrow_mut() = Stage::Connecting;
        let url = brief(&url.to_string(), super::URL_SHOWN);
        self.hops.borrow_mut().push(Hop { url, address, status: None, server: None });
    }

    /// Asks for the last of these URLs at this address.
    async fn request(&self, been: &[Url], to: SocketAddr) -> Result<Answer, WebEnd> {
        let Some((url, before)) = been.split_last() else { return Err(WebEnd::Broken(Broken::Closed)) };
        self.set_out(url, to.ip());
        let stream = dial::connect(to, self.limits.dial).await.map_err(WebEnd::NotConnected)?;
        *self.stage.borrow_mut() = Stage::Talking;
        let connection: Connection = if url.scheme == "https" {
            let host = ServerName::try_from(url.host().to_owned())
                .map_err(|_| WebEnd::Redirect(BadRedirect::Host(brief(url.host(), super::URL_SHOWN))))?;
            Box::new(dial::secure(&self.net.web.tls, stream, host, self.limits.handshake).await?)
        } else {
            Box::new(stream)
        };
        let referer = before.last().and_then(|from| from.referer(url));
        let answer = http::ask(connection, url, referer.as_deref()).await.map_err(WebEnd::Broken)?;
        if let Some(hop) = self.hops.borrow_mut().last_mut() {
            hop.status = Some(answer.status);
            hop.server.clone_from(&answer.server);
        }
        Ok(answer)
    }

    /// The address of a redirect's host that the CA would go to: an IPv6 address if there is one, without
    /// falling back. Of several the one that was just visited, so that visits to all addresses of a
    /// name cover them all; of several others any, as it is for the CA.
    async fn look_up(&self, host: &Name, from: IpAddr) -> Result<IpAddr, WebEnd> {
        *self.stage.borrow_mut() = Stage::LookingUp(host.clone());
        let now = self.net.clock.now();
        let find = |qtype| self.net.walker.find(self.net, host, qtype, now, true);
        let (v6, v4) = futures::join!(find(QuestionType::Aaaa), find(QuestionType::A));
        self.questions.set(self.questions.get() + v6.questions + v4.questions);
        let mut kept_away = None;
        for family in [v6.addresses(), v4.addresses()] {
            let mut good = Vec::new();
            for ip in family {
                if reserved_block(ip).is_none() || self.net.settings.web.allow_reserved {
                    good.push(ip);
                } else {
                    kept_away = Some(ip);
                }
            }
            if good.contains(&from) {
                return Ok(from);
            }
            if let Some(&ip) = good.get(rand::random_range(0..good.len().max(1))) {
                return Ok(ip);
            }
        }
        Err(match kept_away {
            Some(ip) => WebEnd::Redirect(BadRedirect::Reserved(ip)),
            None => WebEnd::Unresolved(host.clone()),
        })
    }

    /// An answer that leads no further.
    async fn last(&self, mut answer: Answer) -> WebEnd {
        let most = if self.net.settings.web.ca == Ca::Pebble { MOST_PEBBLE } else { MOST_BOULDER };
        let mut body = Vec::new();
        if answer.status == 200 {
            if let Err(why) = answer.body(most, &mut body).await {
                return WebEnd::Broken(why);
            }
        } else {
            // The CA does not read this one; a person likes to see how it begins.
            let _ = timeout(self.limits.curious, answer.body(MOST_BOULDER, &mut body)).await;
        }
        let compared = self.compared(answer.status, &body, most);
        let begins = brief(&String::from_utf8_lossy(&body[..body.len().min(4 * BODY_SHOWN)]), BODY_SHOWN);
        WebEnd::Answered { status: answer.status, body: compared, begins }
    }

    fn compared(&self, status: u16, body: &[u8], most: usize) -> BodySeen {
        let Some(content) = self.file.content.as_deref().filter(|_| status == 200) else {
            return BodySeen::NotCompared;
        };
        if body.len() >= most {
            return BodySeen::TooLong;
        }
        let is_blank = |c: char| match self.net.settings.web.ca {
            Ca::LetsEncrypt => c.is_whitespace(),
            Ca::Pebble => matches!(c, '\n' | '\r' | '\t'),
        };
        let rest = body.strip_prefix(content.as_bytes()).and_then(|rest| std::str::from_utf8(rest).ok());
        if rest.is_some_and(|rest| rest.chars().all(is_blank)) {
            BodySeen::Right
        } else {
            BodySeen::Different
        }
    }
}
