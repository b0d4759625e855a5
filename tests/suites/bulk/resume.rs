//! Runs that are killed, called off or begun twice.

use std::fs;
use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use prober::lab::Visit;
use stack::place::{Scratch, eventually};
use stack::whole::{Ports, RunningLab};

use super::{bulk, err, names, run, verify};

const HOSTS: usize = 4;
const ADDRESSES: usize = 2_000;
const KILLS: u32 = 5;

fn list() -> String {
    let row =
        |n: usize| format!("{n},{}{n}@host{}.crowd-accepts.example\n", if n.is_multiple_of(10) { "ghost" } else { "user" }, 1 + n % HOSTS);
    format!("id,email\n{}", (1..=ADDRESSES).map(row).collect::<String>())
}

fn command(folder: &Scratch, lab: &RunningLab, arguments: &[&str]) -> Command {
    let mut command = bulk(folder, &[&["in", "-o", "out", "--lab"], arguments].concat());
    command.envs(lab.settings());
    command
}

/// Every command that came to the lab, once so many recipients were asked.
fn commands(lab: &RunningLab, least: usize) -> Vec<String> {
    let all = |visits: &[Visit]| visits.iter().flat_map(|visit| visit.commands.clone()).collect::<Vec<_>>();
    let asked = |commands: &[String]| commands.iter().filter(|line| line.starts_with("RCPT")).count();
    eventually(|| Some(all(&lab.lab().guest_book())).filter(|commands| asked(commands) >= least)).expect("visits that ended")
}

fn start(mut command: Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("rcpt runs")
}

/// Whether the run has ended by itself within this time.
fn ends_within(child: &mut Child, time: Duration) -> bool {
    (0..time.as_millis() / 10).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        matches!(child.try_wait(), Ok(Some(_)))
    })
}

fn answers(out: &str) -> Vec<(&str, &str)> {
    out.lines().skip(1).map(|row| (row.split(',').next().unwrap_or_default(), row.split(',').nth(3).unwrap_or_default())).collect()
}

#[test]
fn ok_killed_again_and_again_each_address_is_answered_once() {
    let (folder, lab) = (Scratch::new("bulk").expect("a folder"), RunningLab::with_crowd(Ports::default(), HOSTS).expect("a lab"));
    fs::write(folder.path().join("in"), list()).expect("written");
    let mut kills = 0;
    while kills < KILLS {
        let mut child = start(command(&folder, &lab, &["--resume"]));
        // By the state of the run, not by the clock: a kill while nothing is asked yet would show nothing.
        let _ = eventually(|| (lab.lab().guest_book().len() > usize::try_from(kills).ok()?).then_some(()));
        if ends_within(&mut child, Duration::from_millis(u64::from(80 + 37 * kills % 90))) {
            break;
        }
        child.kill().expect("killed");
        child.wait().expect("gone");
        kills += 1;
    }
    let output = run(command(&folder, &lab, &["--resume"]), b"");
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let out = fs::read_to_string(folder.path().join("out")).expect("read");
    let found = answers(&out);
    assert_eq!(found.len(), ADDRESSES);
    for (n, (id, reason)) in found.iter().enumerate() {
        let expected = if (n + 1).is_multiple_of(10) { "mailbox_not_found" } else { "mailbox_accepted" };
        assert_eq!((*id, *reason), (&*(n + 1).to_string(), expected));
    }
    assert_eq!(names(&folder), ["in", "out"]);
    assert!(kills > 0, "it was too fast to be killed");
    let asked = commands(&lab, ADDRESSES).iter().filter(|line| line.starts_with("RCPT")).count();
    let decoys = HOSTS * 2;
    let under_way = usize::try_from(kills).expect("few") * 64;
    assert!(asked <= ADDRESSES + decoys + under_way, "{asked} recipients were asked, {kills} kills");
}

