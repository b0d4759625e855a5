//! Rows of every form come out as they went in, with columns behind them.

use std::fs;

use serde_json::Value;
use stack::place::Scratch;
use stack::whole::{Ports, RunningLab};

use super::{bulk, err, names, run, verify};

const COLUMNS: &str = "rcpt_status,rcpt_reason,rcpt_about,rcpt_normalized,rcpt_suggestion,rcpt_disposable,rcpt_free,rcpt_role,rcpt_relay,\
    rcpt_accept_all,rcpt_operator,rcpt_code,rcpt_enhanced,rcpt_as_of,rcpt_error";

/// A row's octets before its added columns, and the reason or fault behind.
fn cut<'a>(row: &'a str, raw: &str) -> (&'a str, &'a str) {
    let behind = row.strip_prefix(raw).expect(row).strip_prefix(',').expect(row);
    let reason = behind.split(',').nth(1).expect(row);
    let fault = behind.trim_start_matches(',').trim_matches('"');
    (reason, fault)
}

#[test]
fn ok_columns_are_intact_and_rows_in_order() {
    let (folder, lab) = (Scratch::new("bulk").expect("a folder"), RunningLab::start(Ports::default()).expect("a lab"));
    let rows = [
        ("1,ada@accepts.example,\"Ada, \"\"C\"\"\"", "mailbox_accepted"),
        ("2,\"ghost@accepts.example\",", "mailbox_not_found"),
        ("3, Ada@ACCEPTS.example ,x\0y", "mailbox_accepted"),
        ("4,ada@null-mx.example,\"two\nlines\"", "domain_accepts_no_mail"),
        ("5,no address,z", "syntax_invalid"),
        ("6,mailbox_full@rcpt.test,z", "mailbox_full"),
        ("7,ada@nowhere.invalid,z", "domain_not_found"),
    ];
    let list = format!("\u{feff}id,e-mail,note\r\n{}\n", rows.map(|(raw, _)| raw).join("\r\n"));
    let (out, output) = verify(&folder, list.as_bytes(), &[], Some(&lab));
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let found: Vec<&str> = out.split("\r\n").collect();
    assert_eq!(found[0], format!("\u{feff}id,e-mail,note,{COLUMNS}"));
    assert_eq!(found.len(), rows.len() + 1);
    for (row, (raw, reason)) in found[1..].iter().zip(rows) {
        assert_eq!(cut(row, raw).0, reason, "{row}");
    }
    assert!(out.ends_with(",\n") && err(&output).contains("7 rows: 2 deliverable, 1 risky, 4 undeliverable, 0 unknown, 0 without"));
    assert_eq!(names(&folder), ["in", "out"], "nothing else is left");
}

#[test]
fn err_bad_rows_are_carried_through_with_their_reason() {
    let folder = Scratch::new("bulk").expect("a folder");
    let long = "x".repeat(5 * 1024 * 1024);
    let rows = [
        ("1,a@x.example,n", None),
        ("2,\"a@x.example,n", Some("expected a delimiter behind a closing quotation mark, found something else")),
        ("3,\"a\"b@x.example,n", Some("expected a delimiter behind a closing quotation mark, found something else")),
        ("4,a,b@x.example,n", Some("expected 3 fields, found 4 fields")),
        ("5,,n", Some("expected an address, found nothing")),
        ("6", Some("expected 3 fields, found 1 field")),
        (&*format!("7,{long},n"), Some("expected a row of at most 4 MiB, found a longer one")),
        ("8,z@x.example,n", None),
        ("9,\"z@x.example,n", Some("expected a closing quotation mark, found none")),
    ];
    let list = format!("id,email,note\n{}", rows.map(|(raw, _)| raw).join("\n"));
    let (out, output) = verify(&folder, list.as_bytes(), &["--level", "syntax"], None);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let found: Vec<&str> = out.split('\n').skip(1).collect();
    assert_eq!(found.len(), rows.len());
    for (row, (raw, expected)) in found.iter().zip(rows) {
        let (reason, fault) = cut(row, raw);
        match expected {
            Some(expected) => assert_eq!((reason, fault), ("", expected)),
            None => assert_eq!(reason, "not_probed"),
        }
    }
    assert!(err(&output).contains("9 rows: 0 deliverable, 0 risky, 0 undeliverable, 2 unknown, 7 without"), "{}", err(&output));
}

