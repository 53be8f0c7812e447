//! Every kernel gives what its twin gives, on the CPU and on a GPU: over random numbers, in shapes that fill vectors, tiles
//! and workgroups and in shapes that do not. The twins are held against numbers of other programs (`tests/golden`), in f64.

use basin_kernels::optimizers::{self, Moved, Part};
use basin_kernels::rules::{AdamW, Momentum, Sgd};
use basin_kernels::{
    BagMatrix, Between, Encoder, Entry, Form, RankOne, Reading, Sequences, add_rank_one, add_scaled, antithetic_dense_losses,
    antithetic_pair, assign_rows, dense_losses, dense_tanh, dot, features, features_with_way_back, last_layer_curvature, norm, normalise,
    outer, over_norm, pool, product, rank_one_norms, scatter, scatter_add, second_difference, softmax, tanh_backward, twin, weigh_rows,
};
use basin_tests::{GPU, devices, numbers, random, same};
use burn::tensor::{Device, Int, Tensor, TensorData};

/// Members, batch, and widths that are no multiples of a vector's or a workgroup's length.
const P: usize = 3;
const B: usize = 7;
const M: usize = 35;
const N: usize = 19;

/// Labels of the batch, `[1, B, 4]`.
fn one_hot(device: &Device) -> Tensor<3> {
    Tensor::<1, Int>::from_ints([0, 1, 2, 3, 0, 1, 2], device).one_hot::<2>(4).float().unsqueeze::<3>()
}

/// Of three members, and of so many that a GPU takes larger tiles, in rows that come in fours, in twos and in neither;
/// none fills its last row of tiles.
#[test]
fn products() {
    for (name, device) in devices() {
        for [members, batch, width, out] in
            [[P, B, M, N], [P, 6, 20, N], [P, B, M, 12], [64, 33, 21, 18], [64, 33, 22, 20], [64, 34, 20, 21]]
        {
            let random = |shape| random(shape, &device);
            let (x, weight) = (random([members, batch, width]), random([members, width, out]));
            for bias in [random([members, 1, out]), random([members, batch, out])] {
                let expected = twin::products::dense_tanh(x.clone(), weight.clone(), bias.clone());
                same(dense_tanh(x.clone(), weight.clone(), bias), expected, 2e-6, name);
            }

            // A factor that all members share, and one that lies transposed.
            let shared = random([1, batch, width]);
            same(product(shared.clone(), weight.clone()), shared.clone().matmul(weight), 1e-6, name);
            let (transposed, v) = (shared.swap_dims(1, 2), random([members, batch, out]));
            same(product(transposed.clone(), v.clone()), transposed.matmul(v), 1e-6, name);

            let (d, head, tanh) = (random([members, batch, 4]), random([members, out, 4]), random([members, batch, out]));
            let expected = twin::products::tanh_backward(d.clone(), head.clone().swap_dims(1, 2), tanh.clone());
            same(tanh_backward(d.clone(), head, tanh.clone()), expected, 1e-6, name);

            for d in [d, tanh] {
                let ((weight, bias), expected) = (outer(x.clone(), d.clone()), twin::products::outer(x.clone(), d));
                same(weight, expected.0, 1e-6, name);
                same(bias, expected.1, 1e-6, name);
            }
        }
    }
}

