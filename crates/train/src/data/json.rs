//! JSON: one object per line, one list of objects, or an object around such a list; and texts alone, which hold no label.
//!
//! A list with one value is that value, and the fields of nested objects are columns of their own (`data.text`), so exports
//! of annotation tools read like tables. What is a list by column or without names is told by name: turning it around
//! is one word in pandas, and a guess here would be wrong somewhere else.
//! Elsewhere: the other formats (`table.rs`).

use std::collections::HashMap;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::error::{DataError, JsonShape, cut, first_few};
use super::rows::{BadRow, Format, MOST_COLUMNS, Mark, RawTable, Reason, Row};

/// Objects in objects that become columns; what lies deeper is nested.
const DEEPEST: usize = 6;

/// Whether a text is JSON: by its ending, or because a whole value that is no plain word stands on its first line or begins there.
pub(super) fn is_json(ending: &str, text: &str) -> bool {
    let start = text.trim_start();
    if matches!(ending, "jsonl" | "ndjson" | "json") {
        let first = start.lines().next().unwrap_or_default();
        return start.starts_with(['{', '[']) || is_text(first) || !start.contains(['\t', ',', ';']);
    }
    let first = start.lines().next().unwrap_or_default();
    match first.as_bytes().first() {
        Some(b'{') => {
            serde_json::from_str::<Fields>(first).is_ok()
                || first.trim() == "{"
                || first.starts_with("{\"")
                || first.trim_end().ends_with('{')
        }
        Some(b'[') => {
            let rest = start[1..].trim_start();
            rest.starts_with(['{', '[']) || serde_json::from_str::<Value>(first).is_ok()
        }
        _ => false,
    }
}

/// Whether a text begins like an object with a field, or a list of such, on one line or several: `{"name":`.
pub(super) fn begins(text: &str) -> bool {
    let start = text.trim_start();
    let start = start.strip_prefix('[').unwrap_or(start).trim_start();
    let key = start.strip_prefix('{').and_then(|inside| inside.trim_start().strip_prefix('"'));
    key.and_then(|key| key.split_once('"')).is_some_and(|(_, rest)| rest.trim_start().starts_with(':'))
}

/// Whether a text begins like a list of texts, on one line or several: `["one", "two`, or `["one"]` and nothing behind it.
pub(super) fn begins_texts(text: &str) -> bool {
    let list = text.trim_start().strip_prefix('[');
    let Some(rest) = list.and_then(|list| behind_string(list.trim_start())) else { return false };
    let rest = rest.trim_start();
    match rest.strip_prefix(',') {
        Some(next) => next.trim_start().starts_with('"'),
        None => rest.strip_prefix(']').is_some_and(|rest| rest.trim().is_empty()),
    }
}

/// What stands behind the string with which a text begins; none where it begins with none.
fn behind_string(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('"')?;
    let mut escaped = false;
    let end = inside.find(|c: char| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    inside.get(end? + 1..)
}

/// The text that a JSON string is; none where it is something else.
pub(super) fn string(text: &str) -> Option<String> {
    serde_json::from_str(text).or_else(|_| serde_json::from_str(&mended(text))).ok()
}

/// Whether a line is a JSON string as a whole.
fn is_text(line: &str) -> bool {
    line.trim_start().starts_with('"') && string(line).is_some()
}

/// Whether every line is a JSON string, apart from blank ones.
pub(super) fn are_texts(text: &str) -> bool {
    text.lines().filter(|line| !line.trim().is_empty()).all(is_text)
}

/// Whether a text is a list, or has objects that do not stand on one line each.
pub(super) fn is_spread(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty()).take(20);
    text.trim_start().starts_with('[') || !lines.any(|line| fields(line).is_some())
}

/// What stands in a list, or one after the other without one, each with the line on which it begins.
pub(super) fn spread(text: &str, first_line: usize) -> impl Iterator<Item = (usize, &str)> {
    let start = text.trim_start();
    let line = first_line + text[..text.len() - start.len()].matches('\n').count();
    let list = start.strip_prefix('[').map(str::trim_end).map(|list| list.strip_suffix(']').unwrap_or(list));
    values(list.unwrap_or(start), line)
}