#[test]
fn err_called_off_and_gone_on_with() {
    let (folder, lab) = (Scratch::new("bulk").expect("a folder"), RunningLab::start(Ports::default()).expect("a lab"));
    let list = (1..=60).map(|n| format!("user{n}@slow-replies.example")).collect::<Vec<_>>().join("\n");
    fs::write(folder.path().join("in"), &list).expect("written");
    let mut child = command(&folder, &lab, &["--header", "no"]).spawn().expect("rcpt runs");
    drop(child.stdin.take());
    let progress = folder.path().join("out.rcpt-progress");
    eventually(|| progress.exists().then_some(())).expect("it has begun");
    std::thread::sleep(Duration::from_millis(600));
    let interrupted = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().expect("sh");
    assert!(interrupted.success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1));
    let said = err(&output);
    assert!(said.contains("to go on: the same command with --resume"), "{said}");
    let done: usize = said.split("stopped with ").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok()).expect(&said);
    assert!((5..60).contains(&done), "it was to be called off in the middle: {said}");
    assert!(!folder.path().join("out").exists() && progress.exists());
    // Without the word nothing is overwritten, and another list is not taken for this one.
    let again = run(command(&folder, &lab, &["--header", "no"]), b"");
    assert!(again.status.code() == Some(2) && err(&again).contains("--resume"), "{}", err(&again));
    let other = run(command(&folder, &lab, &["--header", "no", "--level", "dns", "--resume"]), b"");
    assert!(other.status.code() == Some(2) && err(&other).contains("the options are not those of"), "{}", err(&other));
    fs::write(folder.path().join("in"), list.replace("user60@", "user61@")).expect("written");
    let other = run(command(&folder, &lab, &["--header", "no", "--resume"]), b"");
    assert!(other.status.code() == Some(2) && err(&other).contains("the list's octets are not those of"), "{}", err(&other));
    // The same octets are the same list, whenever they were written.
    fs::write(folder.path().join("in"), &list).expect("written");
    let output = run(command(&folder, &lab, &["--header", "no", "--resume"]), b"");
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let out = fs::read_to_string(folder.path().join("out")).expect("read");
    assert_eq!(out.lines().filter(|row| row.contains(",mailbox_accepted,")).count(), 60);
    let asked = || lab.lab().guest_book().into_iter().flat_map(|visit| visit.commands).filter(|line| line.starts_with("RCPT")).count();
    eventually(|| (asked() > 60).then_some(())).expect("visits that ended");
    assert!(asked() <= 60 + 2, "who was answered is not asked again: {} were asked, {done} of them before", asked());
    let decoys: Vec<String> = commands(&lab, 61).into_iter().filter(|line| line.starts_with("RCPT") && !line.contains("<user")).collect();
    assert_eq!(decoys.len(), 1, "what the first run learnt of the host's other names the second one knows: {decoys:?}");
    let output = run(command(&folder, &lab, &["--header", "no", "--resume"]), b"");
    assert!(output.status.code() == Some(0) && err(&output).contains("nothing to do"), "{}", err(&output));
}

#[test]
fn err_two_runs_at_one_output() {
    let (folder, lab) = (Scratch::new("bulk").expect("a folder"), RunningLab::start(Ports::default()).expect("a lab"));
    fs::write(folder.path().join("in"), "ada@silent.example\n").expect("written");
    let mut first = start(command(&folder, &lab, &["--header", "no"]));
    eventually(|| (fs::metadata(folder.path().join("out.rcpt-progress-wal")).ok()?.len() > 0).then_some(())).expect("it has begun");
    let second = run(command(&folder, &lab, &["--header", "no", "--resume"]), b"");
    assert!(second.status.code() == Some(1) && err(&second).contains("another run is at it"), "{}", err(&second));
    first.kill().expect("killed");
    first.wait().expect("gone");
    let (out, output) = verify(&folder, b"ada@accepts.example\n", &["--level", "syntax"], None);
    assert!(output.status.code() == Some(2) && out.is_empty(), "the list has changed meanwhile");
}

#[test]
fn err_standard_input_does_not_take_the_place_of_what_an_earlier_run_has_kept() {
    let (folder, lab) = (Scratch::new("bulk").expect("a folder"), RunningLab::start(Ports::default()).expect("a lab"));
    let piped = |arguments: &[&str]| {
        let mut command = bulk(&folder, &[&["-", "-o", "out", "--lab", "--header", "no"], arguments].concat());
        command.envs(lab.settings());
        command
    };
    let mut first = piped(&[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("rcpt runs");
    first.stdin.take().expect("a pipe").write_all(b"ada@silent.example\nada@accepts.example\n").expect("written");
    eventually(|| (!lab.lab().visits_to("accepts.example").is_empty()).then_some(())).expect("it has begun");
    first.kill().expect("killed");
    first.wait().expect("gone");
    let again = run(piped(&[]), b"bob@accepts.example\n");
    assert!(again.status.code() == Some(2) && err(&again).contains("--resume"), "{}", err(&again));
    let output = run(piped(&["--resume"]), b"");
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let out = fs::read_to_string(folder.path().join("out")).expect("read");
    let rows: Vec<&str> = out.lines().collect();
    assert!(rows.len() == 2 && rows[1].starts_with("ada@accepts.example,deliverable,"), "{out}");
}

#[test]
fn ok_with_nothing_to_go_on_with_it_says_so_and_begins_anew() {
    let folder = Scratch::new("bulk").expect("a folder");
    let (out, output) = verify(&folder, b"ada@x.example\n", &["--level", "syntax", "--resume"], None);
    assert!(output.status.code() == Some(0) && out.starts_with("ada@x.example,unknown,"), "{out}");
    let said = "--resume: found no out.rcpt-progress of a run that ended early, so this one begins anew";
    assert!(err(&output).contains(said), "{}", err(&output));
    let (_, output) = verify(&folder, b"ada@x.example\n", &["--level", "syntax"], None);
    assert!(!err(&output).contains("--resume"), "{}", err(&output));
}