#[test]
fn reductions() {
    for (name, device) in devices() {
        // More leaves than one launch takes, of different sizes.
        let leaves: Vec<Tensor<3>> = (1..10).map(|n| random([P, n, 2 * n + 1], &device)).collect();
        let others: Vec<Tensor<3>> = leaves.iter().map(|leaf| random(leaf.dims(), &device)).collect();
        let pairs: Vec<[&Tensor<3>; 2]> = leaves.iter().zip(&others).map(|(a, b)| [a, b]).collect();
        let (x, y) = (random([P, B, M], &device), random([P, B, M], &device));
        for pairs in [&pairs[..], &[[&x, &y]], &[[&x, &y], [&leaves[0], &leaves[0]]]] {
            // A sum that cancels is as exact as the numbers in it, not as what is left of them.
            let sizes: Vec<[Tensor<3>; 2]> = pairs.iter().map(|pair| pair.map(|factor| factor.clone().abs())).collect();
            let sizes: Vec<[&Tensor<3>; 2]> = sizes.iter().map(|[a, b]| [a, b]).collect();
            let size = twin::reductions::dot(&sizes);
            let error = numbers(&((dot(pairs) - twin::reductions::dot(pairs)) / size));
            assert!(error.iter().all(|error| error.abs() <= 1e-6), "{name}: {error:?}");
        }

        let squares: Vec<&Tensor<3>> = leaves.iter().collect();
        let expected = twin::reductions::norm(&[], &squares, 0.5, 0.0);
        same(norm(&[], &squares, 0.5, 0.0), expected.clone(), 1e-6, name);
        let largest = numbers(&expected).into_iter().fold(0.0, f32::max);
        same(norm(&[], &squares, 0.5, f64::from(largest) + 1.0), expected.full_like(largest + 1.0), 0.0, name);
        // With 3 b² for a·b in up to all of them.
        let tripled: Vec<Tensor<3>> = leaves.iter().map(|leaf| leaf.clone() * 3.0).collect();
        for count in [1, 4, 9] {
            let pairs: Vec<[&Tensor<3>; 2]> = leaves.iter().zip(&tripled).take(count).map(|(a, b)| [a, b]).collect();
            let expected = twin::reductions::norm(&pairs, &squares[count..], 1.0, 0.0);
            same(norm(&pairs, &squares[count..], 1.0, 0.0), expected, 1e-6, name);
        }
        let negative = leaves[0].clone().neg();
        same(norm(&[[&leaves[0], &negative]], &[], 1.0, 0.0), expected.zeros_like(), 0.0, name);

        // Fine; all zero; not a number; infinite.
        let raw = [1.0, 3.0, 0.0, 0.0, f32::NAN, 1.0, f32::INFINITY, 1.0];
        let raw = Tensor::<2>::from_data(TensorData::new(raw.to_vec(), [4, 2]), &device);
        for (p, fell_back) in [normalise(&raw), twin::reductions::normalise(&raw)] {
            assert_eq!(numbers(&p), [0.25, 0.75, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5], "{name}");
            assert_eq!(numbers(&fell_back), [0.0, 1.0, 1.0, 1.0], "{name}");
        }
    }
}

#[test]
fn elementwise_operations() {
    for (name, device) in devices() {
        let leaves: Vec<Tensor<3>> = (1..10).map(|n| random([P, n, 2 * n + 1], &device)).collect();
        let others: Vec<Tensor<3>> = leaves.iter().map(|leaf| random(leaf.dims(), &device)).collect();
        let pairs: Vec<[&Tensor<3>; 2]> = leaves.iter().zip(&others).map(|(a, b)| [a, b]).collect();
        let factor = random([P, 1, 1], &device);
        for factor in [factor.clone(), factor.narrow(0, 0, 1)] {
            let expected = twin::elementwise::add_scaled(&pairs, &factor);
            add_scaled(&pairs, &factor).into_iter().zip(expected).for_each(|(found, expected)| same(found, expected, 1e-6, name));
        }

        let norms = Tensor::<3>::from_data(TensorData::new(vec![2.0_f32, 0.0, 1e-13], [P, 1, 1]), &device);
        for over in [over_norm, twin::elementwise::over_norm] {
            assert_eq!(numbers(&over(norms.full_like(0.5), norms.clone(), 1e-12)), [0.25, 0.0, 0.0], "{name}");
            let of_examples = norms.clone().reshape([1, P, 1]);
            let found = over(of_examples.full_like(0.5).narrow(1, 0, 1), of_examples, 1e-12);
            assert_eq!(numbers(&found), [0.25, 0.0, 0.0], "{name}");
        }

        let (rows, p) = (random([P, B, N], &device), random([P, B, 1], &device).squeeze_dim::<2>(2));
        for p in [p.clone(), p.narrow(0, 0, 1)] {
            same(weigh_rows(rows.clone(), &p), twin::elementwise::weigh_rows(rows.clone(), &p), 1e-6, name);
        }

        let (table, at) = (random([P, 12, N], &device), Tensor::<1, Int>::from_ints([9, 1, 4], &device));
        let values = random([P, 3, N], &device);
        let expected = twin::elementwise::assign_rows(table.clone(), &at, values.clone());
        same(expected.clone().select(1, at.clone()), values.clone(), 0.0, name);
        same(assign_rows(table, &at, values), expected, 0.0, name);

        let of_examples = |members: usize| random([members, 1, B], &device).squeeze_dim::<2>(1);
        let (pair, middle) = (of_examples(2 * P), of_examples(P));
        let r = Tensor::<3>::from_data(TensorData::new(vec![0.5_f32, 0.25, 2.0], [P, 1, 1]), &device);
        for absolute in [false, true] {
            let expected = twin::elementwise::second_difference(&pair, &middle, &r, absolute);
            same(second_difference(pair.clone(), &middle, &r, absolute), expected, 1e-6, name);
        }
    }
}