#[test]
fn ok_ten_thousand_columns_and_duplicate_headers() {
    let folder = Scratch::new("bulk").expect("a folder");
    let list = format!("{}email\n{}a@x.example\n", "c,".repeat(10_000), ",".repeat(10_000));
    let (out, output) = verify(&folder, list.as_bytes(), &["--level", "syntax"], None);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(out.lines().zip(list.lines()).all(|(found, raw)| found.starts_with(raw)) && out.contains(",not_probed,"));
    let twice = format!("email,email,{COLUMNS}\na@x.example,b@x.example{}\n", ",".repeat(15));
    let (out, output) = verify(&folder, twice.as_bytes(), &["--level", "syntax", "--column", "2"], None);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(out.contains(",rcpt_status_2,") && out.contains(",b@x.example,"), "{out}");
    let (_, output) = verify(&folder, twice.as_bytes(), &["--level", "syntax", "--column", "email"], None);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("name it by its number"), "{}", err(&output));
}

#[test]
fn ok_other_delimiters_and_encodings() {
    let folder = Scratch::new("bulk").expect("a folder");
    let (out, output) = verify(&folder, b"J\xfcrgen;j@x.example\n", &["--level", "syntax", "--encoding", "windows-1252"], None);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(out.starts_with("Jürgen;j@x.example;unknown;not_probed;"), "{out}");
    let wide: Vec<u8> = "\u{feff}a@x.example\tü\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (out, _) = verify(&folder, &wide, &["--level", "syntax"], None);
    assert!(out.starts_with("a@x.example\tü\tunknown\t"), "{out}");
    let (out, _) = verify(&folder, b"\xff\xfd,a@x.example\n", &["--level", "syntax", "--header", "no"], None);
    let kept = fs::read(folder.path().join("out")).expect("read");
    assert!(kept.starts_with(b"\xff\xfd,a@x.example,unknown,"), "what is no text is carried through: {out}");
}

#[test]
fn ok_objects_and_plain_lines_from_standard_input_to_standard_output() {
    let (folder, lab) = (Scratch::new("bulk").expect("a folder"), RunningLab::start(Ports::default()).expect("a lab"));
    let piped = |input: &[u8]| {
        let mut command = bulk(&folder, &["-", "-o", "-", "--lab"]);
        command.envs(lab.settings());
        let output = run(command, input);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let out = piped(b"{\"email\":\"ada@accepts.example\",\"n\":1.50}\n{ }\nfoo \"bar\"\n\n{\"E-Mail\":\"ghost@accepts.example\"}");
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap_or(Value::Null)).collect();
    assert!(out.starts_with("{\"email\":\"ada@accepts.example\",\"n\":1.50,\"rcpt\":{\"status\":\"deliverable\","), "{out}");
    assert_eq!(lines[1]["rcpt"]["error"], "expected a member email, found none");
    assert_eq!((lines[2]["line"].as_str(), lines[2]["rcpt"]["error"].is_string()), (Some("foo \"bar\""), true));
    assert_eq!((&lines[3], lines[4]["rcpt"]["reason"].as_str()), (&Value::Null, Some("mailbox_not_found")));
    let out = piped(b"\"ada lovelace\"@accepts.example\nghost@accepts.example");
    let lines: Vec<&str> = out.lines().collect();
    assert!(lines[0].starts_with("\"\"\"ada lovelace\"\"@accepts.example\",deliverable,mailbox_accepted,"), "{out}");
    assert!(lines[1].starts_with("ghost@accepts.example,undeliverable,mailbox_not_found,"), "{out}");
    assert!(names(&folder).is_empty());
}