/// The fields of an object as the cells that they are, in their order; none where a text is no object.
pub(super) fn fields(text: &str) -> Option<Vec<Field>> {
    parse(text).ok()
}

/// Reads a JSON text into rows.
///
/// # Errors
/// If it is JSON of another shape.
pub(super) fn read(file: String, text: &str) -> Result<RawTable, DataError> {
    let start = text.trim_start();
    let first_line = start.lines().next().unwrap_or_default();
    let is_object = |text: &str| serde_json::from_str::<Fields>(text).is_ok();
    if start.starts_with('[') && !(is_list(first_line) && start.trim_end().len() > first_line.len()) {
        return array(file, text);
    }
    let lines: Vec<&str> = start.lines().filter(|line| !line.trim().is_empty()).take(20).collect();
    if lines.iter().all(|line| is_text(line)) {
        let line = 1 + text[..text.len() - start.len()].matches('\n').count();
        return Err(DataError::NoLabels { file, line, what: "it".to_owned(), found: cut(first_line, 30) });
    }
    let by_line = lines.len() > 1 && lines.iter().filter(|line| is_object(line)).count() * 2 >= lines.len();
    if start.starts_with('{') && !by_line {
        // Not one object on each line: one document, or objects over several lines.
        let mut values = values(text, 1);
        if let (Some((_, only)), None) = (values.next(), values.next()) {
            return document(file, text, only);
        }
        if self::values(text, 1).all(|(_, value)| is_object(value)) {
            let mut table = RawTable::new(file, Format::JsonLines);
            push_all(&mut table, self::values(text, 1));
            return Ok(table);
        }
    }
    if is_list(first_line) {
        return Err(DataError::JsonShape { file, shape: JsonShape::Arrays });
    }
    let mut table = RawTable::new(file, Format::JsonLines);
    push_all(&mut table, text.split('\n').zip(1..).map(|(line, at)| (at, line)).filter(|(_, line)| !line.trim().is_empty()));
    Ok(table)
}

fn is_list(text: &str) -> bool {
    text.trim_start().starts_with('[') && serde_json::from_str::<Vec<Value>>(text).is_ok()
}

/// One list: its objects are the rows.
fn array(file: String, text: &str) -> Result<RawTable, DataError> {
    let inside = text.find('[').map_or(text.len(), |at| at + 1);
    let line = 1 + text[..inside].matches('\n').count();
    let list = &text[inside..];
    let list = list.trim_end().strip_suffix(']').unwrap_or(list);
    match list.trim_start().as_bytes().first() {
        None => return Err(DataError::Empty { file }),
        Some(b'{') => {}
        Some(b'[') => return Err(DataError::JsonShape { file, shape: JsonShape::Arrays }),
        Some(_) => {
            let (line, first) = values(list, line).next().unwrap_or((line, list));
            return Err(DataError::NoLabels { file, line, what: "element 1 of its list".to_owned(), found: cut(first, 30) });
        }
    }
    let mut table = RawTable::new(file, Format::JsonArray);
    push_all(&mut table, values(list, line));
    Ok(table)
}

