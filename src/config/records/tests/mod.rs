//! What is read from each form, and the words for what is not.

mod properties;
mod tables;
mod zones;

use super::*;

/// The names with their values, one a line; what was passed over at the end.
fn read(text: &str) -> Result<String, String> {
    let file = records(text, "f").map_err(|error| told(&error))?;
    let mut lines: Vec<String> = file.wanted.iter().map(shown).collect();
    if !file.passed_over.is_empty() {
        lines.push(format!("- {}", file.passed_over));
    }
    Ok(lines.join("\n"))
}

fn shown(wanted: &Wanted) -> String {
    let values: Vec<String> = wanted
        .values
        .iter()
        .map(|value| match value {
            Value::V4(v4) => v4.to_string(),
            Value::V6(v6) => v6.to_string(),
            Value::Alias(name) => name.to_string(),
        })
        .collect();
    format!("{}:{} {}{}", wanted.line, wanted.name, if wanted.bare { "? " } else { "" }, values.join(" "))
}

fn told(error: &RecordsError) -> String {
    let hints: String = error.hints().iter().map(|hint| format!("\nhint: {hint}")).collect();
    format!("{error}{hints}")
}

fn refusal(text: &str) -> String {
    read(text).expect_err(text)
}

/// Each refusal begins with a place, and says something.
fn refuses(list: &[(&str, &str, &str)]) {
    for (text, place, part) in list {
        let told = refusal(text);
        assert!(told.starts_with(&format!("f{place}: ")), "{text:?}: not at {place}: {told}");
        assert!(told.contains(part), "{text:?}: `{part}` is not in {told}");
    }
}

#[test]
fn yaml_is_a_list_under_records() {
    let text = "\
# the move of 1 December
records:
  - name: Example.com
    expect: 203.0.113.7
  - {name: www.example.com, type: CNAME, value: example.com}
  - name: mail.example.com.
    type: a
    expect: [203.0.113.7, 203.0.113.8]
  - name: mail.example.com
    type: AAAA
    expect: 2001:db8::7
  - name: bare.example.com
";
    assert_eq!(
        read(text).unwrap(),
        "3:example.com 203.0.113.7\n5:www.example.com example.com\n\
         6:mail.example.com 203.0.113.7 203.0.113.8 2001:db8::7\n12:bare.example.com ? "
    );
    assert_eq!(records(text, "f").unwrap().format, Format::Yaml);
}

#[test]
fn mistakes_in_yaml_are_shown_where_they_stand() {
    assert_eq!(
        refusal("records:\n  - name: a.example\n    expcet: 192.0.2.7\n"),
        "f:3:5: unknown key `expcet`; allowed: name, type, expect, value\n  |\n3 |     expcet: 192.0.2.7\n  \
         |     ^\nhint: it was read as YAML, since line 1 is a key of YAML"
    );
    let entry = |rest: &str| format!("records:\n  - name: a.example\n{rest}");
    refuses(&[
        ("records: []\n", "", "the list of records is empty"),
        ("---\n", ":1:4", "`key: value`"),
        ("record:\n  - name: a\n", ":1:1", "unknown key `record`; allowed: records"),
        ("records: 7\n", ":1:10", "a list is expected here"),
        ("- name: a.example\n", ":1:1", "`key: value`"),
        ("records:\n  - expect: 192.0.2.7\n", ":2:5", "`name` is missing"),
        (&entry("    expect: 192.0.2.300\n"), ":3:13", "four numbers"),
        (&entry("    expect: [192.0.2.7, 192.0.2]\n"), ":3:25", "four numbers"),
        (&entry("    expect: 10\n"), ":3:13", "four numbers"),
        (&entry("    expect:\n"), ":3:11", "`expect` is empty"),
        (&entry("    expect: []\n"), ":3:13", "`expect` is empty"),
        (&entry("    expect: {a: b}\n"), ":3:13", "one value, or a list"),
        (
            &entry("    type: MX\n    expect: 192.0.2.7\n"),
            ":3:11",
            "unknown type `MX`; allowed: A, AAAA, CNAME",
        ),
        (&entry("    type: AAAA\n    expect: 192.0.2.7\n"), ":4:13", "no value of type AAAA"),
        (&entry("    type: A\n"), ":3:11", "a type without `expect`"),
        (&entry("    expect: 192.0.2.7\n    value: 192.0.2.8\n"), ":4:12", "give one of them"),
        ("records:\n  - name: '*.example.com'\n    expect: 192.0.2.7\n", ":2:11", "www.example.com"),
        ("records:\n  - name: https://a.example/\n    expect: 192.0.2.7\n", ":2:11", "not a URL: a.example"),
        ("records:\n  - name: 192.0.2.7\n", ":2:11", "is an address"),
    ]);
}

