use super::*;
use crate::bulk::dialect::Wishes;

/// Every row as `content`, read octet by octet at the worst.
fn rows_of(list: &[u8], dialect: &Dialect) -> Vec<String> {
    let mut rows = Rows::new(list, dialect);
    let (mut found, mut copy) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next().expect("memory can be read") {
        copy.extend_from_slice(row.raw);
        copy.extend_from_slice(row.end);
        found.push(match row.content {
            Content::Header => "header".to_owned(),
            Content::Blank => "blank".to_owned(),
            Content::Rest => "rest".to_owned(),
            Content::Address(text) => text.into_owned(),
            Content::Fault(fault) => format!("! {fault}"),
        });
    }
    let mark = rows.mark().expect("memory can be read").len();
    assert!(copy == list[mark..], "every octet is carried through");
    found
}

fn csv(list: &[u8]) -> Vec<String> {
    let dialect = Dialect::find(list, &Wishes::default()).expect("a dialect");
    rows_of(list, &dialect)
}

#[test]
fn ok_rows_of_every_line_end() {
    let found = csv(b"\xef\xbb\xbfid,email\r\n1,a@x.example\n2,b@x.example\r\"3\",\"c@x.example\"\r\n\r\n4, d@x.example ");
    assert_eq!(found, ["header", "a@x.example", "b@x.example", "c@x.example", "blank", "d@x.example"]);
}

#[test]
fn ok_quoted_fields_hold_delimiters_line_ends_and_quotation_marks() {
    let found = csv(b"note;email\n\"a;\nb\";\"\"\"ada l\"\"@x.example\"\nplain \"x\";e@x.example\n");
    assert_eq!(found, ["header", "\"ada l\"@x.example", "e@x.example"]);
}

#[test]
fn err_a_broken_row_is_one_line() {
    let found = csv(b"id,email\n1,a@x.example\n2,\"b@x.example\n3,\"c\"@x.example\n4,d@x.example,\n5\n6,\n7,g@x.example\n8,\"h");
    let after = "! expected a delimiter behind a closing quotation mark, found something else";
    let unclosed = "! expected a closing quotation mark, found none";
    assert_eq!(
        found,
        [
            "header",
            "a@x.example",
            after,
            after,
            "! expected 2 fields, found 3 fields",
            "! expected 2 fields, found 1 field",
            "! expected an address, found nothing",
            "g@x.example",
            unclosed
        ]
    );
}

#[test]
fn err_where_a_field_is_missing_before_the_address_nothing_is_asked() {
    let found = csv(b"id,email,note\n1,a@x.example,n\n2,b@x.example\nc@x.example,n\n");
    assert_eq!(found, ["header", "a@x.example", "b@x.example", "! expected 3 fields, found 2 fields"]);
}

#[test]
fn ok_octets_that_are_no_text() {
    assert_eq!(csv(b"id,email\n\0,a@x.example\n\xff,\xfe@x.example\n"), ["header", "a@x.example", "\u{fffd}@x.example"]);
}

#[test]
fn err_rows_without_end_come_in_pieces() {
    let mut list = b"id,email\n1,a@x.example\n2,".to_vec();
    list.extend(std::iter::repeat_n(b'x', 3 * MAX_ROW));
    list.extend_from_slice(b"\r\n3,c@x.example\n");
    let found = csv(&list);
    assert_eq!(found[..3], ["header", "a@x.example", "! expected a row of at most 4 MiB, found a longer one"]);
    assert!(found[3..found.len() - 1].iter().all(|piece| piece == "rest") && found.len() > 4);
    assert_eq!(found[found.len() - 1], "c@x.example");
}

#[test]
fn err_an_unclosed_quotation_mark_in_a_long_list() {
    let mut list = b"id,email\n1,\"a@x.example\n".to_vec();
    list.extend((0..50_000).flat_map(|n| format!("{n},user{n}@x.example\n").into_bytes()));
    let found = csv(&list);
    assert_eq!(found.len(), 50_002);
    assert!(found[1].starts_with('!') && found[2] == "user0@x.example");
}

#[test]
fn ok_ten_thousand_columns() {
    let names: Vec<String> = (0..10_000).map(|n| format!("c{n}")).collect();
    let list = format!("{},email\n{}a@x.example\n", names.join(","), ",".repeat(10_000));
    assert_eq!(csv(list.as_bytes()), ["header", "a@x.example"]);
}

#[test]
fn ok_objects_and_lines() {
    let list = b"{\"id\":1,\"E-Mail\":\"a@x.example\"}\n{\"id\":2}\n[]\n{\"email\":3}\n\n{\"address\":\"b@x.example\"}";
    let found = csv(list);
    assert_eq!(
        found,
        [
            "a@x.example",
            "! expected a member email, found none",
            "! expected a JSON object, found something else at column 0",
            "! expected the address as a string, found another value",
            "blank",
            "b@x.example"
        ]
    );
    assert_eq!(csv(b"\"ada l\"@x.example\n\"b,c\"@x.example"), ["\"ada l\"@x.example", "\"b,c\"@x.example"]);
}

#[test]
fn ok_a_field_full_of_quotation_marks_is_read_in_time() {
    let list = format!("email\n\"{}\"\na@x.example\n", "\"\"".repeat(1_500_000));
    let began = tokio::time::Instant::now();
    assert_eq!(csv(list.as_bytes()).last().map(String::as_str), Some("a@x.example"));
    // It takes a fraction of a second; where each quotation mark costs a look at all that was before it, minutes.
    assert!(began.elapsed() < std::time::Duration::from_secs(20), "{:?}", began.elapsed());
}