/// One object that is the whole document: a list of examples with something around it, or a table that lies on its side.
fn document(file: String, text: &str, object: &str) -> Result<RawTable, DataError> {
    let Ok(value) = serde_json::from_str::<Value>(object) else {
        let mut table = RawTable::new(file, Format::JsonLines);
        push_all(&mut table, values(text, 1));
        return Ok(table);
    };
    if ["data", "lanes", "training"].iter().all(|key| value.get(key).is_some()) && value["data"].get("source").is_some() {
        let remedy = "open it as one, with *Open* or `basin train --experiment FILE`";
        return Err(DataError::NoTable { file, what: "an experiment of Basin", remedy });
    }
    let fields = value.as_object().into_iter().flatten();
    let lists: Vec<(&String, &Vec<Value>)> = fields.clone().filter_map(|(key, value)| Some((key, value.as_array()?))).collect();
    let mut with_objects = Vec::new();
    lists_of_objects(&value, &mut Vec::new(), &mut with_objects);
    // Of equally long ones the first.
    with_objects.sort_by_key(|(_, length)| std::cmp::Reverse(*length));
    if let Some(((path, _), others)) = with_objects.split_first() {
        let mut table = inner_list(file, text, path)?;
        let others: Vec<String> = others.iter().map(|(path, length)| format!("`{}` ({length})", cut(&path.join("."), 20))).collect();
        let not = if others.is_empty() { String::new() } else { format!("; not read: {}", first_few(&others)) };
        table.notes.push(format!("the rows are the list `{}` of a JSON object{not}", cut(&path.join("."), 30)));
        return Ok(table);
    }
    let objects: Vec<&serde_json::Map<String, Value>> = fields.clone().filter_map(|(_, value)| value.as_object()).collect();
    let counted = |key: &String| key.chars().all(|c| c.is_ascii_digit());
    let same_keys = objects.len() > 1 && objects.windows(2).all(|pair| pair[0].len() == pair[1].len() && pair[0].keys().eq(pair[1].keys()));
    let shape = if lists.iter().any(|(_, list)| list.len() > 1 && list.iter().all(Value::is_array)) {
        Some(JsonShape::Arrays)
    } else if same_keys && fields.clone().all(|(key, _)| counted(key)) {
        Some(JsonShape::ByRow)
    } else if same_keys || (lists.len() > 1 && lists.iter().all(|(_, list)| list.len() == lists[0].1.len() && list.len() > 1)) {
        Some(JsonShape::ByColumn)
    } else {
        None
    };
    if let Some(shape) = shape {
        return Err(DataError::JsonShape { file, shape });
    }
    let mut table = RawTable::new(file, Format::JsonLines);
    push_all(&mut table, values(text, 1));
    Ok(table)
}

/// The lists of two objects or more in an object, each with the keys that lead to it and its length.
fn lists_of_objects<'a>(value: &'a Value, path: &mut Vec<&'a str>, found: &mut Vec<(Vec<&'a str>, usize)>) {
    match value {
        Value::Array(list) if list.len() > 1 && list.iter().all(Value::is_object) => found.push((path.clone(), list.len())),
        Value::Object(object) if path.len() < DEEPEST => {
            for (key, value) in object {
                path.push(key);
                lists_of_objects(value, path, found);
                path.pop();
            }
        }
        _ => {}
    }
}

/// The list to which the keys of `path` lead in the object that `text` is.
fn inner_list(file: String, text: &str, path: &[&str]) -> Result<RawTable, DataError> {
    let found = path.iter().try_fold((1, text), |(line, text), key| value_of(text, line, key));
    let Some((line, list)) = found.filter(|(_, list)| list.starts_with('[')) else { return Err(DataError::Empty { file }) };
    let mut table = RawTable::new(file, Format::JsonArray);
    push_all(&mut table, values(list[1..].strip_suffix(']').unwrap_or(&list[1..]), line));
    Ok(table)
}

/// The value of a key in an object that begins on `line`, and its line.
fn value_of<'a>(object: &'a str, line: usize, key: &str) -> Option<(usize, &'a str)> {
    let inside = object.find('{')? + 1;
    // Keys and values alternate.
    let mut all = values(&object[inside..], line + object[..inside].matches('\n').count());
    while let (Some((_, name)), Some(value)) = (all.next(), all.next()) {
        if serde_json::from_str::<String>(name).is_ok_and(|name| name == key) {
            return Some(value);
        }
    }
    None
}

/// The values that stand one after the other in a text, with commas, colons or white space between them, and their lines.
///
/// Objects and lists end with their own bracket, anything else at the next comma, colon or bracket.
fn values(text: &str, first_line: usize) -> impl Iterator<Item = (usize, &str)> {
    let bytes = text.as_bytes();
    let (mut at, mut line) = (0, first_line);
    std::iter::from_fn(move || {
        while let Some(&byte) = bytes.get(at).filter(|byte| byte.is_ascii_whitespace() || b",:}]".contains(byte)) {
            line += usize::from(byte == b'\n');
            at += 1;
        }
        let (start, start_line) = (at, line);
        let (mut depth, mut in_string) = (0_usize, false);
        while let Some(&byte) = bytes.get(at) {
            line += usize::from(byte == b'\n');
            match byte {
                b'\\' if in_string => at += 1,
                b'"' => in_string = !in_string,
                _ if in_string => {}
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth > 0 => depth -= 1,
                b',' | b':' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t' if depth == 0 => break,
                _ => {}
            }
            at += 1;
            if depth == 0 && !in_string && matches!(byte, b'}' | b']' | b'"') {
                break;
            }
        }
        at = at.min(bytes.len());
        (start < at).then(|| (start_line, text.get(start..at).unwrap_or_default()))
    })
}

