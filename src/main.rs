//! The command: arguments in, exit status out.

mod cli;

use std::process::ExitCode;

use cli::args::{Args, Command, Doing};
use cli::output::Output;
use cli::{Exit, UserError};

fn main() -> ExitCode {
    let args = match cli::args::parse() {
        Ok(args) => args,
        Err(exit) => return exit.into(),
    };
    let mut out = Output::new();
    match run(args, &mut out) {
        Ok(exit) => exit.into(),
        Err(error) => {
            error.print();
            Exit::Usage.into()
        }
    }
}

fn run(args: Args, out: &mut Output) -> Result<Exit, UserError> {
    match args.command {
        Command::Check(look) => cli::watching::check(&look, out),
        Command::Wait(wait) => cli::watching::wait(&wait, out),
        Command::Demo(demo) => cli::demo::demo(&demo, out),
        Command::Resolvers(args) => match args.doing {
            Doing::List => cli::resolvers::list(&args, out),
            Doing::Test => cli::resolvers::test(&args, out),
        },
        Command::Completions { shell } => cli::print::completions(shell, out),
        Command::Man => cli::print::man(out),
        Command::Explain(args) => cli::explain::explain(&args, out),
        Command::Report(args) => cli::report::report(&args, out),
        Command::SelfTest(args) => Ok(cli::web::print(&args, out)),
    }
}
