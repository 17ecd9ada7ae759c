//! The watch's judgement of each record: gates, servers, verdicts.

use std::net::IpAddr;
use std::sync::Arc;

use crate::engine::authority::{AtServer, Said, Word};
use crate::engine::plan::Mode;
use crate::engine::verdict::{self, Case, Judged, ResolverView, ServerView};
use crate::model::{
    Effect, Event, Held, Reason, RecordReport, Shift, Standing, Timestamp, Verdict, WalkEnd, Why,
};

use super::Watch;
use super::ending::{can_become_safe, tellable};
use super::sums::{Counted, Outlook, has_reached};

impl Watch {
    /// Notes that something about a record may have changed; a guard's changes are its record's.
    pub(super) fn mark(&mut self, record: usize) {
        self.records[record].unweighed = true;
        for record in [Some(record), self.records[record].guards].into_iter().flatten() {
            self.records[record].unweighed = true;
            self.mark_caches(record);
        }
    }

    /// Notes that a resolver's word on a record may have changed, and nothing else.
    pub(super) fn mark_caches(&mut self, record: usize) {
        if !std::mem::replace(&mut self.records[record].dirty, true) {
            self.dirty.push(record);
        }
    }

    pub(super) fn judge_dirty(&mut self) {
        let mut dirty = self.take_dirty();
        for &record in &dirty {
            self.records[record].judged_at = self.now;
            self.news = true;
            if std::mem::take(&mut self.records[record].unweighed) {
                self.weigh_servers(record);
            }
        }
        if !dirty.is_empty() {
            self.open_gates();
        }
        for &record in &dirty {
            if self.records[record].row.is_some() {
                self.judge_record(record);
            }
        }
        if self.dirty.is_empty() {
            // For the next one: there is one for each finding.
            dirty.clear();
            self.dirty = dirty;
        }
        if self.news {
            self.fire();
            self.tell_verdict();
        }
    }

    /// Opens the gates of records that are right, but for those whose alias leads over a name that is
    /// watched too and is not: whoever is asked for the alias fetches that name as well, and keeps the old
    /// answer.
    fn open_gates(&mut self) {
        for record in std::mem::take(&mut self.to_open) {
            let progress = &self.records[record];
            if progress.right_since.is_none() || progress.gate_open {
                continue;
            }
            let mut targets = progress.truth.iter().filter_map(|target| self.subject_named(target));
            match targets.find(|&subject| self.is_wrong(subject)) {
                Some(subject) => self.waiting_for.entry(subject).or_default().push(record),
                None => self.open_gate(record),
            }
        }
    }

    /// What every server's word means for the record; closes the gate to the resolvers when one falls back.
    fn weigh_servers(&mut self, record: usize) {
        let Some(node) = self.records[record].node else { return };
        let expected = &self.plan.records[record];
        let says: Vec<(usize, AtServer)> = self.auth.nodes[node]
            .words
            .iter()
            .map(|word| (word.server, self.auth.weigh(expected, word)))
            .collect();
        self.tell_server_shifts(record, &says);
        let unheard = |says: &[(usize, AtServer)]| says.iter().all(|(_, says)| *says == AtServer::Pending);
        if unheard(&self.records[record].at_servers) && !unheard(&says) {
            // Of many names some wait long for the first look: nobody has refused to change them meanwhile.
            self.records[record].first_look = self.now;
        }
        // What was so when it was first looked at is no sign that anything moves.
        let before = &self.records[record].at_servers;
        let looked_at = !before.is_empty() && before.iter().all(|(_, says)| *says != AtServer::Pending);
        let current = |server: usize| self.auth.servers[server].current;
        let pending = says.iter().any(|(s, says)| current(*s) && *says == AtServer::Pending);
        let right = says.iter().any(|(s, says)| current(*s) && matches!(says, AtServer::Right { .. }));
        let wrong = says.iter().any(|(s, says)| current(*s) && matches!(says, AtServer::Wrong { .. }));
        let life = says.iter().filter_map(|(_, says)| match says {
            AtServer::Right { ttl } => Some(*ttl),
            _ => None,
        });
        self.records[record].new_ttl = life.max().unwrap_or(self.records[record].new_ttl);
        let was_right = self.records[record].right_since.is_some();
        self.records[record].note_wrongs(self.now, &says, &current);
        let agreed = right && !wrong && !pending;
        let all_right = agreed && (was_right || !self.awaits_the_silent(record, node));
        if !agreed {
            self.records[record].agreed_since = None;
        }
        let differ = right && wrong;
        let progress = &mut self.records[record];
        progress.at_servers = says;
        progress.differ_since = if differ { progress.differ_since.or(Some(self.now)) } else { None };
        if all_right && !was_right {
            self.set_right(record, Some(self.now));
            self.records[record].note_right();
            self.records[record].truth = self.auth.chain(&self.plan.records[record], node);
            if looked_at {
                self.hint_of(record);
            }
            let of = self.records[record].guards.unwrap_or(record);
            // A guard that is right changes nothing about a record that is not: its own time will come.
            if self.records[of].right_since.is_some() {
                self.record_is_right(of);
            }
        } else if was_right && !all_right && !pending {
            self.set_right(record, None);
            self.hint_of(record);
            self.close_gate(record);
            self.look_sooner(node);
        }
    }

