//! Two gigabytes of rows as they should not be.

use std::fs::File;
use std::io::{BufWriter, Write as _};

use stack::place::Scratch;

use super::run::{command, to_the_end};

/// How long the list is, in octets.
const LENGTH: u64 = 2 * 1024 * 1024 * 1024;

/// How often each fault comes.
const EVERY: u64 = 5_000;

/// The `n`th row, and whether it can be asked about; `None` where it is blank.
fn row(n: u64, huge: &[u8], wide: &str) -> (Vec<u8>, Option<bool>) {
    let end = ["\n", "\r\n", "\r"][usize::try_from(n % 3).expect("few")];
    match n % EVERY {
        1 => ([b"huge@x.example,", huge, b",n,a\n"].concat(), Some(false)),
        2 => (format!("wide@x.example{wide}\r\n").into_bytes(), Some(false)),
        3 => (b"\"open@x.example,n,n,a\n".to_vec(), Some(false)),
        4 => (b"a@x.example,\"n\"n,n,a\r".to_vec(), Some(false)),
        5 => (b"\0@x.example,\0,\0,\0\n".to_vec(), Some(true)),
        6 => (b"\xff@x.example,\xfe,n,a\r\n".to_vec(), Some(true)),
        7 => (b"\n".to_vec(), None),
        _ => (format!("user{n}@x.example,Name {n},\"of {}\",a{end}", "no account, ".repeat(80)).into_bytes(), Some(true)),
    }
}

pub(crate) fn print() {
    let folder = Scratch::new("broken").expect("a folder");
    let mut list = BufWriter::new(File::create(folder.path().join("in")).expect("a file"));
    list.write_all(b"email,name,name,email\n").expect("written");
    let (huge, wide) = (vec![b'x'; 6 * 1024 * 1024], ",".repeat(10_000));
    let (mut length, mut rows, mut faults) = (0, 0_u64, 0_u64);
    for n in 0.. {
        let (row, sound) = row(n, &huge, &wide);
        list.write_all(&row).expect("written");
        length += row.len() as u64;
        rows += u64::from(sound.is_some());
        faults += u64::from(sound == Some(false));
        if length > LENGTH {
            break;
        }
    }
    drop(list.into_inner().expect("written"));
    let (cost, said) = to_the_end(command(folder.path(), None, &["--level", "syntax", "--column", "1"]));
    assert!(said.contains(&format!("{rows} rows: ")) && said.contains(&format!(", {faults} without a verdict")), "{said}");
    println!("{} MB with huge fields, 10,000 columns, open quotation marks, NUL, mixed line ends, duplicate headers:", length / 1_000_000);
    println!("  {rows} rows, {faults} of them broken, in {:.1} s; {} KB of memory at the most", cost.wall.as_secs_f64(), cost.memory);
}