/// More leaves than one launch takes, of any size and such that all come in vectors of four; two have a factor.
#[test]
fn an_antithetic_pair_is_w_and_what_was_drawn_to_both_sides() {
    let device = GPU.clone();
    let r = Tensor::<3>::from_data(TensorData::new(vec![0.5_f32, 0.25, 2.0], [P, 1, 1]), &device);
    for shapes in [[[M, 4 * N], [1, 3], [2, N], [1, 1], [N, 5]], [[M, 4 * N], [1, 4], [4, N], [2, 2], [N, 8]]] {
        let w = shapes.map(|[rows, cols]| random([P, rows, cols], &device));
        let factors = [0, 2].map(|leaf| random([1, shapes[leaf][0], shapes[leaf][0]], &device));
        let leaf = |i: usize| Between { middle: &w[i], factor: [Some(&factors[0]), None, Some(&factors[1]), None, None][i] };
        let mut drawn = vec![Vec::new(); P];
        let draw = |member: usize, values: &mut [f32]| {
            for value in values {
                *value = ((drawn[member].len() * 37 + member * 11) % 101) as f32 / 50.0 - 1.0;
                drawn[member].push(*value);
            }
        };
        let pair = antithetic_pair(&[0, 1, 2, 3, 4].map(leaf), &r, draw).expect("a GPU has a kernel");
        let mut begin = 0;
        for (i, pair) in pair.into_iter().enumerate() {
            let [_, rows, cols] = w[i].dims();
            let xi: Vec<f32> = drawn.iter().flat_map(|of_member| of_member[begin..begin + rows * cols].to_vec()).collect();
            begin += rows * cols;
            let xi = Tensor::<3>::from_data(TensorData::new(xi, [P, rows, cols]), &device);
            let away = leaf(i).factor.map_or_else(|| xi.clone(), |factor| factor.clone().matmul(xi.clone())) * r.clone();
            same(pair, Tensor::cat(vec![w[i].clone() + away.clone(), w[i].clone() - away], 0), 1e-6, &format!("leaf {i}"));
        }
        assert_eq!(begin, drawn[0].len(), "no more was drawn");
    }
}