#[test]
fn err_use_that_cannot_be_meant() {
    let folder = Scratch::new("bulk").expect("a folder");
    for (list, arguments, part) in [
        ("id,name\n1,x\n", &["--level", "syntax"][..], "no column of addresses was found"),
        ("email\na@x.example\n", &["--level", "syntax", "--encoding", "klingon"], "expected an encoding"),
        ("email\na@x.example\n", &["--level", "syntax", "--delimiter", "ab"], "expected one ASCII character"),
        ("email\na@x.example\n", &["--level", "syntax", "--column", "mail"], "expected one of \"email\""),
        ("[\"a@x.example\"]", &["--level", "syntax"], "found a JSON array"),
        ("{\"emails\":[\"a@x.example\"]}", &["--level", "syntax"], "expected JSON lines, an object with an address in each"),
        ("PK\u{3}\u{4}a@x.example", &["--level", "syntax", "--format", "lines"], "found a ZIP archive, such as an .xlsx"),
    ] {
        let (out, output) = verify(&folder, list.as_bytes(), arguments, None);
        assert_eq!((output.status.code(), &*out), (Some(2), ""), "{arguments:?}");
        assert!(err(&output).contains(part), "{}", err(&output));
    }
    let output = run(bulk(&folder, &["absent", "-o", "out", "--level", "syntax"]), b"");
    assert!(output.status.code() == Some(1) && err(&output).contains("absent"), "{}", err(&output));
    let output = run(bulk(&folder, &["-", "-o", "-", "--resume", "--level", "syntax"]), b"");
    assert!(output.status.code() == Some(2) && err(&output).contains("expected a file for -o"), "{}", err(&output));
}

#[test]
fn err_an_output_that_would_take_the_place_of_something_else() {
    let folder = Scratch::new("bulk").expect("a folder");
    let at = |name: &str| folder.path().join(name);
    fs::write(at("list"), "email\na@x.example\n").expect("written");
    fs::hard_link(at("list"), at("link")).expect("a link");
    fs::write(at("new.part"), "email\na@x.example\n").expect("written");
    fs::create_dir(at("folder")).expect("a folder");
    let pipe = std::process::Command::new("mkfifo").arg(at("pipe")).status().expect("mkfifo");
    assert!(pipe.success());
    let before = names(&folder);
    for (input, output, part) in [
        ("list", "list", "expected another file than the list"),
        ("list", "link", "expected another file than the list"),
        ("new.part", "new", "expected another file than the list"),
        ("list", "folder", "expected a file"),
        ("list", "pipe", "give - and redirect it"),
        ("list", "nowhere/out", "-o: expected the folder nowhere, found none"),
        ("-", "nowhere/out", "-o: expected the folder nowhere, found none"),
        ("list", "list/out", "-o: expected the folder list, found something else"),
    ] {
        let run = run(bulk(&folder, &[input, "-o", output, "--level", "syntax"]), b"");
        assert!(run.status.code() == Some(2) && err(&run).contains(part), "{input} {output}: {}", err(&run));
    }
    assert_eq!(names(&folder), before);
    assert_eq!(fs::read_to_string(at("new.part")).expect("read"), "email\na@x.example\n");
}

#[test]
fn ok_an_output_that_is_there_is_replaced_by_the_word_alone() {
    let folder = Scratch::new("bulk").expect("a folder");
    let at = |name: &str| folder.path().join(name);
    fs::write(at("list"), "a@x.example\n").expect("written");
    fs::write(at("out"), "an evening's work\n").expect("written");
    let write = |arguments: &[&str]| run(bulk(&folder, &[&["list", "--level", "syntax", "-o"], arguments].concat()), b"");
    let refused = write(&["out"]);
    assert!(
        refused.status.code() == Some(2) && err(&refused).contains("out is there already") && err(&refused).contains("--force"),
        "{}",
        err(&refused)
    );
    let done = write(&["out", "--resume"]);
    assert!(done.status.code() == Some(0) && err(&done).contains("nothing to do"), "{}", err(&done));
    assert_eq!(fs::read_to_string(at("out")).expect("read"), "an evening's work\n");
    assert_eq!(write(&["out", "--force"]).status.code(), Some(0));
    assert!(fs::read_to_string(at("out")).expect("read").starts_with("a@x.example,unknown,"));
    fs::write(at("empty"), "").expect("written");
    assert_eq!(write(&["empty"]).status.code(), Some(0), "an empty file is nothing that could be lost");
    assert_eq!(names(&folder), ["empty", "list", "out"]);
}

