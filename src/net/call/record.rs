//! The CA's own record of an order, by plain GETs (boulder `wfe2`: orders and authorizations can be read by
//! anyone, which RFC 8555 does not ask for). Nothing is asked but the CA's two hosts.

use std::time::Duration;

use futures::StreamExt as _;
use serde::Deserialize;

use super::{LookUp, Request, call, good};
use crate::clock::Stopwatch;
use crate::explain::{MOST_ORDER_BYTES, Unreadable, authorization, environment, order};
use crate::model::{AuthorizationSeen, Broken, CallFailure, OrderRecord, OrderSeen};
use crate::net::Internet;
use crate::net::answer::shown_within;
use crate::net::web::http::USER_AGENT;
use crate::net::web::url::Url;

/// One document.
const ONE: Duration = Duration::from_secs(10);
/// The order with all its authorizations.
const WHOLE: Duration = Duration::from_secs(30);
/// Documents that are asked for side by side.
const SIDE_BY_SIDE: usize = 4;
/// Characters of what the CA says about an answer that is no document.
const DETAIL_SHOWN: usize = 200;

fn unreadable(why: Unreadable) -> CallFailure {
    match why {
        Unreadable::TooLong => CallFailure::TooLong,
        Unreadable::NotAnOrder(said) => CallFailure::Unreadable(shown_within(&said, DETAIL_SHOWN)),
    }
}

/// A problem document (RFC 9457), as far as it is told.
#[derive(Deserialize)]
struct Problem {
    detail: String,
}

impl Internet {
    /// Reads the CA's record of an order, then of each of its authorizations. Bounded in number, size and time; never
    /// follows a redirect, and never asks another host than the order's own, which must be one of Let's
    /// Encrypt's two: none where it is not.
    pub async fn order_record(&self, url: &str) -> Option<OrderRecord> {
        let (since, place) = (Stopwatch::start(), environment(url)?);
        let seen = match self.document(url, ONE).await {
            Ok(bytes) => order(url, &bytes).map_err(unreadable),
            Err(why) => Err(why),
        };
        let seen: OrderSeen = match seen {
            Ok(seen) => seen,
            Err(why) => return Some(OrderRecord::missing(url, place, why)),
        };
        let one = async |url: &String| {
            let limit = ONE.min(WHOLE.saturating_sub(since.elapsed()));
            if limit.is_zero() {
                return Err(CallFailure::Broken(Broken::TimedOut));
            }
            let bytes = self.document(url, limit).await?;
            authorization(&bytes).map_err(unreadable)
        };
        let all = futures::stream::iter(&seen.authorizations).map(one).buffered(SIDE_BY_SIDE);
        let all: Vec<Result<AuthorizationSeen, CallFailure>> = all.collect().await;
        let (mut authorizations, mut unread) = (Vec::new(), None);
        for result in all {
            match (result, &mut unread) {
                (Ok(seen), _) => authorizations.push(seen),
                (Err(_), Some((count, _))) => *count += 1,
                (Err(why), none) => *none = Some((1, why)),
            }
        }
        Some(OrderRecord { url: url.to_owned(), environment: place, order: Ok(seen), authorizations, unread })
    }

    pub(super) async fn document(&self, at: &str, limit: Duration) -> Result<Vec<u8>, CallFailure> {
        let url = Some(at).filter(|at| environment(at).is_some() && at.bytes().all(|b| b.is_ascii_graphic()));
        let url = url.and_then(Url::absolute).ok_or(CallFailure::Elsewhere)?;
        let head = format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {USER_AGENT}\r\nAccept: application/json\r\nConnection: close\r\n\r\n",
            url.request_target(),
            url.host_header(),
        );
        let bytes = head.as_bytes();
        let request = Request { url: &url, bytes, look_up: LookUp::AsUsual, limit, most: MOST_ORDER_BYTES };
        let reply = call(self, &request).await?;
        let problem = serde_json::from_slice::<Problem>(&reply.body).ok();
        good(reply).map_err(|failure| match failure {
            CallFailure::Status { status, .. } => {
                let detail = problem.map(|problem| shown_within(&problem.detail, DETAIL_SHOWN));
                CallFailure::Status { status, detail }
            }
            other => other,
        })
    }
}
