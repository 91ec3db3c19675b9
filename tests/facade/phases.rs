//! A second phase with this crate's types: a new head on modules that have learned, and a teacher beside the labels.

use graftwork::{
    AdapterFile, Backbone, Dataset, Error, Examples, NewAdapter, Teacher, TrainConfig, TrainError, block_on,
};
use graftwork_tests::devices;

use crate::tiny_bert;

fn config() -> TrainConfig {
    TrainConfig { epochs: 6, lr: 1e-2, batch_size: 8, ..TrainConfig::default() }
}

/// Texts of two kinds of words, with labels by kind.
fn examples(backbone: &Backbone, labels: [&'static str; 2]) -> Examples {
    let text = |i: usize| {
        let words = [["he", "is", "was"], ["in", "the", "to"]][i % 2];
        ((0..2 + i % 5).map(|at| words[(i / 2 + at * at) % 3]).collect::<Vec<_>>().join(" "), labels[i % 2])
    };
    backbone.examples("training", &Dataset::new((0..24).map(text)).unwrap(), 32).unwrap()
}

fn learned(backbone: &Backbone, file: &AdapterFile, config: TrainConfig, train: &Examples) -> AdapterFile {
    let mut trainer = backbone.trainer(file, config, train, None).unwrap();
    block_on(trainer.run()).unwrap();
    block_on(trainer.to_file()).unwrap()
}

fn accuracy(backbone: &Backbone, file: &AdapterFile, data: &Examples) -> f64 {
    block_on(backbone.attach(file).unwrap().evaluate(data)).unwrap().metrics.score()
}

#[test]
fn a_new_head_on_learned_modules() {
    let backbone = tiny_bert(&graftwork::Device::cpu());
    let train = examples(&backbone, ["person", "place"]);
    let first = learned(&backbone, &backbone.new_adapter(&train).unwrap(), config(), &train);
    let other = examples(&backbone, ["x", "y"]);
    let start = backbone.new_adapter(NewAdapter::from(&other).on(first.clone()).seed(9)).unwrap();
    assert_eq!((&start.name, &start.config), (&first.name, &first.config));
    let second = learned(&backbone, &start, TrainConfig { freeze_adapter: true, ..config() }, &other);
    let modules = |file: &AdapterFile| {
        let of_adapter = file.tensors.iter().filter(|(name, _)| !name.starts_with("head."));
        of_adapter.map(|(name, tensor)| (name.clone(), tensor.clone())).collect::<Vec<_>>()
    };
    assert!(modules(&first) == modules(&second) && first.tensors != second.tensors);
    assert!(accuracy(&backbone, &second, &other) > 0.9);
}

/// The teacher calls everything by the other label; alone, it is who is believed, in whatever order it lists the labels.
#[test]
fn a_teacher_beside_the_labels() {
    for device in devices() {
        let backbone = tiny_bert(&device);
        let train = || examples(&backbone, ["person", "place"]);
        let file = backbone.new_adapter(&train()).unwrap();
        let rows =
            |flip: bool| (0..24).map(move |i| if (i % 2 == 0) == flip { vec![3.0, -3.0] } else { vec![-3.0, 3.0] });
        let labels = |names: [&str; 2]| names.map(str::to_owned).to_vec();
        let contrary = Teacher::new(labels(["person", "place"]), rows(false)).unwrap();
        let turned = Teacher::new(labels(["place", "person"]), rows(true)).unwrap();
        let taught = |teacher: &Teacher, weight| {
            let teacher = teacher.clone().weight(weight).unwrap().temperature(1.5).unwrap();
            learned(&backbone, &file, config(), &train().taught_by(teacher).unwrap())
        };
        let alone = taught(&contrary, 1.0);
        assert!(accuracy(&backbone, &alone, &train()) < 0.1, "{}", device.name());
        assert!(alone.tensors == taught(&turned, 1.0).tensors, "{}", device.name());
        let unheard = taught(&contrary, 0.0);
        assert!(accuracy(&backbone, &unheard, &train()) > 0.9, "{}", device.name());
        assert!(unheard.tensors == learned(&backbone, &file, config(), &train()).tensors, "{}", device.name());
    }
}

#[test]
fn what_is_held_out_keeps_its_answers() {
    let backbone = tiny_bert(&graftwork::Device::cpu());
    let labels = ["person", "place"].map(str::to_owned).to_vec();
    let teacher = Teacher::new(labels, (0..24).map(|i| vec![i as f32, 0.0])).unwrap();
    let all = examples(&backbone, ["person", "place"]).taught_by(teacher.clone()).unwrap();
    let (kept, held) = all.hold_out(0.25, 3, "dev").unwrap();
    assert_eq!((kept.len(), held.len()), (18, 6));
    let counts = [&kept, &held].map(|part| part.teacher().unwrap().count());
    assert_eq!(counts, [18, 6]);
    let chosen: Vec<usize> =
        (0..24).filter(|i| teacher.subset(&[*i]).digest() == held.teacher().unwrap().subset(&[0]).digest()).collect();
    assert_eq!(chosen.len(), 1, "its first row is one of all");
    learned(&backbone, &backbone.new_adapter(&kept).unwrap(), config(), &kept);
}

#[test]
fn teachers_that_do_not_fit() {
    let backbone = tiny_bert(&graftwork::Device::cpu());
    let train = || examples(&backbone, ["person", "place"]);
    let file = backbone.new_adapter(&train()).unwrap();
    let labels = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let teacher =
        |names: &[&str], count: usize| Teacher::new(labels(names), (0..count).map(|_| vec![0.0; names.len()])).unwrap();
    let problem = |error: Error| match error {
        Error::Train(TrainError::Teacher { problem }) => problem,
        error => panic!("{error}"),
    };
    assert!(
        problem(train().taught_by(teacher(&["person", "place"], 23)).unwrap_err())
            .contains("23 examples, and there are 24")
    );
    for (names, message) in [
        (&["person", "thing"][..], "does not know the label `place`"),
        (&["person", "place", "thing"][..], "the label `thing`"),
    ] {
        let train = train().taught_by(teacher(names, 24)).unwrap();
        let error = backbone.trainer(&file, config(), &train, None).err().unwrap();
        assert!(problem(error).contains(message), "{message}");
    }
    assert!(Teacher::new(labels(&["a", "b"]), [vec![0.0, f32::NAN]]).is_err());
    assert!(Teacher::new(labels(&["a", "b"]), [vec![0.0]]).is_err());
    let good = teacher(&["person", "place"], 24);
    assert!(good.clone().temperature(0.0).is_err() && good.clone().temperature(f64::INFINITY).is_err());
    assert!(good.clone().weight(1.1).is_err() && good.clone().weight(f64::NAN).is_err());
    let new = NewAdapter::from(&train()).recipe(graftwork::Recipe::FewShot);
    let (few, train) = (backbone.new_adapter(new).unwrap(), train().taught_by(good).unwrap());
    let error = backbone.few_shot(&few, graftwork::Recipe::FewShot.settings(&train), &train).err().unwrap();
    assert!(problem(error).contains("learns from labels alone"));
}
