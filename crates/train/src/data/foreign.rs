//! Text that is no table, whatever its lines look like: dumps of databases, source code, pages.
//!
//! Commas and quotes stand in it as in a table, and what came out of them would be trained on.

use super::error::DataError;

/// What a text is, where it is one of these: the error that says so.
pub(super) fn told(file: &str, text: &str) -> Option<DataError> {
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    let (what, remedy) = if is_sql(lines()) {
        ("a dump of a database (SQL)", "export the table itself as CSV")
    } else if is_code(lines()) {
        ("source code, a list of rows", "write the rows as a CSV file; in Python `csv.writer(open(\"data.csv\", \"w\")).writerows(rows)`")
    } else if is_page(lines()) {
        ("a page (HTML or XML)", "save its table as CSV")
    } else {
        return None;
    };
    Some(DataError::NoTable { file: file.to_owned(), what, remedy })
}

fn begins(line: &str, words: &str) -> bool {
    line.get(..words.len()).is_some_and(|start| start.eq_ignore_ascii_case(words))
}

/// Statements at the start, behind remarks and settings, that fill a table.
fn is_sql<'a>(lines: impl Iterator<Item = &'a str>) -> bool {
    const STATEMENTS: [&str; 9] =
        ["CREATE ", "DROP ", "BEGIN", "SET ", "USE ", "INSERT INTO ", "PRAGMA ", "LOCK TABLES ", "START TRANSACTION"];
    let remark = |line: &&str| ["--", "/*", "#"].iter().any(|mark| line.starts_with(mark));
    let mut lines = lines.skip_while(remark);
    let Some(first) = lines.next().filter(|first| STATEMENTS.iter().any(|statement| begins(first, statement))) else { return false };
    std::iter::once(first).chain(lines).take(500).any(|line| {
        begins(line, "INSERT INTO ") && line.to_ascii_uppercase().contains("VALUES") || begins(line, "COPY ") && line.ends_with("stdin;")
    })
}

/// A list or tuple of tuples, as Python writes it, with or without a name before it.
fn is_code<'a>(mut lines: impl Iterator<Item = &'a str>) -> bool {
    let Some(first) = lines.next() else { return false };
    let list = match first.split_once('=') {
        Some((name, list)) if !name.trim().is_empty() && name.trim().chars().all(|c| c.is_alphanumeric() || c == '_') => list.trim(),
        _ => first,
    };
    if ["('", "(\"", "{'"].iter().any(|start| list.starts_with(start)) && (list.ends_with("),") || list.ends_with("},")) {
        return true;
    }
    let Some(inside) = list.strip_prefix(['[', '(']) else { return false };
    let begin = if inside.trim().is_empty() { lines.next().unwrap_or_default() } else { inside.trim() };
    ["('", "(\"", "['", "[\""].iter().any(|start| begin.starts_with(start))
}

fn is_page<'a>(mut lines: impl Iterator<Item = &'a str>) -> bool {
    lines.next().is_some_and(|first| ["<!doctype", "<html", "<table", "<?xml"].iter().any(|start| begins(first, start)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_table_is_told() {
        for (text, what) in [
            ("-- dump\n\nCREATE TABLE a (x int);\nINSERT INTO a VALUES (1, 'x');\n", "SQL"),
            ("insert into `a` (x, y) values (1, 'x'), (2, 'y');\n", "SQL"),
            ("SET search_path = public;\nCOPY a (x, y) FROM stdin;\n1\tx\n\\.\n", "SQL"),
            ("[('a text', 'x'),\n ('b', 'y')]\n", "source code"),
            ("data = [\n    (\"a text\", \"x\"),\n]\n", "source code"),
            ("('a text', 'x'),\n('b', 'y'),\n", "source code"),
            ("{'text': 'a', 'label': 'x'},\n", "source code"),
            ("<!DOCTYPE html>\n<html>\n", "page"),
            ("<?xml version=\"1.0\"?>\n<rows/>\n", "page"),
        ] {
            let told = told("a.txt", text).expect(text).to_string();
            assert!(told.starts_with("a.txt is ") && told.contains(what), "{text}: {told}");
        }
        for text in [
            "text,label\na,b\n",
            "Create a playlist,music\nInsert into it,music\n",
            "Set an alarm,alarm\nuse INSERT INTO to add values,sql\n",
            "(a) the first,x\n(b) the second,y\n",
            "[laughs] well,x\n",
            "<b>bold</b>\tx\n",
            "",
        ] {
            assert_eq!(told("a.txt", text), None, "{text}");
        }
    }
}
