//! Every committed input, and a fixed number of changed ones for each parser.

use graftwork_fuzz::engine::{Failure, corpus, feed, fuzz};
use graftwork_fuzz::targets::{TARGETS, Target};

/// Inputs a parser in each test run: all of them together take about 10 seconds.
const INPUTS: usize = 5000;

#[test]
fn committed_inputs_are_survived() {
    for target in TARGETS {
        let inputs = corpus(target);
        assert!(!inputs.is_empty(), "{} has nothing to begin with", target.name);
        for (file, input) in inputs {
            feed(target, &input).unwrap_or_else(|what| panic!("{} with {file}: {what}", target.name));
        }
    }
}

/// Where a run ends without a word (an abort), `cargo xtask fuzz` meets the same inputs and keeps the last one.
#[test]
fn changed_inputs_are_survived() {
    for target in TARGETS {
        let start = std::time::Instant::now();
        let inputs = corpus(target).into_iter().map(|(_, input)| input).collect();
        if let Err(Failure { input, what }) = fuzz(target, inputs, 1, None, |count| count < INPUTS) {
            panic!("{}: {what}; the input: {:?}", target.name, String::from_utf8_lossy(&input));
        }
        println!("{:20} {:.2} s", target.name, start.elapsed().as_secs_f64());
    }
}

/// A parser, and what is to be said of it.
type Plant = (&'static str, fn(&[u8]));

/// Faults like those that were really there, each behind a bit of a format. A fuzzer that finds none of them is none.
#[test]
fn planted_faults_are_found() {
    let panics = |input: &[u8]| {
        let text = String::from_utf8_lossy(input);
        let layer: usize = text.split('"').find_map(|word| word.parse().ok()).unwrap_or(0);
        assert!(layer < 1 << 62, "the number of layers overflows");
    };
    let copies = |input: &[u8]| {
        let names = input.split(|byte| *byte == b'"').filter(|name| !name.is_empty());
        let copies: Vec<Vec<u8>> = names.map(|_| input.repeat(1000)).collect();
        std::hint::black_box(copies);
    };
    let sleeps = |input: &[u8]| {
        if input.windows(6).any(|word| word == b"null}}") {
            std::thread::sleep(std::time::Duration::from_secs(6));
        }
    };
    let plants: [Plant; 3] = [("overflows", panics), ("bytes of memory", copies), (" s for an input", sleeps)];
    for (found, run) in plants {
        let target = Target { name: "planted", seeds: &[], dictionary: &[b"null", b"}"], longest: 4096, run };
        let seed = b"{\"layers\": {\"1\": 8, \"default\": 16}}".to_vec();
        let failure = fuzz(&target, vec![seed], 1, None, |count| count < 100_000).expect_err(found);
        assert!(failure.what.contains(found), "{}", failure.what);
    }
}
