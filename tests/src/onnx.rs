//! Files of ONNX, read back without a library for them.

use std::collections::HashMap;

/// What a file holds, with its nodes seen to be whole.
pub struct Graph {
    /// Names of the inputs.
    pub inputs: Vec<String>,
    /// The operator of each node.
    pub operators: Vec<String>,
    /// The bytes of each tensor.
    pub tensors: HashMap<String, Vec<u8>>,
    /// The sizes of each tensor.
    pub sizes: HashMap<String, Vec<usize>>,
    /// Its metadata.
    pub texts: HashMap<String, String>,
}

impl Graph {
    /// Reads a file that ends in `probabilities`.
    ///
    /// # Panics
    /// Unless every input of a node is there before it, each name is given once, and tensors have as many bytes as their sizes say.
    #[track_caller]
    pub fn read(file: &[u8]) -> Self {
        let (graph, opset) = (all(file, 7).remove(0), all(file, 8).remove(0));
        assert_eq!(all(&opset, 2), [17_u64.to_le_bytes()]);
        let inputs: Vec<String> = all(&graph, 11).iter().flat_map(|input| words(input, 1)).collect();
        let (mut tensors, mut sizes) = (HashMap::new(), HashMap::new());
        for tensor in all(&graph, 5) {
            let name = words(&tensor, 8).remove(0);
            let each = all(&tensor, 1)
                .iter()
                .map(|size| u64::from_le_bytes(size[..].try_into().expect("eight bytes")) as usize)
                .collect::<Vec<_>>();
            // Of f32 and int64.
            let bytes = if all(&tensor, 2) == [1_u64.to_le_bytes()] { 4 } else { 8 };
            let raw = all(&tensor, 9).remove(0);
            assert_eq!(raw.len(), bytes * each.iter().product::<usize>(), "{name}");
            assert!(tensors.insert(name.clone(), raw).is_none(), "{name} is there twice");
            sizes.insert(name, each);
        }
        let mut known: Vec<String> = tensors.keys().chain(&inputs).cloned().collect();
        let nodes = all(&graph, 1);
        let mut used: Vec<String> = Vec::new();
        for node in &nodes {
            for input in words(node, 1) {
                assert!(known.contains(&input), "{} takes {input}, which is not there", words(node, 4)[0]);
                used.push(input);
            }
            let outputs = words(node, 2);
            assert!(outputs.iter().all(|output| !known.contains(output)), "{outputs:?} is there twice");
            known.extend(outputs);
        }
        assert!(tensors.keys().all(|tensor| used.contains(tensor)), "a tensor that no node takes");
        assert_eq!(all(&graph, 12).iter().flat_map(|output| words(output, 1)).collect::<Vec<_>>(), ["probabilities"]);
        assert_eq!(nodes.last().map(|node| words(node, 2)), Some(vec!["probabilities".to_owned()]));
        let text = |entry: &Vec<u8>| (words(entry, 1).remove(0), words(entry, 2).remove(0));
        let operators = nodes.iter().map(|node| words(node, 4).remove(0)).collect();
        Self { inputs, operators, tensors, sizes, texts: all(file, 14).iter().map(text).collect() }
    }
}

/// A field of a message of Protocol Buffers: its number, and its value as bytes; numbers as eight.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Vec<u8>)> {
    fn varint(bytes: &mut &[u8]) -> u64 {
        let mut value = 0;
        for shift in (0..).step_by(7) {
            let (&first, rest) = bytes.split_first().expect("a message ends between fields");
            *bytes = rest;
            value |= u64::from(first & 0x7f) << shift;
            if first < 0x80 {
                break;
            }
        }
        value
    }
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let length = match key & 7 {
            0 => {
                found.push((key >> 3, varint(&mut bytes).to_le_bytes().to_vec()));
                continue;
            }
            2 => varint(&mut bytes) as usize,
            5 => 4,
            other => panic!("no field of ONNX has type {other}"),
        };
        let (value, rest) = bytes.split_at(length);
        found.push((key >> 3, value.to_vec()));
        bytes = rest;
    }
    found
}

/// All values of a field.
fn all(message: &[u8], field: u64) -> Vec<Vec<u8>> {
    fields(message).into_iter().filter(|(number, _)| *number == field).map(|(_, value)| value).collect()
}

fn words(message: &[u8], field: u64) -> Vec<String> {
    all(message, field).into_iter().map(|value| String::from_utf8(value).expect("a name")).collect()
}