/// Logits of a few hundreds: nothing may overflow.
#[test]
fn softmax_and_losses_of_layers() {
    for (name, device) in devices() {
        let (scores, bias, one_hot) = (random([P, B, 4], &device) * 100.0, random([P, 1, 4], &device) * 100.0, one_hot(&device));
        let found = softmax(scores.clone(), bias.clone(), one_hot.clone());
        let (logits, losses, error) = twin::softmax::softmax(scores, bias, one_hot.clone());
        same(found.logits, logits, 1e-6, name);
        same(found.losses, losses, 1e-6, name);
        same(found.error, error, 1e-6, name);

        let random = |shape| random(shape, &device);
        let (x, hidden) = (random([P, B, M]), [random([P, M, N]), random([P, 1, N])]);
        let head = [random([P, N, 4]) * 100.0, random([P, 1, 4]) * 100.0];
        let expected = twin::layers::dense_losses(x.clone(), hidden.clone(), head.clone(), one_hot.clone());
        for labels in [one_hot.clone(), one_hot.repeat_dim(0, P)] {
            same(dense_losses(x.clone(), hidden.clone(), head.clone(), labels), expected.clone(), 2e-6, name);
        }
    }
}

#[test]
fn losses_on_both_sides_are_those_of_the_layers_there() {
    let device = Device::flex();
    let random = |shape| random(shape, &device);
    let leaves = [random([P, B, M]), random([P, M, N]), random([P, 1, N]), random([P, N, 4]), random([P, 1, 4])];
    let (factor, one_hot) = (random([1, B, B]), one_hot(&device));
    let r = Tensor::<3>::from_data(TensorData::new(vec![0.5_f32, 0.25, 2.0], [P, 1, 1]), &device);
    let mut drawn = vec![Vec::new(); P];
    let draw = |member: usize, values: &mut [f32]| {
        for value in values {
            *value = ((drawn[member].len() * 37 + member * 11) % 101) as f32 / 50.0 - 1.0;
            drawn[member].push(*value);
        }
    };
    let found = antithetic_dense_losses(leaves.each_ref(), &factor, &one_hot, &r, draw).expect("the CPU has a kernel");
    let mut begin = 0;
    let away = leaves.each_ref().map(|leaf| {
        let [_, rows, cols] = leaf.dims();
        let xi: Vec<f32> = drawn.iter().flat_map(|of_member| of_member[begin..begin + rows * cols].to_vec()).collect();
        begin += rows * cols;
        Tensor::<3>::from_data(TensorData::new(xi, [P, rows, cols]), &device)
    });
    let sides = [1.0, -1.0].map(|sign| {
        let mut at = leaves.iter().zip(&away).enumerate().map(|(i, (leaf, xi))| {
            let xi = if i == 0 { factor.clone().matmul(xi.clone()) } else { xi.clone() };
            leaf.clone() + xi * r.clone() * sign
        });
        let mut next = || at.next().expect("five leaves");
        twin::layers::dense_losses(next(), [next(), next()], [next(), next()], one_hot.clone())
    });
    same(found, Tensor::cat(sides.to_vec(), 0), 1e-5, "both sides");
}

/// √(‖h‖² + 1)·(1 − Σπ²)/‖π − y‖ as it is written, too: at these logits nothing cancels much.
#[test]
fn curvature_of_the_last_layer() {
    for (name, device) in devices() {
        let (hidden, logits, one_hot) = (random([P, B, M], &device), random([P, B, 4], &device) * 2.0, one_hot(&device));
        let found = last_layer_curvature(hidden.clone(), logits.clone(), one_hot.clone());
        same(found.clone(), twin::softmax::last_layer_curvature(hidden.clone(), &logits, one_hot.clone()), 1e-5, name);
        let pi = twin::softmax::probabilities(logits);
        let gini: Tensor<3> = 1.0 - pi.clone().square().sum_dim(2);
        let width = (hidden.square().sum_dim(2) + 1.0).sqrt();
        same(found, (width * gini / (pi - one_hot).square().sum_dim(2).sqrt()).squeeze_dim::<2>(2), 1e-5, name);
    }
}