/// Makes rows of objects; columns are the fields in the order in which they appear.
fn push_all<'a>(table: &mut RawTable, objects: impl Iterator<Item = (usize, &'a str)>) {
    let mut keys: Vec<String> = Vec::new();
    let mut column_of: HashMap<String, usize> = HashMap::new();
    for (line, text) in objects {
        table.push(|| {
            let fields = parse(text).map_err(|error| BadRow { line, reason: Reason::Json(without_position(&error)) })?;
            let mut cells = vec![(String::new(), None); keys.len()];
            for Field { key, text, mark } in fields {
                if !column_of.contains_key(&key) && keys.len() < MOST_COLUMNS {
                    column_of.insert(key.clone(), keys.len());
                    keys.push(key.clone());
                    cells.push((String::new(), None));
                }
                if let Some(&column) = column_of.get(&key) {
                    cells[column] = (text, mark);
                }
            }
            Ok(Row::marked(line, cells.iter().map(|(cell, mark)| (cell.as_str(), *mark))))
        });
    }
    table.keys = Some(keys);
}

fn parse(text: &str) -> Result<Vec<Field>, serde_json::Error> {
    let parsed =
        serde_json::from_str::<Fields>(text).or_else(|error| serde_json::from_str(&mended(text)).map_err(|_: serde_json::Error| error));
    parsed.map(|Fields(fields)| fields)
}

/// What other programs write and JSON does not know: `NaN` and `Infinity` of Python become `null`, half of an emoji (an escaped
/// surrogate without the other) becomes `�`.
fn mended(text: &str) -> String {
    let mut mended = String::with_capacity(text.len());
    let (mut rest, mut in_string) = (text, false);
    while let Some(c) = rest.chars().next() {
        let word = ["-Infinity", "Infinity", "NaN"].into_iter().find(|word| !in_string && rest.starts_with(word));
        let read = match (c, word) {
            (_, Some(word)) => {
                mended.push_str("null");
                word.len()
            }
            ('\\', None) if in_string => {
                let (escape, read) = escaped(rest);
                mended.push_str(escape);
                read
            }
            _ => {
                in_string ^= c == '"';
                mended.push(c);
                c.len_utf8()
            }
        };
        rest = &rest[read..];
    }
    mended
}

/// The escape at the start of a text, or what stands for half a pair, and its length there.
fn escaped(text: &str) -> (&str, usize) {
    let unit = |text: &str| u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok();
    match (unit(text), text.get(6..).and_then(unit)) {
        (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => (&text[..12], 12),
        (Some(0xD800..=0xDFFF), _) => ("\\ufffd", 6),
        _ => {
            let end = 1 + text[1..].chars().next().map_or(0, char::len_utf8);
            (&text[..end], end)
        }
    }
}

/// Serde's message counts lines from the start of the row, which would contradict ours.
fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.split(" at line ").next().unwrap_or_default();
    format!("{} at column {}", cut(what, 60), error.column())
}

/// One field of an object, as text.
pub(super) struct Field {
    pub key: String,
    pub text: String,
    /// What it was, where that was more than a text.
    pub mark: Option<Mark>,
}

