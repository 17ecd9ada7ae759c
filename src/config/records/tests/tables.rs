//! Tables copied from a Zone Editor.

use super::super::{Format, records};
use super::{read, refuses};

const PLAIN: &str = "\
Name\tTTL\tType\tRecord\tActions
example.com.\t14400\tA\t203.0.113.7\t Edit  Delete
www.example.com.\t14400\tCNAME\texample.com.\t Edit  Delete
mail.example.com.\t14400\tAAAA\t2001:db8::7\t Edit  Delete
example.com.\t14400\tMX\tPriority: 0
Destination: example.com.\t Edit  Delete
default._domainkey.example.com.\t14400\tTXT\tv=DKIM1; k=rsa; p=MIIB\t Edit  Delete
*.example.com.\t14400\tA\t203.0.113.7\t Edit  Delete
";
const GIVES: &str = "2:example.com 203.0.113.7\n3:www.example.com example.com\n4:mail.example.com 2001:db8::7\n\
    - 1 MX, 1 TXT, 1 wildcard";

#[test]
fn a_copied_table_gives_its_rows() {
    assert_eq!(read(PLAIN).unwrap(), GIVES);
    assert_eq!(records(PLAIN, "f").unwrap().format, Format::Table);
    // A box to tick in front, signs for sorting, text of the page before and behind, other ends of lines.
    let dressed = PLAIN.replace('\n', "\r\n").replace("Name\tTTL", "Name ▲\tTTL ▼");
    assert_eq!(read(&dressed).unwrap(), GIVES);
    let page = format!(
        "Zone Records for \"example.com\"\nFilter: All\tA\tAAAA\n{PLAIN}Total Items: 6\n\nCopyright\n"
    );
    let told = read(&page).unwrap();
    assert!(told.starts_with("4:example.com 203.0.113.7\n5:www"), "{told}");
    let boxed: String = PLAIN.lines().map(|line| format!("\t{line}\n")).collect();
    assert_eq!(read(&boxed).unwrap(), GIVES);
}

#[test]
fn columns_may_be_missing() {
    let three = "Name\tType\tRecord\na.example.\tA\t192.0.2.7\nb.example.\tNS\tns1.a.example.\nc.example\tCNAME\ta.example\n";
    assert_eq!(read(three).unwrap(), "2:a.example 192.0.2.7\n4:c.example a.example\n- 1 NS");
    let four = "Name\tTTL\tType\tRecord\t\na.example.\t1\tA\t192.0.2.7\t\nb.example.\t1\tA\t192.0.2.8\t\n";
    assert_eq!(read(four).unwrap(), "2:a.example 192.0.2.7\n3:b.example 192.0.2.8");
}

#[test]
fn rows_that_are_broken_over_lines_are_whole_again() {
    // As a browser copies cells that hold blocks: each on lines of its own.
    let blocks = "\
Name
\tTTL
\tType
\tRecord
\tActions
example.com.
\t14400
\tA
\t203.0.113.7
\tEdit
Delete
www.example.com.
\t14400
\tCNAME
\texample.com.
\tEdit
Delete
example.com.
\t14400
\tSRV
\tPriority: 1
Weight: 0
Port: 443
Target: example.com.
\tEdit
Delete
a-long-name-\nof.a.customer.\nexample.com.
\t14400
\tAAAA
\t2001:db8:1111:2222:3333:4444:
5555:6666
\tEdit
Delete
";
    assert_eq!(
        read(blocks).unwrap(),
        "6:example.com 203.0.113.7\n12:www.example.com example.com\n\
         27:a-long-name-of.a.customer.example.com 2001:db8:1111:2222:3333:4444:5555:6666\n- 1 SRV"
    );
}

#[test]
fn rows_that_make_no_sense_are_refused_with_their_line() {
    let row = |rest: &str| {
        format!("Name\tTTL\tType\tRecord\tActions\na.example.\t1\tA\t192.0.2.7\tEdit\n{rest}\tEdit\n")
    };
    refuses(&[
        (&row("b.example.\t1\tA\t192.0.2.300"), ":3:16", "an A record has an IPv4 address"),
        (&row("b.example.\t1\tA\t"), ":3:14", "this A row has no value"),
        (&row("b.example.\t1\tFROB\tx"), ":3:14", "`FROB` is no type of record"),
        (&row("www\t1\tA\t192.0.2.7"), ":3:1", "not a whole name"),
        (&row("b b.example.\t1\tA\t192.0.2.7"), ":3:1", "the character ' '"),
        (&row("b.example.\t1\tCNAME\tvery\nlong.example."), ":4:1", "broken over several lines"),
        (&row("a.example.\t1\tCNAME\tb.example."), ":3:20", "an address on line 2, and a CNAME here"),
        ("Name\tTTL\tType\tRecord\n", "", "no A, AAAA or CNAME record in it"),
    ]);
}
