//! A run of twenty thousand addresses that is killed twenty times.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use stack::place::Scratch;
use stack::whole::{Ports, RunningLab};

use super::run::{command, heard, ratio, to_the_end};

const ADDRESSES: usize = 20_000;
const HOSTS: usize = 40;
const KILLS: u32 = 20;

fn list() -> String {
    let row = |n: usize| format!("user{n}@host{}.crowd-accepts.example\n", 1 + n % HOSTS);
    (0..ADDRESSES).map(row).collect()
}

/// The commands of one whole run in a lab of its own, killed so often at moments that no two runs share.
fn commands(kills: u32, whole: Duration) -> (usize, Duration) {
    let (folder, lab) = (Scratch::new("kills").expect("a folder"), RunningLab::with_crowd(Ports::default(), HOSTS).expect("a lab"));
    fs::write(folder.path().join("in"), list()).expect("written");
    let began = Instant::now();
    let mut killed = 0;
    for kill in 0..kills {
        let mut child = command(folder.path(), Some(&lab), &["--header", "no", "--resume"]).spawn().expect("rcpt runs");
        // Between one part and three parts in fifty of the whole time.
        let pseudo_random = Duration::from_nanos(u64::from(began.elapsed().subsec_nanos() + kill) % 1_000_000_007);
        std::thread::sleep(whole / 50 + (whole / 25).mul_f64(pseudo_random.as_secs_f64()) + Duration::from_millis(150));
        killed += u32::from(child.try_wait().expect("a state").is_none());
        child.kill().expect("killed");
        child.wait().expect("gone");
    }
    to_the_end(command(folder.path(), Some(&lab), &["--header", "no", "--resume"]));
    let took = began.elapsed();
    assert_eq!(killed, kills, "a run ended before it was killed");
    check(folder.path());
    std::thread::sleep(Duration::from_secs(3));
    (heard(&lab.lab().guest_book()).1, took)
}

fn check(folder: &Path) {
    let out = fs::read_to_string(folder.join("out")).expect("the output");
    let mut times: HashMap<&str, u32> = HashMap::new();
    for (n, row) in out.lines().enumerate() {
        assert!(row.starts_with(&format!("user{n}@")) && row.contains(",mailbox_accepted,"), "{row}");
        *times.entry(row.split(',').next().unwrap_or_default()).or_default() += 1;
    }
    assert!(times.len() == ADDRESSES && times.values().all(|count| *count == 1));
}

pub(crate) fn print() {
    let (whole, took) = commands(0, Duration::ZERO);
    println!("20,000 addresses by SMTP, {HOSTS} hosts: {whole} commands in {:.1} s", took.as_secs_f64());
    let (killed, took) = commands(KILLS, took);
    println!("  killed {KILLS} times: each address answered once; {killed} commands in {:.1} s", took.as_secs_f64());
    println!("  more than the uninterrupted run's: {:.2} %", (ratio(killed, whole) - 1.0) * 100.0);
}
