//! Tells whether a DNS change has arrived, and whether a certificate may be issued now.
//!
//! This is the library behind the command `propwatch`. A pure engine turns findings into events and
//! errands; one small loop carries the errands out to the network and the findings back; everything that a
//! person sees is rendered from events; everything that outlives the process is the list of findings.
//!
//! ```text
//! cli (args) ─┐
//!             ├─> plan ─> watch ──errands──> drive ──> net (udp tcp tls https · authorities)
//! config ─────┘             ^                  │  ^      │
//! (resolvers, records)      └────findings──────┘  └──────┘
//!                           └──events──> view ──> terminal, files, exit code
//! ```
//!
//! # The rooms
//!
//! | room | what is done there | what is never done there |
//! |---|---|---|
//! | [`model`] | the words of the program as types | anything |
//! | [`engine`] | deciding whom to ask, when and why; what has been learnt; the verdict | reading a clock, input or output, `async` |
//! | [`config`] | reading lists of resolvers, files of records, and what people type | asking anybody |
//! | [`explain`] | reading a CA's error text | asking anybody, wording anything |
//! | [`journal`] | keeping the facts of a watch in a file, and playing them again; remembering failed tries | changing what was seen, reading a clock |
//! | [`net`] | carrying questions to servers and their answers back | making anything of an answer |
//! | [`clock`] | reading the time; noticing sleep and a clock that was set | going backwards |
//! | [`view`] | every sentence that a person reads, as text and as JSON | deciding |
//! | [`sim`] | an internet of its own in virtual time, for `demo` and the tests | touching the real one |
//! | [`drive`] | the one `async` loop, between the engine, the network, the clock and the views | deciding |
//!
//! The binary adds `cli`: arguments, the live terminal, exit codes, the commands that a verdict is handed to; the
//! only room that prints.
//!
//! Imports run one way: `model`, then `engine`, then `config`, `journal`, `view`, `explain` and `sim` side by side, then `net` and
//! `drive`, then `cli`. `tests/tidy.rs` holds that table, and fails where a line goes against it.
//!
//! # How one answer travels
//!
//! The type of a value says which room it is in.
//!
//! 1. **Args → Request.** `cli` reads `propwatch wait example.com --expect 203.0.113.7` and makes an
//!    [`engine::Request`] of it: names with the values that are expected, and an [`engine::Policy`].
//! 2. **Request → Plan.** With the resolvers from [`config`], [`engine::Plan::new`] turns it into records and
//!    vantages, once; what cannot be carried out is refused here, before anything was asked.
//! 3. **Plan → Errand.** [`engine::Watch::step`] says what to ask next. An [`model::Errand`] names whom to ask,
//!    how, and [`model::Why`]: no resolver is asked about a name before its authoritative servers are right,
//!    and nobody is asked before the answer can have changed.
//! 4. **Errand → bytes → Answer.** [`net::Network::run`] sends it, over UDP, TCP, TLS or HTTPS, checks that what
//!    comes back belongs to the question, and keeps of it a [`model::Answer`]: facts, no opinion. What cannot
//!    be had is a [`model::Failure`], which is a fact as well.
//! 5. **Answer → Finding.** With the time at which it came and the errand that it answers, it is a
//!    [`model::Finding`]; exactly one for each errand. Nothing else can change a verdict, so a list of findings
//!    is a whole watch: replayed through the engine it says the same again.
//! 6. **Finding → Shift.** The engine folds it into the [`model::Standing`] of that vantage for that record:
//!    right, stale until an announced time, silent, suspect. If the standing moved, that is a
//!    [`model::Shift`].
//! 7. **Shift → Verdict.** All standings together are judged: safe, not yet, blocked or inconclusive
//!    ([`model::Verdict`]), each with its [`model::Reason`]s, and each reason with one next step.
//! 8. **Verdict → Event → text.** Whatever there is to tell leaves the engine as an [`model::Event`]. A view
//!    makes a line of text or of JSON of it, and the last verdict is the exit code.
//!
//! Two small types close the circle: [`engine::Step`] carries all that follows from one [`engine::Input`], and
//! [`engine::Wake`] is the next instant at which something can have changed, with its reason.

pub mod clock;
pub mod config;
pub mod drive;
pub mod engine;
pub mod explain;
pub mod journal;
pub mod model;
pub mod net;
pub mod sim;
pub mod view;