/// The fields of a JSON object in the order of the file.
struct Fields(Vec<Field>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Fields;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object such as {\"text\": …, \"label\": …}")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, Value>()? {
                    put(&mut fields, key, value, DEEPEST);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// Adds a value as the cell or the cells that it is.
fn put(fields: &mut Vec<Field>, key: String, value: Value, deeper: usize) {
    let mut cell = |text: String, mark| fields.push(Field { key: key.clone(), text, mark });
    match value {
        Value::Null => cell(String::new(), None),
        Value::String(text) => cell(text, None),
        Value::Bool(_) | Value::Number(_) => cell(value.to_string(), None),
        Value::Array(list) if list.is_empty() => cell(String::new(), None),
        Value::Array(ref list) if list.iter().all(is_span) => cell(value.to_string(), Some(Mark::Spans)),
        Value::Object(_) if is_span(&value) => cell(value.to_string(), Some(Mark::Spans)),
        Value::Array(list) if is_annotations(&key, &list) => put_annotations(fields, &key, list, deeper.saturating_sub(1)),
        // The answers to several questions about one text, by the name of the question.
        Value::Array(list) if is_answers(&key, &list) => {
            for mut answer in list {
                let name = answer.get("from_name").and_then(Value::as_str).unwrap_or_default().to_owned();
                put(
                    fields,
                    format!("{key}.{name}"),
                    answer.get_mut("value").map(Value::take).unwrap_or_default(),
                    deeper.saturating_sub(1),
                );
            }
        }
        Value::Array(mut list) if list.len() == 1 => put(fields, key, list.remove(0), deeper.saturating_sub(1)),
        Value::Array(ref list) if !list.iter().any(|value| value.is_array() || value.is_object()) => {
            let words = list.iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            cell(words.collect::<Vec<_>>().join(" "), Some(Mark::Several(list.len())));
        }
        // Several choices stand in an object of their own where one stands by itself.
        Value::Object(mut object) if deeper == DEEPEST && object.len() == 1 && object.contains_key("choices") => {
            put(fields, key, object.remove("choices").unwrap_or_default(), deeper - 1);
        }
        Value::Object(object) if deeper > 0 && !object.is_empty() => {
            for (inner, value) in object {
                put(fields, format!("{key}.{inner}"), value, deeper - 1);
            }
        }
        Value::Array(_) | Value::Object(_) => cell(value.to_string(), Some(Mark::Nested)),
    }
}

/// Whether a list holds what several people, or one several times, have said of the same text.
fn is_annotations(key: &str, list: &[Value]) -> bool {
    let last = key.rsplit('.').next().unwrap_or_default();
    matches!(last, "annotations" | "completions") && list.len() > 1 && list.iter().all(Value::is_object)
}

/// Whether a list holds one answer to each of several questions, as Label Studio writes them.
fn is_answers(key: &str, list: &[Value]) -> bool {
    let mut names: Vec<&str> = list.iter().filter_map(|value| value.get("from_name")?.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    key.ends_with("result") && list.len() > 1 && names.len() == list.len() && list.iter().all(|value| value.get("value").is_some())
}

/// Adds what all annotations of a text agree on as one value, and where they differ all that was said.
///
/// Cancelled ones count only where there is no other.
fn put_annotations(fields: &mut Vec<Field>, key: &str, mut list: Vec<Value>, deeper: usize) {
    let cancelled = |value: &Value| value.get("was_cancelled").and_then(Value::as_bool) == Some(true);
    if !list.iter().all(cancelled) {
        list.retain(|value| !cancelled(value));
    }
    let mut said = Vec::new();
    for value in list {
        put(&mut said, key.to_owned(), value, deeper);
    }
    let mut merged: Vec<(Field, Vec<String>)> = Vec::new();
    for field in said {
        match merged.iter_mut().find(|(known, _)| known.key == field.key) {
            Some((_, texts)) if field.text.is_empty() || texts.contains(&field.text) => {}
            Some((known, texts)) => {
                texts.push(field.text);
                known.mark = known.mark.or(field.mark);
            }
            None => {
                let texts = Some(field.text.clone()).filter(|text| !text.is_empty()).into_iter().collect();
                merged.push((field, texts));
            }
        }
    }
    fields.extend(merged.into_iter().map(|(field, texts)| {
        let mark = if texts.len() > 1 { field.mark.or(Some(Mark::Several(texts.len()))) } else { field.mark };
        Field { key: field.key, text: texts.join(" "), mark }
    }));
}

/// Whether a value marks a part of a text: `[0, 4, "PER"]`, `{"start": 0, "end": 4, …}`.
fn is_span(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.len() >= 3 && list[0].is_u64() && list[1].is_u64() && list[2..].iter().any(Value::is_string),
        Value::Object(object) => {
            let both = |a: &str, b: &str| object.get(a).is_some_and(Value::is_u64) && object.get(b).is_some_and(Value::is_u64);
            both("start", "end") || both("start_offset", "end_offset") || both("offset", "length") || both("begin", "end")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> RawTable {
        read("a.json".to_owned(), text).expect("a table")
    }

    fn rows(table: &RawTable) -> Vec<(usize, Vec<&str>)> {
        table.rows.iter().map(|row| (row.line, row.cells().collect())).collect()
    }

    #[test]
    fn fields_keep_their_order_and_may_be_missing() {
        let table = table("{\"zeta\": 1, \"alpha\": \"x\"}\n\n{\"alpha\": null, \"more\": [1, 2]}\nnonsense\n");
        assert_eq!(table.keys.as_deref(), Some(&["zeta".to_owned(), "alpha".to_owned(), "more".to_owned()][..]));
        assert_eq!(rows(&table), [(1, vec!["1", "x"]), (3, vec!["", "", "1 2"])]);
        assert_eq!((table.total, table.rows[1].mark(2)), (3, Some(Mark::Several(2))));
        assert_eq!(table.bad, [BadRow { line: 4, reason: Reason::Json("expected ident at column 2".to_owned()) }]);
    }

    #[test]
    fn one_list_is_read_with_the_lines_of_its_objects() {
        let expected = [(1, vec!["a", "1"]), (2, vec!["b, [\"", "0"]), (5, vec!["c", "1"])];
        let list =
            "[{\"text\": \"a\", \"label\": 1},\n{\"text\": \"b, [\\\"\", \"label\": 0},\n\n\n  {\n \"text\": \"c\",\n \"label\": 1}]\n";
        let table = table(list);
        assert_eq!((rows(&table), table.format), (expected.to_vec(), Format::JsonArray));
        // Objects over several lines without a list around them, and a list cut in the middle.
        let loose = self::table("{\n\"text\": \"a\",\n\"label\": 1\n}\n{\n\"text\": \"b\",\n\"label\": 0\n}\n");
        assert_eq!(rows(&loose), [(1, vec!["a", "1"]), (5, vec!["b", "0"])]);
        let cut = self::table("[{\"text\": \"a\", \"label\": 1},\n{\"text\": \"b\", \"la");
        assert_eq!((cut.rows.len(), cut.bad.len(), cut.bad[0].line), (1, 1, 2));
    }

    #[test]
    fn objects_are_found_in_a_list_and_on_several_lines() {
        for (text, spread) in [("{\"a\": 1}\n{\"a\": 2}\n", false), ("\n[{\"a\": 1},\n {\"a\": 2}]\n", true), ("{\n\"a\" : 1\n}\n", true)] {
            assert!(begins(text), "{text}");
            assert_eq!(is_spread(text), spread, "{text}");
        }
        for text in ["{\"so\"} he said", "[laughs] \"well\":", "{}", "[\"a\", \"b\"]", "\"a\": 1"] {
            assert!(!begins(text), "{text}");
        }
        let list = spread("\n[{\"a\": 1},\n {\"a\": 2}]\n", 1).collect::<Vec<_>>();
        assert_eq!(list, [(2, "{\"a\": 1}"), (3, "{\"a\": 2}")]);
        let loose = spread("{\n\"a\": 1}\n{\"a\": 2}", 1).collect::<Vec<_>>();
        assert_eq!(loose, [(1, "{\n\"a\": 1}"), (3, "{\"a\": 2}")]);
    }

    #[test]
    fn a_list_inside_an_object_is_read_and_told() {
        for key in ["data", "rows"] {
            let text = format!(
                "{{\"version\": \"1\", \"features\": [{{\"name\": \"text\"}}],\n\"{key}\": [{{\"text\": \"a\", \"label\": 1}},\n{{\"text\": \"b\", \"label\": 0}}]}}"
            );
            let table = table(&text);
            assert_eq!(rows(&table), [(2, vec!["a", "1"]), (3, vec!["b", "0"])]);
            assert_eq!(table.notes, [format!("the rows are the list `{key}` of a JSON object")]);
        }
    }

    #[test]
    fn a_list_deeper_inside_is_read_and_told() {
        let table = table(
            "{\"nlu\": {\"n\": 1,\n\"examples\": [{\"text\": \"a\", \"intent\": 1},\n{\"text\": \"b\", \"intent\": 0}]}, \"z\": [1]}",
        );
        assert_eq!(rows(&table), [(2, vec!["a", "1"]), (3, vec!["b", "0"])]);
        assert_eq!(table.notes, ["the rows are the list `nlu.examples` of a JSON object"]);
    }

    #[test]
    fn annotations_of_one_text_are_one_where_they_agree() {
        let said = |topic: &str, cancelled: bool| {
            format!("{{\"result\": [{{\"value\": {{\"choices\": [\"{topic}\"]}}}}], \"was_cancelled\": {cancelled}}}")
        };
        let task = |annotations: &[String]| format!("{{\"text\": \"a\", \"annotations\": [{}]}}\n", annotations.join(", "));
        let table = table(
            &[
                task(&[said("x", false), said("x", false)]),
                task(&[said("x", false), said("y", false)]),
                task(&[said("x", true), said("y", false)]),
                task(&[said("x", true), said("x", true)]),
            ]
            .concat(),
        );
        assert_eq!(table.keys.as_deref().expect("keys"), ["text", "annotations.result.value.choices", "annotations.was_cancelled"]);
        let found: Vec<_> = table.rows.iter().map(|row| (row.cell(1), row.mark(1), row.cell(2))).collect();
        let expected = [("x", None, "false"), ("x y", Some(Mark::Several(2)), "false"), ("y", None, "false"), ("x", None, "true")];
        assert_eq!(found, expected.map(|(label, mark, cancelled)| (Some(label), mark, Some(cancelled))));
    }

    #[test]
    fn answers_to_several_questions_are_columns_of_their_own() {
        let table = table(
            "{\"text\": \"a\", \"annotations\": [{\"result\": [{\"from_name\": \"topic\", \"value\": {\"choices\": [\"x\"]}}, {\"from_name\": \"stars\", \"value\": {\"rating\": 4}}]}]}\n",
        );
        assert_eq!(table.keys.as_deref().expect("keys"), ["text", "annotations.result.topic.choices", "annotations.result.stars.rating"]);
        assert_eq!(rows(&table), [(1, vec!["a", "x", "4"])]);
    }

    #[test]
    fn choices_are_a_label_whether_one_or_several() {
        let table = table("{\"text\": \"a\", \"topic\": \"x\"}\n{\"text\": \"b\", \"topic\": {\"choices\": [\"x\", \"y\"]}}\n");
        assert_eq!(rows(&table), [(1, vec!["a", "x"]), (2, vec!["b", "x y"])]);
        assert_eq!(table.rows[1].mark(1), Some(Mark::Several(2)));
    }

    #[test]
    fn other_shapes_are_told_by_name() {
        let told = |text: &str| read("a.json".to_owned(), text).expect_err("another shape").to_string();
        for text in [
            "{\"text\": {\"0\": \"a\", \"1\": \"b\"}, \"label\": {\"0\": 1, \"1\": 0}}",
            "{\"text\": [\"a\", \"b\"], \"label\": [1, 0]}",
            "{\n  \"text\": {\"0\": \"a\", \"1\": \"b\"},\n  \"label\": {\"0\": 1, \"1\": 0}\n}\n",
        ] {
            let told = told(text);
            assert!(told.contains("by column") && told.contains("orient=\"records\", lines=True") && told.len() < 300, "{told}");
        }
        assert!(told("{\"0\": {\"text\": \"a\", \"label\": 1}, \"1\": {\"text\": \"b\", \"label\": 0}}").contains("one entry per row"));
        for text in [
            "[[\"a\", 1], [\"b\", 0]]",
            "[\"a\", 1]\n[\"b\", 0]\n",
            "{\"columns\": [\"text\", \"label\"], \"data\": [[\"a\", 1], [\"b\", 0]]}",
        ] {
            assert!(told(text).contains("lists without names"), "{}", told(text));
        }
        assert!(told("[1, 2]").contains("element 1 of its list (`1`) is a single value"), "{}", told("[1, 2]"));
        assert!(told("[]").contains("is empty"));
    }

    #[test]
    fn texts_without_labels_are_told_with_the_first_and_a_remedy() {
        let told = |text: &str| read("a.json".to_owned(), text).expect_err("no labels").to_string();
        for (text, begins) in [
            ("\n[\n\"so, so\",\n\"b\"]", "a.json, line 3: element 1 of its list (`\"so, so\"`) is a single value"),
            ("\"so, so\"\n\"b\"\n", "a.json, line 1: it (`\"so, so\"`) is a single value"),
        ] {
            assert!(is_json("json", text));
            let told = told(text);
            assert!(told.starts_with(begins) && told.contains("{\"text\": …, \"label\": …}") && told.contains("`basin predict`"), "{told}");
        }
        // One among objects is a row that is left out.
        let table = table("[{\"text\": \"a\", \"label\": 1},\n\"b\"]");
        assert_eq!((table.rows.len(), table.bad[0].line), (1, 2));
        assert!(!is_json("json", "\"text\",\"label\"\n\"a\",1\n"), "a table with quotes");
    }

    #[test]
    fn a_list_of_texts_is_told_from_sentences() {
        for text in ["[\"a\", \"b\"]", " [\n \"a, \\\"b\\\"\" ,\n\"c", "[\"a\"]\n"] {
            assert!(begins_texts(text), "{text}");
        }
        for text in ["[\"laughs\"] well", "[\"a\", he said", "[laughs] \"a\", \"b\"", "[\"a", "[]", "\"a\", \"b\""] {
            assert!(!begins_texts(text), "{text}");
        }
        assert!(are_texts("\"a\"\n\n \"b \\\"c\\\"\"\r\n") && !are_texts("\"a\", he said\n\"b\"\n"));
    }

    #[test]
    fn a_list_of_one_is_its_value_and_nested_fields_are_columns() {
        let text = "{\"data\": {\"text\": \"a\"}, \"annotations\": [{\"result\": [{\"value\": {\"choices\": [\"good\"]}}]}], \"tags\": []}\n{\"data\": {\"text\": \"b\"}}\n";
        let table = table(text);
        assert_eq!(table.keys.as_deref().expect("keys"), ["data.text", "annotations.result.value.choices", "tags"]);
        assert_eq!(rows(&table)[0].1, ["a", "good", ""]);
    }

    #[test]
    fn parts_of_a_text_are_marked_as_such() {
        for spans in ["[[0, 4, \"PER\"]]", "[{\"start\": 0, \"end\": 4, \"label\": \"PER\"}]", "{\"start_offset\": 0, \"end_offset\": 4}"] {
            let table = table(&format!("{{\"text\": \"Anna\", \"label\": {spans}}}\n{{\"text\": \"b\", \"label\": []}}\n"));
            assert_eq!(table.rows[0].mark(1), Some(Mark::Spans), "{spans}");
        }
    }

    #[test]
    fn what_python_writes_for_nothing_is_nothing_but_not_in_a_text() {
        let text =
            "{\"text\": \"a: NaN\\\"Infinity\", \"label\":NaN, \"s\": -Infinity}\n{\"text\": \"b\", \"label\": 1, \"s\": [1, Infinity]}\n";
        let table = table(text);
        assert_eq!(rows(&table)[0].1, ["a: NaN\"Infinity", "", ""]);
        assert_eq!(rows(&table)[1].1, ["b", "1", "1 null"]);
    }

    #[test]
    fn half_an_emoji_is_one_strange_letter() {
        let text = "{\"text\": \"so \\ud83d glad \\ud83d\\ude00 \\\\ud83d\", \"label\": 1}\n{\"text\": \"b\", \"label\": 0}\n";
        assert_eq!(rows(&table(text))[0].1, ["so \u{FFFD} glad 😀 \\ud83d", "1"]);
    }
}
