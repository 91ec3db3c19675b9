//! `graftwork sweep`: many trainings, and which choice was best.

mod grid;
mod plot;
mod results;
mod table;
mod trial;

use graftwork::files::write_atomically;
use serde_json::json;

use crate::args::{Common, Sweep};
use crate::failure::{Failure, Kind, Result};
use crate::interrupt::Interrupt;
use crate::output::Output;
use results::Results;
use trial::{Ended, Trial};

/// Runs what is not finished yet, then tells what was best.
pub fn run(args: &Sweep, common: &Common) -> Result<()> {
    let trials = trials(args)?;
    let usage = |message: String, hint: &str| Err(Failure::new(Kind::Usage, message).hint(hint));
    // What may be wrong is looked at before what takes long.
    trials.iter().try_for_each(Trial::check)?;
    for (place, trial) in trials.iter().enumerate() {
        if trials[..place].iter().any(|other| other.name() == trial.name()) {
            return usage(
                format!("two runs would be called {}", trial.name()),
                "give values that differ in letters or digits",
            );
        }
    }
    let dir = &args.out;
    std::fs::create_dir_all(dir)
        .map_err(|e| Failure::of(Kind::Failure, &e).about(format!("cannot create {}", dir.display())))?;
    let mut results = Results::open(dir)?;
    if !results.is_of(&args.train) {
        let message = format!("{} holds the runs of a sweep with other options behind --", dir.display());
        return usage(message, "choose another --out, or give the same options");
    }
    let interrupt = Interrupt::default();
    interrupt.install()?;
    let say = |line: String| {
        if !common.quiet {
            eprintln!("{line}");
        }
    };
    let todo: Vec<&Trial> = trials.iter().filter(|trial| !results.has(trial)).collect();
    say(format!("{} runs, {} of them finished before", trials.len(), trials.len() - todo.len()));
    let mut failed = Vec::new();
    for (number, trial) in (trials.len() - todo.len() + 1..).zip(todo) {
        let ended =
            if interrupt.is_set() { Ended::Interrupted } else { trial.run(&trial.dir(dir), common, &interrupt)? };
        let head = format!("{number}/{} {}", trials.len(), trial.name());
        match ended {
            Ended::Finished(told) => {
                let score = results.add(trial, &told)?;
                say(format!("{head}: {} {score:.4}", results.metric()));
            }
            Ended::Failed(why) => {
                say(format!("{head}: failed: {why}"));
                failed.push(json!({"run": trial.name(), "why": why}));
            }
            Ended::Interrupted => {
                let message = format!("interrupted in run {number} of {}", trials.len());
                return Err(Failure::new(Kind::Interrupted, message).hint("the same command goes on from there"));
            }
        }
    }
    tell(args, common, (&trials, &results), &failed)
}

fn trials(args: &Sweep) -> Result<Vec<Trial>> {
    let dimensions = grid::dimensions(args)?;
    let choices = grid::choices(&dimensions, args.trials.map(|trials| (trials, args.seed)))?;
    let seeds: Vec<Option<u64>> = match args.seeds.as_slice() {
        [] => vec![None],
        seeds => seeds.iter().copied().map(Some).collect(),
    };
    let with_seeds =
        |choice| seeds.iter().map(|seed| Trial::new(&dimensions, choice, *seed, &args.train)).collect::<Vec<_>>();
    Ok(choices.iter().flat_map(with_seeds).collect())
}

fn tell(
    args: &Sweep,
    common: &Common,
    (trials, results): (&[Trial], &Results),
    failed: &[serde_json::Value],
) -> Result<()> {
    let groups = results.groups(trials);
    let Some(best) = groups.first() else {
        let why = failed.first().and_then(|first| first["why"].as_str()).unwrap_or_default();
        return Err(Failure::new(Kind::Failure, why).about("every run failed"));
    };
    let plot = args.out.join("sweep.svg");
    write_atomically(&plot, plot::svg(&groups, results.metric()).as_bytes())?;
    let is_winner = |trial: &&Trial| trial.values == best.values && trial.seed == best.best_seed();
    let winner = trials.iter().find(is_winner).expect("the run of a result");
    let mut words = vec!["graftwork".to_owned()];
    words.extend(trial::device(common));
    words.extend(winner.line(&args.out.join("winner")));
    let line = table::command_line(words.iter().map(String::as_str));
    let mut out = Output::new();
    if common.json {
        out.json(&json!({
            "out": args.out,
            "metric": results.metric(),
            "choices": table::json(&groups),
            "failed": failed,
            "winner": winner.dir(&args.out),
            "command": line,
            "plot": plot,
        }))?;
    } else {
        for line in table::lines(&groups, results.metric()) {
            out.line(&line)?;
        }
        if !failed.is_empty() {
            out.line(&format!("{} runs failed; the same command tries them again", failed.len()))?;
        }
        out.line(&format!(
            "a plot is in {}; the best adapter is in {}",
            plot.display(),
            winner.dir(&args.out).display()
        ))?;
        out.line(&format!("the best choice once more:\n  {line}"))?;
    }
    out.flush().map(drop)
}