#[test]
fn a_list_has_one_name_a_line() {
    let text = "# moved tonight\n\nexample.com\n  www.example.com=203.0.113.7  # the shop\nwww.example.com=203.0.113.8\n\
                api.example.com=example.com\nexample.com=203.0.113.7\n";
    assert_eq!(
        read(text).unwrap(),
        "3:example.com ? 203.0.113.7\n4:www.example.com 203.0.113.7 203.0.113.8\n6:api.example.com example.com"
    );
    refuses(&[
        ("a.example\nb.example=192.0.2\n", ":2:11", "four numbers"),
        ("a.example\n  b.example=\n", ":2:13", "empty"),
        ("a.example\n=192.0.2.7\n", ":2:1", "empty"),
        ("a.example\n*.example.com=192.0.2.7\n", ":2:1", "hint: give a name that it covers: www.example.com"),
        ("a.example 192.0.2.7\n", ":1:1", "hint: a.example=192.0.2.7"),
        ("a.example,192.0.2.7\n", ":1:1", "more than one name"),
        ("a.example\nb.example c.example d.example\n", ":2:1", "one NAME or NAME=VALUE a line"),
        ("a.example\n192.0.2.7\n", ":2:1", "is an address"),
        ("Dear all, tonight we move\n", ":1:1", "it was read as a list with one name a line"),
    ]);
}

#[test]
fn a_name_with_a_cname_has_nothing_else() {
    refuses(&[
        (
            "a.example=b.example\na.example=192.0.2.7\n",
            ":2:11",
            "a.example has a CNAME on line 1, and an address here",
        ),
        ("a.example=192.0.2.7\nA.example.=b.example\n", ":2:12", "an address on line 1, and a CNAME here"),
        (
            "a.example=b.example\na.example=c.example\n",
            ":2:11",
            "a CNAME to b.example on line 1, and another one",
        ),
        ("$ORIGIN a.example.\n@ A 192.0.2.7\nx A 192.0.2.7\n@ CNAME x\n", ":4:9", "an address on line 2"),
    ]);
    assert_eq!(read("a.example=b.example\na.example=B.example.\n").unwrap(), "1:a.example b.example");
}

#[test]
fn what_is_no_list_is_told_so() {
    let forms = "hint: what is read: YAML";
    for text in ["", "\n\n", "# nothing\n", "   \r\n"] {
        let told = refusal(text);
        assert!(told.contains("there is nothing in it") && told.contains(forms), "{told}");
    }
    let tabless = refusal("Name      TTL    Type   Record\na.example. 14400  A  192.0.2.7\n");
    assert!(tabless.contains("the tabs between its cells are gone"), "{tabless}");
    assert!(refusal("a.example\n\0\n").contains("line 2 has a byte of value 0"));
    let long = format!("{}\n", "x".repeat(MAX_RECORDS_BYTES));
    assert_eq!(refusal(&long).lines().next(), Some("f: larger than 8 MiB, which no list of records is"));
    let one = refusal(&"x".repeat(MAX_RECORDS_BYTES));
    assert!(one.contains("too long") && one.len() < 1500, "{}", one.len());
}

#[test]
fn bytes_that_are_no_text_are_told_so() {
    let of = |bytes: &[u8]| records_of(bytes, "f").map(|_| ()).map_err(|error| told(&error)).unwrap_err();
    assert!(of(b"\xff\xfea\0.\0").contains("UTF-16"));
    assert!(of(b"a.example\nb\xfccher.example\n").contains("line 2 is not text in UTF-8"));
    assert!(of(b"\x7fELF\x02\x01\x01\0\0\xff\n").contains("this is no text"));
    assert!(of(&vec![b'a'; 10 << 20]).contains("larger than 8 MiB"));
    let marked =
        records_of(b"\xef\xbb\xbfrecords:\r\n  - name: a.example\r\n    expect: 192.0.2.7\r\n", "f").unwrap();
    assert_eq!((marked.format, marked.wanted.len()), (Format::Yaml, 1));
    let crlf = records_of(b"\xef\xbb\xbfa.example=192.0.2.7\r\nb.example\r\n", "f").unwrap();
    assert_eq!(
        crlf.wanted.iter().map(shown).collect::<Vec<_>>(),
        ["1:a.example 192.0.2.7", "2:b.example ? "]
    );
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let nowhere = std::env::temp_dir().join("propwatch-no-such-records.yaml");
    let error = load_records(&nowhere).unwrap_err();
    assert!(error.to_string().contains("propwatch-no-such-records.yaml"), "{error}");
    assert!(load_records(&std::env::temp_dir()).is_err());
}
