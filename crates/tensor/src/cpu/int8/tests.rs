use super::tile::tiles as all_tiles;
use super::*;
use crate::cpu::with_threads;

fn values(count: usize, seed: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * 7919 + seed * 104_729) % 1009) as f32 / 1009.0 - 0.4).collect()
}

fn elements(count: usize) -> Vec<i8> {
    (0..count).map(|i| ((i * 6151 + 77) % 255) as i16 - 127).map(|v| v as i8).collect()
}

/// Panels of a weight [N, K], whose rows have the scales 0.01, 0.02, ...
fn panels(weight: &[i8], [n, k]: [usize; 2]) -> Vec<f32> {
    let mut to = vec![f32::NAN; panel_words([n, k])];
    for (i, to) in to.chunks_exact_mut(panel::rows(k) * PANEL).enumerate() {
        let rows = i * PANEL..n.min((i + 1) * PANEL);
        write_panel(rows.map(|row| (scale(row), &weight[row * k..][..k])), k, to);
    }
    to
}

fn scale(row: usize) -> f32 {
    0.01 * (row + 1) as f32
}

/// Around groups, heights and widths of tiles, and blocks.
const SIZES: [[usize; 3]; 8] =
    [[1, 1, 1], [3, 5, 7], [5, 33, 64], [12, 32, 65], [7, 70, 384], [13, 31, 130], [50, 100, 257], [200, 40, 66]];

/// Of a value there is the integer whose distance is at most half a step of its group, and 0 is one of them.
#[test]
fn rounding_is_to_the_nearest_step() {
    for k in [1, 5, 64, 70, 200] {
        let mut x = values(k, 3);
        x[k / 2] = 0.0;
        let mut row = vec![f32::NAN; row_words(k)];
        round_row(&x, &mut row);
        let (integers, groups) = round::parts(&row, k.div_ceil(4));
        let integers: &[u8] = bytemuck::cast_slice(integers);
        for (i, x) in x.iter().enumerate() {
            let [scale, shift] = groups[i / GROUP];
            let found = scale * f32::from(integers[i]) - shift;
            assert!(integers[i] < 128 && (found - x).abs() <= 0.501 * scale, "{i} of {k}: {found}, not {x}");
            assert!(*x != 0.0 || found == 0.0);
        }
        let range = |i: usize| {
            x[i * GROUP..k.min((i + 1) * GROUP)].iter().fold([0.0_f32; 2], |[a, b], x| [a.min(*x), b.max(*x)])
        };
        for (i, [scale, _]) in groups.iter().enumerate() {
            assert!((scale * 127.0 - (range(i)[1] - range(i)[0])).abs() < 1e-6);
        }
    }
}

/// What the rounded activations give in f64, by every instruction set that there is.
#[test]
fn every_tile_is_what_a_sum_in_f64_finds() {
    for [_, n, k] in SIZES {
        let weight = elements(n * k);
        let panels = panels(&weight, [n, k]);
        for height in [6, 4, 2, 1].into_iter().filter(|height| *height <= TALLEST) {
            let words = row_words(k);
            let mut rows = vec![0.0; height * words];
            let x = values(height * k, 1);
            rows.chunks_exact_mut(words).zip(x.chunks(k)).for_each(|(row, x)| round_row(x, row));
            for (name, run) in all_tiles() {
                for (i, panel) in panels.chunks_exact(panel::rows(k) * PANEL).enumerate() {
                    let mut found = vec![f32::NAN; height * PANEL];
                    let panel = Panel::new(panel, k);
                    run(Work { height, rows: &rows, panel: &panel }, &mut found, PANEL);
                    for (at, found) in found.iter().enumerate() {
                        let (row, col) = (at / PANEL, i * PANEL + at % PANEL);
                        let (integers, groups) = round::parts(&rows[row * words..][..words], k.div_ceil(4));
                        let integers: &[u8] = bytemuck::cast_slice(integers);
                        let expected: f64 = (0..k)
                            .filter(|_| col < n)
                            .map(|p| {
                                let [scale, shift] = groups[p / GROUP].map(f64::from);
                                (scale * f64::from(integers[p]) - shift) * f64::from(weight[col * k + p])
                            })
                            .sum::<f64>()
                            * f64::from(scale(col));
                        assert!(
                            (f64::from(*found) - expected).abs() < 1e-4 * expected.abs().max(1.0),
                            "{name}, {height} x {n} x {k} ({row}, {col}): {found}, not {expected}"
                        );
                    }
                }
            }
        }
    }
}

/// Near the product without rounding; a row alone has the bits that it has among others, and any number of threads gives the same.
#[cfg(not(target_arch = "wasm32"))]
#[test]
fn neither_rows_nor_threads_change_a_bit() {
    let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    for [m, n, k] in SIZES.into_iter().chain([[97, 130, 128]]) {
        let (a, weight) = (values(m * k, 1), elements(n * k));
        let panels = panels(&weight, [n, k]);
        let of = |rows: std::ops::Range<usize>, threads: usize| {
            let mut c = vec![f32::NAN; rows.len() * n];
            let a = Matrix::new(&a[rows.start * k..rows.end * k], rows.len(), k);
            with_threads(threads, || {
                product(a, (&panels, [n, k]), &mut c, &|_, col, c| c.iter_mut().for_each(|c| *c += col as f32 * 0.0))
            });
            c
        };
        let all = of(0..m, 1);
        assert_eq!(bits(&all), bits(&of(0..m, 3)), "{m} x {n} x {k}: threads");
        for row in [0, m / 2, m - 1] {
            assert_eq!(bits(&all[row * n..][..n]), bits(&of(row..row + 1, 1)), "{m} x {n} x {k}: row {row}");
        }
        for (at, found) in all.iter().enumerate() {
            let (row, col) = (at / n, at % n);
            let exact: f32 = (0..k).map(|p| a[row * k + p] * f32::from(weight[col * k + p]) * scale(col)).sum();
            // Half a step of 0.008 a value, in a random direction.
            let noise = 127.0 * scale(col) * 0.004 * (k as f32).sqrt() * 3.0;
            assert!((found - exact).abs() < noise, "{m} x {n} x {k} ({row}, {col}): {found}, not {exact}");
        }
    }
}

/// A number that is none is not lost in the rounding.
#[test]
fn what_is_no_number_stays_one() {
    for strange in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut a = values(70, 1);
        a[66] = strange;
        let mut c = [0.0; 3];
        product(Matrix::new(&a, 1, 70), (&panels(&elements(210), [3, 70]), [3, 70]), &mut c, &|_, _, _| ());
        assert!(c.iter().all(|c| !c.is_finite()), "{strange}: {c:?}");
    }
}