#[test]
fn gradients_of_rank_one() {
    // A GPU reads rows that come in fours by vectors.
    let sizes = [[M, N], [20, 12]];
    for ((name, device), [m, n]) in devices().into_iter().flat_map(|device| sizes.map(|size| (device.clone(), size))) {
        let random = |shape| random(shape, &device);
        let (shares, x, h) = (random([1, B, 3 * m]), random([P, B, m]), random([P, B, n]));
        let (dx, d1, d2) = (random([P, B, m]), random([P, B, n]), random([P, B, 4]));
        let layer = |a, d, bias| RankOne { a, d, bias };
        let layers = [layer(&shares, &dx, false), layer(&x, &d1, true), layer(&h, &d2, true)];
        same(rank_one_norms(layers), twin::rank_one::rank_one_norms(layers), 1e-6, name);

        let s = random([P, B, 1]);
        for base in [random([P, B, n]), random([P, 1, n])] {
            for ([u, v], bias, tanh) in [([&x, &dx], true, None), ([&shares, &shares], false, Some(&h))] {
                let constant = if bias { 1.0 } else { 0.0 };
                let expected = twin::rank_one::add_rank_one(base.clone(), &s, [u, v], constant, &d1, tanh);
                same(add_rank_one(base.clone(), &s, [u, v], bias, &d1, tanh), expected, 2e-6, name);
            }
        }
    }
}

/// Text 0: tokens 4, 4, 9; text 1: 9; text 2: 1, 4, 7, 7; text 3: none.
fn bag() -> BagMatrix {
    let entries = [(0, 2, 0.25), (1, 0, 2.0 / 3.0), (1, 2, 0.25), (2, 2, 0.5), (3, 0, 1.0 / 3.0), (3, 1, 1.0)];
    BagMatrix::new(4, vec![1, 4, 7, 9], entries.map(|(row, text, share)| Entry { row, text, share }).to_vec())
}

#[test]
fn pooling() {
    // A GPU reads rows of 12 numbers, which come in fours, by vectors, and for 16 members looks an entry up twice.
    let sizes = [[P, N], [P, 12], [16, N], [16, 12]];
    for ((name, device), [members, width]) in devices().into_iter().flat_map(|device| sizes.map(|size| (device.clone(), size))) {
        let bag = bag();
        let (dense, rows) = (bag.dense(&device), bag.rows(&device));
        let (table, v) = (random([members, 12, width], &device), random([members, 4, width], &device));
        let touched = table.clone().select(1, rows.clone());
        same(pool(&bag, &table), twin::pooling::pool(&bag, &table), 1e-6, name);
        same(pool(&bag, &table), dense.clone().matmul(touched.clone()), 1e-6, name);
        let (some, of_some) = (bag.of_rows(1..3), dense.clone().narrow(1, 1, 2));
        same(pool(&some, &touched), of_some.clone().matmul(touched.clone()), 1e-6, name);
        same(scatter(&some, &v.clone().narrow(1, 1, 2)), of_some.swap_dims(1, 2).matmul(v.clone().narrow(1, 1, 2)), 1e-6, name);
        let on_tape = pool(&bag, &table.clone().autodiff()).without_autodiff();
        same(on_tape, dense.clone().matmul(touched), 1e-6, name);
        same(bag.lengths(&device), dense.clone().square().sum_dim(2).sqrt(), 1e-6, name);
        let gram: Vec<f32> = bag.gram().into_iter().map(|product| product as f32).collect();
        let gram = Tensor::<3>::from_data(TensorData::new(gram, [1, 4, 4]), &device);
        same(gram, dense.clone().matmul(dense.clone().swap_dims(1, 2)), 1e-6, name);
        same(scatter(&bag, &v), twin::pooling::scatter(&bag, &v), 1e-6, name);

        let moved = scatter_add(&bag, table.clone(), &v, -0.5);
        same(moved.clone(), twin::pooling::scatter_add(&bag, table, &v, -0.5), 1e-6, name);
        // On a GPU it lies otherwise now.
        same(pool(&bag, &moved), dense.matmul(moved.clone().select(1, rows)), 1e-6, name);
        same(scatter_add(&bag, moved.clone(), &v, 0.25), twin::pooling::scatter_add(&bag, moved, &v, 0.25), 1e-6, name);
    }
}

