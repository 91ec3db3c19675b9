use graftwork_tensor::ops::cross_entropy::{IGNORED, cross_entropy_cpu};
use graftwork_tensor::ops::segment_cross_entropy::{segment_cross_entropy, segment_cross_entropy_cpu};
use graftwork_tests::{check_gradient, parity, random, random_f64, shapes};

/// A label for most columns of most segments.
fn labels(starts: &[u32], cols: usize) -> Vec<u32> {
    let label = |place: usize| {
        let length = starts[place / cols + 1] - starts[place / cols];
        if place % 5 == 3 { IGNORED } else { place as u32 * 7 % length }
    };
    (0..(starts.len() - 1) * cols).map(label).collect()
}

fn counted(labels: &[u32]) -> usize {
    labels.iter().filter(|label| **label != IGNORED).count()
}

#[test]
fn loss_and_derivative() {
    let cases = shapes::batches().into_iter().flat_map(|lengths| [(lengths.clone(), 1), (lengths, 2)]);
    parity(cases, 1e-10, |device, (lengths, cols)| {
        let starts = shapes::cu_seqlens(lengths);
        let rows = starts[starts.len() - 1] as usize;
        let z: Vec<f32> = random(1, rows * cols).iter().map(|v| v * 20.0).collect();
        let labels = labels(&starts, *cols);
        let counted = counted(&labels);
        let (z, dz) = (device.tensor(rows, *cols, &z), device.empty(rows, *cols));
        let loss = device.empty(lengths.len(), *cols);
        segment_cross_entropy(device, &z, (&device.indices(&starts), &device.indices(&labels)), counted, &dz, &loss);
        vec![dz, loss]
    });
}

#[test]
fn derivative_by_finite_differences() {
    let (starts, cols) = ([0, 3, 4, 9], 2);
    let labels = labels(&starts, cols);
    let z = random_f64(1, 9 * cols);
    let mean = |z: &[f64], dz: &mut [f64]| {
        let mut loss = vec![0.0; labels.len()];
        segment_cross_entropy_cpu(z, &starts, &labels, counted(&labels), dz, &mut loss);
        loss.iter().sum::<f64>()
    };
    let mut dz = vec![0.0; z.len()];
    mean(&z, &mut dz);
    check_gradient(&z, &dz, |z| mean(z, &mut vec![0.0; z.len()]));
}

/// One column of a segment is a row of the other cross-entropy.
#[test]
fn a_segment_is_a_row_that_stands_upright() {
    let (z, starts, labels) = (random_f64(2, 7 * 2), [0, 2, 7], [1, 0, 4, 2]);
    let (mut dz, mut loss) = (vec![9.0; 14], vec![9.0; 4]);
    segment_cross_entropy_cpu(&z, &starts, &labels, 4, &mut dz, &mut loss);
    for (place, label) in labels.iter().enumerate() {
        let rows = starts[place / 2] as usize..starts[place / 2 + 1] as usize;
        let column = |values: &[f64]| rows.clone().map(|row| values[row * 2 + place % 2]).collect::<Vec<_>>();
        let (row, mut derivative, mut alone) = (column(&z), vec![0.0; rows.len()], [0.0]);
        cross_entropy_cpu(&row, &[*label], 4, &mut derivative, &mut alone);
        assert!((alone[0] - loss[place]).abs() < 1e-15);
        assert!(column(&dz).iter().zip(&derivative).all(|(a, b)| (a - b).abs() < 1e-15));
    }
}