    /// A server that answered before and is silent now may be there again, and still have what was there before: after
    /// an outage the first one that is heard speaks for nobody else. So it is asked once more when all others
    /// agree, and only then left out. Returns whether one is still to be heard.
    fn awaits_the_silent(&mut self, record: usize, node: usize) -> bool {
        if self.plan.mode == Mode::Look {
            return false;
        }
        let agreed = *self.records[record].agreed_since.get_or_insert(self.now);
        let unheard = |word: &Word| {
            self.auth.servers[word.server].current
                && word.heard
                && matches!(word.said, Said::Dead(_))
                && word.asked_at < agreed
        };
        let awaits = self.auth.nodes[node].words.iter().any(unheard);
        if awaits {
            self.set_node(node, self.now, Why::Retry);
        }
        awaits
    }

    /// A server that has fallen back may be mended before the next look at servers that are right.
    fn look_sooner(&mut self, node: usize) {
        let soon = self.now + self.pace(self.auth.nodes[node].zone);
        if soon < self.auth.nodes[node].next {
            self.set_node(node, soon, Why::AuthorityNotRight);
        }
    }

    fn tell_server_shifts(&mut self, record: usize, says: &[(usize, AtServer)]) {
        if self.plan.records[record].is_guard() {
            return;
        }
        for (server, now_says) in says {
            let before = self.records[record].at_servers.iter().find(|(s, _)| s == server).map(|(_, b)| b);
            let from = before.map_or(Standing::Unasked, standing_of);
            let to = standing_of(now_says);
            if from != to && to != Standing::Unasked {
                let (at, vantage) = (self.now, self.auth.servers[*server].id);
                let record = self.record_id(record);
                self.out.events.push(Event::Shift(Box::new(Shift { at, record, vantage, from, to })));
            }
        }
    }

    pub(super) fn judge_record(&mut self, record: usize) {
        self.records[record].crossed = false;
        self.work_out_sight(record);
        let brief = self.is_many();
        let Judged { report, decided, clear } = self.judge(record, self.now, brief);
        let renewed = clear && self.renew_sight(record);
        let from = self.records[record].settle_from;
        self.settle(record, clear && !renewed);
        let judged = if clear && self.records[record].settle_from > from {
            // Settling has only just begun; the verdict must say so.
            self.judge(record, self.now, brief)
        } else {
            Judged { report, decided, clear }
        };
        self.await_ca(record, &judged.report);
        self.keep_looking(record);
        self.check_the_last(record);
        self.milestones(record, &judged.report);
        let turn = self.last_turn(record);
        self.keep(record, judged, turn);
    }

