//! Times of day and lengths of time.

use std::time::Duration;

use jiff::Zoned;
use jiff::tz::TimeZone;

use crate::model::Timestamp;

/// How times are told: where, and seen from when.
#[derive(Debug, Clone)]
pub struct When {
    zone: TimeZone,
    now: Timestamp,
    exact: bool,
    /// Microseconds by which the clock on the wall is ahead of the instants that are told.
    ahead: i64,
}

impl When {
    /// By the clock on a wall in `zone`, at the instant `now`.
    pub fn local(zone: TimeZone, now: Timestamp) -> Self {
        When { zone, now, exact: false, ahead: 0 }
    }

    /// In UTC with the date, for texts that a script passes on.
    pub fn utc(now: Timestamp) -> Self {
        When { zone: TimeZone::UTC, now, exact: true, ahead: 0 }
    }

    /// The same, by a clock that was set forward by so many microseconds since the instants were noted.
    #[must_use]
    pub fn set_forward(self, by: i64) -> Self {
        When { ahead: by, ..self }
    }

    /// The instant that counts as now.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// An instant to wait for, never told too early: `15:42:10` today, `tomorrow 03:12`,
    /// `Wed 25 Nov 03:12`, `25 Nov 2027 03:12`.
    pub fn clock(&self, at: Timestamp) -> String {
        let second = rounded_up(at, 1);
        if self.exact {
            return format!("{:.0}", second.to_jiff());
        }
        let now = self.zoned(self.now);
        let then = self.zoned(second);
        if then.date() == now.date() {
            return told(&then, "%H:%M:%S");
        }
        let minute = self.zoned(rounded_up(at, 60));
        if minute.date().yesterday().is_ok_and(|day| day == now.date()) {
            told(&minute, "tomorrow %H:%M")
        } else if then.date().tomorrow().is_ok_and(|day| day == now.date()) {
            told(&then, "yesterday %H:%M")
        } else if minute.year() == now.year() {
            told(&minute, "%a %-d %b %H:%M")
        } else {
            told(&minute, "%-d %b %Y %H:%M")
        }
    }

    /// The time in front of a line about something that has happened: `15:42:10`, with the day
    /// (`Wed 25 15:42:10`) when that is not the day of `start`.
    pub fn stamp(&self, at: Timestamp, start: Timestamp) -> String {
        let (then, start) = (self.zoned(at), self.zoned(start));
        told(&then, if then.date() == start.date() { "%H:%M:%S" } else { "%a %-d %H:%M:%S" })
    }

    /// How long until an instant: `in 3 min 20 s`, `now` when it has come.
    pub fn away(&self, at: Timestamp) -> String {
        let left = at.since(self.now);
        if left < Duration::from_secs(1) { "now".to_owned() } else { format!("in {}", span(left)) }
    }

    fn zoned(&self, at: Timestamp) -> Zoned {
        let on_the_wall = Timestamp::from_micros(at.as_micros().saturating_add(self.ahead));
        on_the_wall.to_jiff().to_zoned(self.zone.clone())
    }
}

fn rounded_up(at: Timestamp, secs: i64) -> Timestamp {
    let unit = secs * 1_000_000;
    let micros = at.as_micros();
    Timestamp::from_micros(micros.saturating_add(unit - 1).div_euclid(unit).saturating_mul(unit))
        .min(Timestamp::MAX)
}

fn told(at: &Zoned, format: &str) -> String {
    at.strftime(format).to_string()
}

/// A length of time as one says it: `20 s`, `3 min 20 s`, `25 min`, `2 h 5 min`, `1 day 3 h`.
pub fn span(length: Duration) -> String {
    let secs = length.as_secs();
    let pair = |big: String, small: u64, unit: &str| {
        if small == 0 { big } else { format!("{big} {small} {unit}") }
    };
    match secs {
        0..60 => format!("{secs} s"),
        60..600 => pair(format!("{} min", secs / 60), secs % 60, "s"),
        600..3600 => format!("{} min", secs / 60),
        3600..86_400 => pair(format!("{} h", secs / 3600), secs % 3600 / 60, "min"),
        _ => {
            let days = secs / 86_400;
            let days = format!("{days} {}", if days == 1 { "day" } else { "days" });
            pair(days, secs % 86_400 / 3600, "h")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_micros(text.parse::<jiff::Timestamp>().unwrap().as_microsecond())
    }

    #[test]
    fn the_day_is_told_when_it_is_another_one() {
        // Two hours east of Greenwich: 22:30 UTC is half past midnight there.
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let when = When::local(zone, at("2026-11-23T12:00:00Z"));
        assert_eq!(when.clock(at("2026-11-23T13:42:10Z")), "15:42:10");
        assert_eq!(when.clock(at("2026-11-23T13:42:09.2Z")), "15:42:10");
        assert_eq!(when.clock(at("2026-11-23T22:30:00Z")), "tomorrow 00:30");
        assert_eq!(when.clock(at("2026-11-24T01:11:40Z")), "tomorrow 03:12");
        assert_eq!(when.clock(at("2026-11-25T01:12:00Z")), "Wed 25 Nov 03:12");
        assert_eq!(when.clock(at("2026-11-22T08:00:00Z")), "yesterday 10:00");
        assert_eq!(when.clock(at("2027-11-25T01:12:00Z")), "25 Nov 2027 03:12");
        assert_eq!(
            when.clock(Timestamp::MAX),
            "30 Dec 9999 22:00".replace("30 Dec", "31 Dec").replace("22:00", "00:00")
        );
        assert_eq!(
            When::utc(at("2026-11-23T12:00:00Z")).clock(at("2026-11-23T13:42:09.2Z")),
            "2026-11-23T13:42:10Z"
        );
    }

    #[test]
    fn stamps_name_the_day_once_it_is_over() {
        let when = When::local(TimeZone::UTC, at("2026-11-23T12:00:00Z"));
        let start = at("2026-11-23T12:00:00Z");
        assert_eq!(when.stamp(at("2026-11-23T23:59:59.9Z"), start), "23:59:59");
        assert_eq!(when.stamp(at("2026-11-25T00:00:00Z"), start), "Wed 25 00:00:00");
        assert_eq!(when.away(at("2026-11-23T12:03:20Z")), "in 3 min 20 s");
        assert_eq!(when.away(at("2026-11-23T11:00:00Z")), "now");
    }

    #[test]
    fn spans_are_as_exact_as_one_says_them() {
        let said = |secs| span(Duration::from_secs(secs));
        assert_eq!(said(20), "20 s");
        assert_eq!(said(60), "1 min");
        assert_eq!(said(200), "3 min 20 s");
        assert_eq!(said(1510), "25 min");
        assert_eq!(said(7500), "2 h 5 min");
        assert_eq!(said(97_200), "1 day 3 h");
        assert_eq!(said(172_800), "2 days");
    }
}