#[test]
fn ok_an_output_that_is_a_link_is_written_where_it_leads() {
    use std::os::unix::fs::symlink;
    let folder = Scratch::new("bulk").expect("a folder");
    let at = |name: &str| folder.path().join(name);
    fs::write(at("list"), "a@x.example\n").expect("written");
    fs::create_dir(at("far")).expect("a folder");
    symlink("far/answers", at("middle")).expect("a link");
    symlink("middle", at("out")).expect("a link");
    let write = |arguments: &[&str]| run(bulk(&folder, &[&["list", "--level", "syntax", "-o"], arguments].concat()), b"");
    assert_eq!(write(&["out"]).status.code(), Some(0), "what it leads to need not be there");
    let written = || fs::read_to_string(at("far/answers")).expect("read");
    assert!(written().starts_with("a@x.example,unknown,"));
    let refused = write(&["out"]);
    assert!(refused.status.code() == Some(2) && err(&refused).contains("far/answers is there already"), "{}", err(&refused));
    fs::write(at("far/answers"), "old\n").expect("written");
    assert_eq!(write(&["out", "--force"]).status.code(), Some(0));
    assert!(written().starts_with("a@x.example,unknown,"));
    for link in ["out", "middle"] {
        assert!(fs::symlink_metadata(at(link)).is_ok_and(|about| about.is_symlink()), "{link} is a link still");
    }
    assert_eq!(
        (names(&folder), fs::read_dir(at("far")).expect("a folder").count()),
        (vec!["far".into(), "list".into(), "middle".into(), "out".into()], 1)
    );
    symlink("b", at("a")).expect("a link");
    symlink("a", at("b")).expect("a link");
    let circle = write(&["a"]);
    assert!(circle.status.code() == Some(2) && err(&circle).contains("circle"), "{}", err(&circle));
    symlink("list", at("to-list")).expect("a link");
    let own = write(&["to-list", "--force"]);
    assert!(own.status.code() == Some(2) && err(&own).contains("another file than the list"), "{}", err(&own));
}

#[test]
fn ok_another_format_than_the_list_s() {
    let folder = Scratch::new("bulk").expect("a folder");
    let written = |list: &[u8], format: &str| {
        let (out, output) = verify(&folder, list, &["--level", "syntax", "--output-format", format], None);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        out
    };
    let long = "\u{20ac}".repeat(3 * 1024 * 1024);
    let out = written(format!("\u{feff}id,email\n1,nobody\n22,{long}\n\n3,a@x.example").as_bytes(), "jsonl");
    let rows: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(rows.len() == 3 && out.ends_with("}\n"), "{} rows", rows.len());
    assert_eq!((rows[0]["id"].as_str(), rows[0]["rcpt"]["reason"].as_str()), (Some("1"), Some("syntax_invalid")));
    assert!(rows[1]["line"].as_str().is_some_and(|line| line == format!("22,{long}")), "a row that is too long is a line, whole");
    assert_eq!((rows[2]["email"].as_str(), rows[2]["rcpt"]["reason"].as_str()), (Some("a@x.example"), Some("not_probed")));
    let out = written(b"{\"email\":\"a@x.example\"}\n", "csv");
    assert!(out.starts_with("email,rcpt_status,") && out.contains("\na@x.example,unknown,not_probed,"), "{out}");
}