    /// Keeps what was judged, and counts it among all.
    fn keep(&mut self, record: usize, judged: Judged, turn: Option<Timestamp>) {
        let Judged { mut report, decided, .. } = judged;
        let outlook = match report.verdict {
            Verdict::Safe => Outlook::Safe,
            Verdict::NotYet if !can_become_safe(&report, self.plan.policy.quorum_percent) => {
                Outlook::Hopeless
            }
            _ => Outlook::Open,
        };
        let reached = has_reached(&report, self.plan.policy.until);
        let counted = Counted { verdict: report.verdict, reached, outlook };
        let progress = &mut self.records[record];
        self.sums.recount(progress.counted.replace(counted), counted);
        self.sums.turns(record, std::mem::replace(&mut progress.turn, turn), turn);
        if decided && !std::mem::replace(&mut progress.decided, true) {
            self.sums.decided += 1;
        }
        progress.tellable = tellable(&report);
        if progress.told != Some(progress.tellable) {
            self.sums.note_news(record);
        }
        if self.is_many() {
            // What each resolver is reproached with is kept in its cell anyway.
            report.reasons.retain(|reason| !is_of_resolver(reason));
        }
        // Whoever has the one that is kept need have no other.
        if self.records[record].report.as_deref() != Some(&report) {
            report.reasons.shrink_to_fit();
            self.records[record].report = Some(Arc::new(report));
        }
    }

    /// The same for telling it on the way, of many: one resolver of each kind speaks for all like it, whoever keeps
    /// what he has for longest. The last word names all.
    pub(super) fn report_in_short(&self, record: usize) -> Arc<RecordReport> {
        let mut report = self.report_of(record);
        if !report.reasons.iter().any(is_of_resolver) {
            return report;
        }
        let in_short = Arc::make_mut(&mut report);
        let mut latest: Vec<(Effect, &str, Option<Timestamp>)> = Vec::new();
        for reason in in_short.reasons.iter().filter(|reason| is_of_resolver(reason)) {
            let (effect, code, until) = (reason.effect, reason.cause.code(), reason.cause.until());
            match latest.iter_mut().find(|(e, c, _)| (*e, *c) == (effect, code)) {
                Some((.., end)) => *end = until.max(*end),
                None => latest.push((effect, code, until)),
            }
        }
        in_short.reasons.retain(|reason| {
            let like = |(e, c, end): &(Effect, &str, Option<Timestamp>)| {
                (*e, *c, *end) == (reason.effect, reason.cause.code(), reason.cause.until())
            };
            !is_of_resolver(reason)
                || latest.iter().position(like).is_some_and(|place| {
                    latest.swap_remove(place);
                    true
                })
        });
        in_short.reasons.shrink_to_fit();
        report
    }

    /// The report of a record as it was last judged. Where it is the same as the one that is kept, it is that one: of
    /// ten thousand names everybody who has it has only one.
    pub(super) fn report_of(&self, record: usize) -> Arc<RecordReport> {
        let Some(report) = &self.records[record].report else {
            return Arc::new(self.judge(record, self.now, false).report);
        };
        if !self.is_many() {
            return Arc::clone(report);
        }
        let whole = self.judge(record, self.records[record].judged_at, false).report;
        let said = |report: &RecordReport| (report.verdict, report.issuable, report.everyone);
        if said(&whole) == said(report) {
            let whole = RecordReport { everyone_by: report.everyone_by, ..whole };
            return if whole == **report { Arc::clone(report) } else { Arc::new(whole) };
        }
        // Something beside it has moved since: what was told of it stands until it is judged again.
        let mut report = RecordReport::clone(report);
        report.reasons.extend(whole.reasons.into_iter().filter(is_of_resolver));
        report.reasons.sort_by_key(|reason| reason.effect);
        Arc::new(report)
    }

