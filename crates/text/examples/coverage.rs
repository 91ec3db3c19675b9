//! How many texts of files a vocabulary does not cover: what the limits of `Coverage` were chosen by.
//!
//! ```sh
//! cargo run --release -p graftwork-text --example coverage -- MODEL_DIR [--words N] FILE...
//! ```
//!
//! Files are .tsv, .csv, .jsonl or .txt, gzip or not; `--words` takes the first words of each text alone.

use std::ops::ControlFlow;
use std::path::Path;

use graftwork_text::{Format, Input, ReadOptions, Tokenizer, data};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let tokenizer = Tokenizer::from_dir(Path::new(&args.next().ok_or("which model directory?")?))?;
    let mut words = usize::MAX;
    println!("{:>7} {:>7} {:>6} {:>6} {:>6}", "texts", "poor %", "5 %", "median", "95 %");
    while let Some(name) = args.next() {
        if name == "--words" {
            words = args.next().and_then(|count| count.parse().ok()).ok_or("how many words?")?;
            continue;
        }
        let format = Format::of_name(&name);
        let options = ReadOptions { format, max_bytes: u64::MAX, ..ReadOptions::default() };
        let (mut shares, mut poor) = (Vec::new(), 0);
        data::for_each_chunk(&name, std::fs::File::open(&name)?, &options, 128, &mut |inputs| {
            for input in inputs {
                let text = match input {
                    Input::Text(text) => text.first,
                    Input::Words(words) => words.join(" "),
                    Input::Choices(choices) => choices.prompt,
                };
                let text: Vec<&str> = text.split_whitespace().take(words).collect();
                let coverage = tokenizer.encode(&text.join(" "), 8).expect("a text").of.coverage;
                shares.push(coverage.crumbs());
                poor += usize::from(!coverage.is_good());
            }
            ControlFlow::Continue(())
        })?;
        shares.sort_by(f64::total_cmp);
        let at = |part: f64| shares[(part * (shares.len() - 1) as f64) as usize];
        let percent = 100.0 * f64::from(poor as u32) / shares.len() as f64;
        println!("{:7} {percent:7.2} {:6.2} {:6.2} {:6.2}  {name}", shares.len(), at(0.05), at(0.5), at(0.95));
    }
    Ok(())
}
