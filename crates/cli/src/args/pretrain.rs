//! `graftwork pretrain`.

use std::path::PathBuf;

use clap::Args;

use super::{
    AdapterArgs, DataArgs, HeadArgs, InputFormat, MethodArgs, RecipeChoice, SettingArgs, Task, TeacherArgs, Train,
    train::RunArgs, values,
};

/// Options of `graftwork pretrain`.
///
/// Some tokens of every sequence are hidden, others in every epoch, and the adapter learns to say them; the backbone stays as
/// it is. Its head for words is taken if its files have one, else a new one is trained too. A batch has 2048 tokens unless
/// --batch-tokens or --batch-size says otherwise. What comes out fills masks (`graftwork predict`), is measured on texts
/// (`graftwork eval`), and is what `graftwork train --init` begins with.
#[derive(Debug, Clone, Args)]
pub struct Pretrain {
    /// The backbone: a directory, or an id in the cache
    #[arg(long, value_name = "DIR|ID")]
    pub backbone: String,
    /// The texts to learn from: one or more files, a sentence or paragraph a line, or with a text column
    #[arg(long, value_name = "FILE", num_args = 1.., required = true)]
    pub train: Vec<PathBuf>,
    /// Texts that decide which weights are kept [default: a tenth of the sequences of --train]
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub dev: Vec<PathBuf>,
    /// The directory that gets the adapter, its head, and checkpoints while it trains
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Write each step's loss and learning rate to this file, one JSON line a step
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// Go on from the checkpoint in --out, if there is one; the other options must be the same
    #[arg(long)]
    pub resume: bool,
    /// Column (or JSON key) that holds the text, of files that have columns
    #[arg(long, value_name = "NAME", default_value = "text", help_heading = "Data")]
    pub text_column: String,
    /// Take each text as a sequence of its own [default: sequences as full as whole texts make them]
    #[arg(long, help_heading = "Data")]
    pub line_by_line: bool,
    /// Format of the files, where their names do not tell it
    #[arg(long, value_enum, help_heading = "Data")]
    pub format: Option<InputFormat>,
    /// How the adapter changes the backbone.
    #[command(flatten)]
    pub method: MethodArgs,
    /// Name of the new adapter in its files, by which AdapterHub activates it
    #[arg(long, value_name = "NAME", default_value = "graftwork", help_heading = "Adapter")]
    pub name: String,
    /// Start from this adapter, and its head if it knows words, instead of new weights
    #[arg(long, value_name = "PATH", conflicts_with = "name", help_heading = "Adapter")]
    pub init: Option<PathBuf>,
    /// Take --init even if it was trained on another backbone
    #[arg(long, requires = "init", help_heading = "Adapter")]
    pub any_backbone: bool,
    /// The settings of the training itself.
    #[command(flatten, next_help_heading = "Training")]
    pub settings: SettingArgs,
    /// Write a checkpoint every so many steps, as well as before every evaluation
    #[arg(long, value_name = "STEPS", default_value = "200", value_parser = values::count, help_heading = "Training")]
    pub checkpoint_every: usize,
}

impl Pretrain {
    /// How its files are read.
    pub fn read(&self) -> DataArgs {
        DataArgs {
            text_column: self.text_column.clone(),
            line_by_line: self.line_by_line,
            format: self.format,
            ..DataArgs::default()
        }
    }

    /// The same training as options of `graftwork train`.
    pub fn to_train(&self) -> Train {
        let adapter = AdapterArgs {
            threshold: None,
            choose_thresholds: None,
            task: Task::default(),
            method: self.method.clone(),
            name: self.name.clone(),
            init: self.init.clone(),
            any_backbone: self.any_backbone,
            new_head: false,
            heads: HeadArgs::default(),
        };
        let run = RunArgs {
            recipe: RecipeChoice::Standard,
            settings: self.settings.clone(),
            checkpoint_every: self.checkpoint_every,
        };
        Train {
            backbone: self.backbone.clone(),
            train: self.train.first().cloned().unwrap_or_default(),
            dev: self.dev.first().cloned(),
            test: None,
            out: self.out.clone(),
            log: self.log.clone(),
            resume: self.resume,
            read: self.read(),
            labels: None,
            tags: None,
            many_labels: false,
            teacher: TeacherArgs { teacher_logits: None, temperature: 2.0, distillation_weight: 0.5 },
            adapter,
            run,
        }
    }
}
