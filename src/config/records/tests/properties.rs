//! What holds of every text.

use proptest::prelude::*;

use super::super::*;
use super::shown;

/// A name with its expected addresses, or its alias.
fn wanted() -> impl Strategy<Value = (String, Vec<Value>)> {
    let name = "[a-z][a-z0-9-]{0,10}[a-z0-9](\\.[a-z]{2,8}){1,2}";
    let values = prop_oneof![
        prop::collection::btree_set(any::<u32>(), 1..4)
            .prop_map(|set| set.into_iter().map(|bits| Value::V4(bits.into())).collect::<Vec<_>>()),
        prop::collection::btree_set(any::<u128>(), 1..3)
            .prop_map(|set| set.into_iter().map(|bits| Value::V6(bits.into())).collect()),
        "[a-z]{1,8}\\.[a-z]{2,4}".prop_map(|name| vec![Value::Alias(Name::parse(&name).unwrap())]),
    ];
    (name, values)
}

fn of(value: &Value) -> (&'static str, String) {
    match value {
        Value::V4(v4) => ("A", v4.to_string()),
        Value::V6(v6) => ("AAAA", v6.to_string()),
        Value::Alias(name) => ("CNAME", format!("{name}.")),
    }
}

/// The same records in each of the forms.
fn written(format: Format, all: &[(String, Vec<Value>)]) -> String {
    let mut text = match format {
        Format::Yaml => "records:\n".to_owned(),
        Format::Zone => "$ORIGIN .\n".to_owned(),
        Format::Table => "Name\tTTL\tType\tRecord\tActions\n".to_owned(),
        Format::Lines => "# a list\n".to_owned(),
    };
    for (name, values) in all {
        if format == Format::Yaml {
            let list: Vec<String> = values.iter().map(|value| format!("'{}'", of(value).1)).collect();
            text.push_str(&format!("  - {{name: {name}, expect: [{}]}}\n", list.join(", ")));
            continue;
        }
        for value in values {
            let (rtype, value) = of(value);
            text.push_str(&match format {
                Format::Zone => format!("{name} 60 IN {rtype} {value} ; x\n"),
                Format::Table => format!("{name}.\t14400\t{rtype}\t{value}\tEdit Delete\n"),
                _ => format!("{name}={value}\n"),
            });
        }
    }
    text
}

const FORMATS: [Format; 4] = [Format::Yaml, Format::Zone, Format::Table, Format::Lines];

/// Pieces that one of the forms has a meaning for.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec![
            "\n", "\t", " ", "(", ")", "\"", ";", "\\", "@", "*", "=", "$ORIGIN ", "$TTL 5\n", "records:\n", "  - name: ",
            "    expect: ", "IN ", "A ", "AAAA ", "CNAME ", "MX ", "Name\tType\tRecord\n", "Name\tTTL\tType\tRecord\tActions\n",
            "\tA\t", "\tCNAME\t", "a.example.", "www", "*.a.example.", "192.0.2.7", "2001:db8::7", "\r\n", "# x\n", "[", "]",
            "&a ", "*a ", "---\n", "\u{feff}", "é", ".", "-", "Edit\tDelete\n",
        ]).prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(all in prop::collection::vec(wanted(), 1..20)) {
        let mut seen = std::collections::BTreeSet::new();
        let all: Vec<_> = all.into_iter().filter(|(name, _)| seen.insert(name.clone())).collect();
        for format in FORMATS {
            let text = written(format, &all);
            let file = records(&text, "f").map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
            prop_assert_eq!(file.format, format);
            prop_assert!(file.passed_over.is_empty());
            let back: Vec<_> = file.wanted.iter().map(|w| (w.name.to_string(), w.values.clone())).collect();
            prop_assert_eq!(&back, &all, "{}", text);
        }
    }

    #[test]
    fn a_mistake_is_told_with_its_line(
        all in prop::collection::vec(wanted(), 1..20), place in any::<prop::sample::Index>(), format in 0usize..4,
    ) {
        let text = written(FORMATS[format], &all);
        let mut lines: Vec<&str> = text.lines().collect();
        let at = 1 + place.index(lines.len());
        let bad = match FORMATS[format] {
            Format::Yaml => "  - {name: a.example, expect: 192.0.2.256}",
            Format::Zone => "a.example 60 IN A 192.0.2.256",
            Format::Table => "a.example.\t14400\tA\t192.0.2.256\tEdit Delete",
            Format::Lines => "a.example=192.0.2.256",
        };
        lines.insert(at, bad);
        let error = records(&lines.join("\n"), "f").unwrap_err();
        // Names can repeat in what was written, and then the first mistake may be another one.
        if error.to_string().contains("256") {
            prop_assert_eq!(error.line(), Some(at + 1), "{}", error);
        } else {
            prop_assert!(error.to_string().contains("CNAME"), "{}", error);
        }
    }

    #[test]
    fn no_bytes_are_too_odd(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Err(error) = records_of(&bytes, "f") {
            prop_assert!(error.to_string().len() < 4000);
        }
    }

    #[test]
    fn no_text_is_too_odd(pieces in prop::collection::vec(piece(), 0..40)) {
        let text = pieces.concat();
        match records(&text, "f") {
            Ok(file) => {
                prop_assert!(!file.wanted.is_empty());
                let lines = text.lines().count();
                for wanted in &file.wanted {
                    prop_assert!(wanted.bare || !wanted.values.is_empty(), "{}", shown(wanted));
                    prop_assert!((1..=lines).contains(&wanted.line), "{}", shown(wanted));
                    prop_assert!(!wanted.name.as_str().starts_with("*."));
                }
            }
            Err(error) => {
                let told = error.to_string();
                prop_assert!(!told.chars().any(|c| c.is_control() && c != '\n'), "{told:?}");
                prop_assert!(error.line().is_none_or(|line| line <= text.lines().count() + 1), "{told}");
            }
        }
    }
}