/// Texts shorter than a window, with a token twice, and longer than what is read at once; seen by all members and one each.
#[test]
fn texts_that_are_read_in_order() {
    const ROWS: usize = 11;
    let text = |length: usize| -> Vec<u32> { (0..length).map(|i| (i * i % ROWS) as u32).collect() };
    let texts = [1, 4, 3, 300, 7, 260].map(text);
    let all = texts.each_ref().map(Vec::as_slice);
    // What they keep is of one device.
    let texts = || Sequences::new(all, ROWS);
    // Widths that fill vectors and do not.
    let sizes = [(12, 16), (7, 5)];
    for ((name, device), (dim, hidden)) in devices().into_iter().flat_map(|device| sizes.map(|size| (device.clone(), size))) {
        let random = |[rows, cols]: [usize; 2]| random([6, rows, cols], &device);
        let rows = random([ROWS, dim]);
        let filters = [3, 4, 5].into_iter().flat_map(|width| [random([width * dim, hidden]), random([1, hidden])]).collect();
        let square = || random([dim, dim]);
        let inner = [random([dim, hidden]), random([1, hidden]), random([hidden, dim]), random([1, dim])];
        let block: Vec<Tensor<3>> = [square(), square(), square(), square()].into_iter().chain(inner).collect();
        let positions = numbers(&random([300, dim]))[..300 * dim].into();
        let heads = if dim == 12 { 3 } else { 1 };
        let encoder = |embeds| Form::Encoder(Encoder { heads, embeds });
        let layer = || {
            let attention = [random([dim, 3 * dim]), random([1, 3 * dim]), random([dim, dim]), random([1, dim])];
            let inner = [random([dim, hidden]), random([1, hidden]), random([hidden, dim]), random([1, dim])];
            let norm = || [random([1, dim]), random([1, dim])];
            attention.into_iter().chain(norm()).chain(inner).chain(norm())
        };
        let of_words = [random([300, dim]), random([1, dim]), random([1, dim])];
        let forms = [
            (Form::Convolution, filters, true),
            (Form::Attention(positions), block, true),
            (encoder(false), layer().chain(layer()).collect(), false),
            (encoder(true), of_words.into_iter().chain(layer()).chain(layer()).collect(), true),
        ];
        for (form, layers, learns_rows) in forms {
            // On a GPU an encoder runs as its twin.
            if matches!(form, Form::Encoder(_)) && device == *GPU {
                continue;
            }
            for texts in [texts(), texts().one_each()] {
                let reading = Reading { form: &form, texts: &texts, rows: &rows, learns_rows, layers: &layers };
                let expected = twin::reading::features(reading);
                same(features(reading), expected.clone(), 5e-6, name);
                let ((found, way_back), (_, of_twin)) = (features_with_way_back(reading), twin::reading::features_with_way_back(reading));
                same(found, expected.clone(), 5e-6, name);
                let d = basin_tests::random(expected.dims(), &device);
                // On a GPU burn chooses its products by timing them, and with them the order of sums over hundreds of tokens.
                let band = if device == *GPU { 5e-5 } else { 1e-5 };
                for (leaf, (found, expected)) in way_back(d.clone()).into_iter().zip(of_twin(d)).enumerate() {
                    same(found, expected, band, &format!("{name}, leaf {leaf}"));
                }
                if !learns_rows {
                    // One table for all members.
                    let (first, all) = (rows.clone().narrow(0, 0, 1), rows.clone().narrow(0, 0, 1).expand(rows.dims()));
                    let shared = features(Reading { rows: &first, ..reading });
                    same(shared.clone(), twin::reading::features(Reading { rows: &all, ..reading }), 5e-6, name);
                    let on_tape: Vec<Tensor<3>> = layers.iter().map(|layer| layer.clone().autodiff()).collect();
                    let by_door = features(Reading { rows: &first, layers: &on_tape, ..reading }).without_autodiff();
                    same(shared, by_door, 5e-6, name);
                }
            }
        }
    }
}