    /// Judges a record by what is known of it; `brief` where not every resolver need be named.
    pub(super) fn judge(&self, record: usize, now: Timestamp, brief: bool) -> Judged {
        let progress = &self.records[record];
        let search = &self.searches[progress.search];
        let zone = search.zone.map(|zone| &self.auth.zones[zone]);
        let servers = self.server_views(record);
        let forgotten = self.forgotten(record);
        let resolvers = self.resolver_views(record, now);
        let survey = self.survey_of(record);
        let watching = self.plan.mode == Mode::Watch && !self.plan.policy.settle.is_zero();
        let found = WalkEnd::Found;
        let guard = progress.guard.map(|guard| self.server_views(guard)).unwrap_or_default();
        verdict::judge(&Case {
            id: self.record_id(record),
            now,
            mode: self.plan.mode,
            policy: &self.plan.policy,
            blind: self.blind,
            end: match search.end() {
                Some(WalkEnd::Unreached(_)) if zone.is_some() => Some(&found),
                end => end,
            },
            walk: search.last.as_deref(),
            delegation: &search.delegation,
            servers: &servers,
            guard: &guard,
            forgotten: forgotten.as_deref(),
            reserved: progress.reserved.as_deref(),
            first_look: progress.first_look,
            differ_since: progress.differ_since,
            ca_forgets_at: self.ca_forgets_at(record),
            sight: self.sight(record, survey.as_ref()),
            sight_says: self.sight_says(record),
            sight_pending: self.sight_is_pending(record),
            sight_old: self.sight_is_old(record),
            gate_open: progress.gate_open,
            decided: progress.decided,
            resolvers: &resolvers,
            operators_needed: self.operators_needed,
            settle_until: progress
                .settle_from
                .filter(|_| watching)
                .map(|from| from + self.plan.policy.settle),
            everyone_by: self.everyone_by(record),
            brief,
        })
    }

    fn server_views(&self, record: usize) -> Vec<ServerView<'_>> {
        let progress = &self.records[record];
        let words = progress.node.map(|node| &self.auth.nodes[node].words);
        let view = |(server, says)| {
            let (server, says): (&usize, &AtServer) = (server, says);
            let entry = &self.auth.servers[*server];
            let word = words.and_then(|words| words.iter().find(|word| word.server == *server));
            ServerView {
                label: &entry.label,
                host: &entry.host,
                addr: entry.addr,
                serial: entry.soa.as_ref().map(|soa| soa.serial),
                may_lag: entry.soa.as_ref().map(|soa| soa.refresh.saturating_add(soa.retry)),
                current: entry.current,
                failures: word.map_or(0, |word| word.failures),
                at: word.map_or(Timestamp::default(), |word| word.at),
                says,
            }
        };
        progress.at_servers.iter().map(|(server, says)| view((server, says))).collect()
    }

    fn resolver_views(&self, record: usize, now: Timestamp) -> Vec<ResolverView<'_>> {
        let cells = &self.cells[self.cells_of(record)];
        let each = self.plan.resolvers.iter().zip(&self.operators).zip(cells);
        each.map(|((vantage, &operator), cell)| ResolverView::new(vantage, operator, cell, now)).collect()
    }

    /// AAAA addresses that the guard found; none while it has not been asked everywhere.
    fn forgotten(&self, record: usize) -> Option<Vec<IpAddr>> {
        let Some(guard) = self.records[record].guard else { return Some(Vec::new()) };
        let node = &self.auth.nodes[self.records[guard].node?];
        let says = &self.records[guard].at_servers;
        let is_current = |server: &usize| self.auth.servers[*server].current;
        // A server that has just joined has not been weighed.
        if self.auth.current(node).count() != says.iter().filter(|(server, _)| is_current(server)).count() {
            return None;
        }
        let mut all = Vec::new();
        for (_, says) in says.iter().filter(|(server, _)| is_current(server)) {
            match says {
                AtServer::Pending => return None,
                AtServer::Wrong { held: Held::Addresses(addresses), .. } => all.extend(addresses.iter()),
                _ => {}
            }
        }
        all.sort_unstable();
        all.dedup();
        node.zone.is_some().then_some(all)
    }
}

/// Whether a reason is about one resolver.
fn is_of_resolver(reason: &Reason) -> bool {
    reason.who.is_some()
        && (reason.cause.code().starts_with("resolver") || reason.cause.code() == "witness-stale")
}

fn standing_of(says: &AtServer) -> Standing {
    match says {
        AtServer::Pending => Standing::Unasked,
        AtServer::Right { .. } => Standing::Right { samples: 1, needed: 1 },
        AtServer::Wrong { held, .. } => Standing::Wrong { held: held.clone(), until: None },
        AtServer::Lame(rcode) => Standing::Refusing { rcode: *rcode },
        AtServer::Dead(failure) => Standing::Silent { failure: failure.clone() },
    }
}