/// Three steps: on all of a leaf, on more leaves than one launch takes, and on rows of it, of which the others stay.
#[test]
fn optimizers_step_like_those_of_burn() {
    fn check<const K: usize>(
        device: &Device,
        name: &str,
        band: f32,
        kernel: impl Fn(Vec<Moved<'_, K>>, usize) -> Vec<[Tensor<3>; K]>,
        twin: impl Fn([Tensor<3>; K], Tensor<3>, usize) -> [Tensor<3>; K],
    ) {
        let rows = Tensor::<1, Int>::from_ints([1, 4, 7, 9], device);
        let others = Tensor::<1, Int>::from_ints([0, 2, 3, 5, 6, 8, 10, 11], device);
        // The last two by rows; of these the last has rows that come in fours.
        let shapes = [[B, M], [1, 3], [N, 8], [2, 2], [4, 1], [12, N], [12, 12]];
        let at = |leaf: usize| (leaf >= 5).then_some(&rows);
        let start = |[rows, cols]: [usize; 2]| {
            let mut tables: [Tensor<3>; K] = std::array::from_fn(|_| random([P, rows, cols], device).zeros_like());
            tables[0] = random([P, rows, cols], device);
            tables
        };
        let first = shapes.map(start);
        let (mut found, mut expected) = (first.to_vec(), first.to_vec());
        for time in 1..=3 {
            let gradients: Vec<Tensor<3>> =
                shapes.iter().enumerate().map(|(leaf, &[rows, cols])| random([P, at(leaf).map_or(rows, |_| 4), cols], device)).collect();
            let leaves = found.into_iter().zip(&gradients).enumerate();
            found = kernel(
                leaves.map(|(leaf, (tables, g))| Moved { tables, g: g.clone(), part: at(leaf).map_or(Part::Whole, Part::Rows) }).collect(),
                time,
            );
            for (leaf, (tables, g)) in expected.iter_mut().zip(&gradients).enumerate() {
                let part = |table: &Tensor<3>| at(leaf).map_or_else(|| table.clone(), |rows| table.clone().select(1, rows.clone()));
                let moved = twin(tables.each_ref().map(part), g.clone(), time);
                for (table, moved) in tables.iter_mut().zip(moved) {
                    *table = at(leaf).map_or_else(|| moved.clone(), |rows| assign_rows(table.clone(), rows, moved.clone()));
                }
            }
        }
        for (leaf, (found, expected)) in found.iter().zip(&expected).enumerate() {
            for (table, (found, expected)) in found.iter().zip(expected).enumerate() {
                same(found.clone(), expected.clone(), band, &format!("{name}, leaf {leaf}, table {table}"));
            }
            if at(leaf).is_some() {
                same(found[0].clone().select(1, others.clone()), first[leaf][0].clone().select(1, others.clone()), 0.0, name);
            }
        }
    }
    let (rate, decay) = (0.1, 0.01);
    for (name, device) in devices() {
        let rule = Sgd { rate, decay };
        check(&device, name, 1e-6, |leaves, _| optimizers::sgd(leaves, rule), |w, g, _| twin::optimizers::sgd(w, g, rule));
        let rule = Momentum { rate, decay, mu: 0.9 };
        check(&device, name, 1e-6, |leaves, _| optimizers::momentum(leaves, rule), |w, g, _| twin::optimizers::momentum(w, g, rule));
        let rule = |time| AdamW { rate, decay, time };
        check(
            &device,
            name,
            2e-6,
            |leaves, time| optimizers::adam_w(leaves, rule(time)),
            |w, g, time| twin::optimizers::adam_w(w, g, rule(time)),
        );
    }
}
