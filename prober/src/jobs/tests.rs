use shared::verdict::Level;

use super::*;
use crate::config::Given;

/// Jobs in a folder that goes when they do.
struct Office {
    jobs: Arc<Jobs>,
    folder: PathBuf,
}

impl Office {
    fn open(name: &str, change: impl FnOnce(Config) -> Config) -> Self {
        Self::at(std::env::temp_dir().join(format!("rcpt-jobs-{name}-{}", std::process::id())), change)
    }

    fn at(folder: PathBuf, change: impl FnOnce(Config) -> Config) -> Self {
        let defaults = Config::from_given(Given::default(), true).expect("the lab's settings");
        let config = change(Config { data: Some(folder.clone()), ..defaults });
        let prober = Arc::new(Prober::new(&config).expect("a prober"));
        Self { jobs: Jobs::open(&config, &prober, None).expect("a folder").expect("jobs"), folder }
    }

    /// Another process with the same folder, and these settings.
    fn reopened(mut self, change: impl FnOnce(Config) -> Config) -> Self {
        let folder = std::mem::take(&mut self.folder);
        drop(self);
        Self::at(folder, change)
    }

    fn receive(&self, once: Option<&str>, now: UnixMillis) -> Result<(Job, Option<Intake>), Refusal> {
        let wish = Wish { level: Level::Syntax, format: None, delimiter: None, header: None, column: None, encoding: None };
        self.jobs.receive(("o", once), wish, None, now)
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        if !self.folder.as_os_str().is_empty() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// A job of level `smtp`, given without a name of our own, goes no further than `dns`; nor does it when the process comes back with one.
#[tokio::test(flavor = "multi_thread")]
async fn ok_the_level_of_a_job_is_decided_once() {
    let nameless = |config| Config { identity: None, ..config };
    let office = Office::open("level", nameless);
    let wish = || Wish { level: Level::Smtp, format: None, delimiter: None, header: Some(false), column: None, encoding: None };
    let given = |office: &Office| office.jobs.receive(("o", Some("once")), wish(), None, UnixMillis(clock::now().0));
    let (job, intake) = given(&office).expect("a place");
    let intake = intake.expect("a new one");
    let digest = intake.keep(&mut &b"ada@a.invalid"[..]).expect("kept");
    office.jobs.received(&job, digest).expect("begun");
    intake.take();
    drop(intake);
    while Arc::strong_count(&office.jobs) > 1 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let office = office.reopened(|config| config);
    let known = office.jobs.find("o", &job.id).expect("the same job");
    assert_eq!((known.state, known.level(), office.jobs.order(&known).expect("an order").level), (State::Done, Level::Dns, Level::Dns));
    assert!(matches!(given(&office), Ok((again, None)) if again.id == job.id), "given again, it is the same");
    assert_eq!(office.jobs.reach(Level::Smtp), Level::Smtp, "the next one is followed further");
}

/// A job that is to ask comes back in a process that cannot, and waits for one that can.
#[tokio::test(flavor = "multi_thread")]
async fn ok_a_job_waits_where_nobody_can_be_asked_any_more() {
    let lab = crate::lab::Config { smtp_port: 0, dns_port: 0, doh_port: 0, ..crate::lab::Config::default() };
    let lab = crate::lab::start(lab).await.expect("a lab");
    let (dns, smtp_port) = (vec![lab.dns()], lab.smtp_port());
    let in_lab = |config| Config { dns: dns.clone(), smtp_port, ..config };
    let nameless = |config| Config { identity: None, ..in_lab(config) };
    let office = Office::open("waits", in_lab);
    let wish = Wish { level: Level::Smtp, format: None, delimiter: None, header: Some(false), column: None, encoding: None };
    let (job, intake) = office.jobs.receive(("o", None), wish, None, UnixMillis(clock::now().0)).expect("a place");
    let intake = intake.expect("a new one");
    intake.keep(&mut &b"ada@accepts.example\n"[..]).expect("kept");
    intake.take();
    drop(intake);
    assert_eq!(office.jobs.ledger().turn(&job.id, State::Receiving, State::Running, None), Ok(true));
    let office = office.reopened(nameless);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(office.jobs.find("o", &job.id).map(|job| job.state), Ok(State::Running));
    assert!(!office.jobs.progress_of(&job.id).exists(), "nothing was done");
    office.jobs.stop().await;
    while Arc::strong_count(&office.jobs) > 1 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let office = office.reopened(in_lab);
    while !office.jobs.running().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let known = office.jobs.find("o", &job.id).expect("the same job");
    let mut results = Vec::new();
    crate::bulk::results(&office.jobs.order(&known).expect("an order"), &mut results).expect("results");
    let results = String::from_utf8(results).expect("text");
    assert!(known.state == State::Done && results.starts_with("ada@accepts.example,deliverable,"), "{results}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ok_a_job_is_removed_when_its_time_is_over_and_not_before() {
    let office = Office::open("time", |config| Config { retention: Duration::from_hours(3), ..config });
    let (job, intake) = office.receive(None, UnixMillis(5_000)).expect("a place");
    let intake = intake.expect("a new one");
    intake.keep(&mut &b"ada@a.example"[..]).expect("kept");
    intake.take();
    let over = UnixMillis(5_000 + 3 * 3_600_000);
    assert_eq!(job.expires, over);
    office.jobs.sweep_at(UnixMillis(over.0 - 1)).await;
    assert!(office.jobs.list_of(&job.id).exists() && office.jobs.find("o", &job.id).is_ok());
    office.jobs.sweep_at(over).await;
    assert!(!office.jobs.place(&job.id).exists());
    assert_eq!(office.jobs.find("o", &job.id), Err(Refusal::Absent));
}

/// A job that was removed, paused or cancelled while somebody was about to go on with it: whoever wrote that down found nobody to stop.
#[tokio::test(flavor = "multi_thread")]
async fn ok_a_job_that_is_not_to_run_any_more_does_not_begin() {
    let office = Office::open("late", |config| config);
    for state in [State::Paused, State::Cancelled] {
        let (job, intake) = office.receive(None, UnixMillis(clock::now().0)).expect("a place");
        let intake = intake.expect("a new one");
        intake.keep(&mut &b"ada@a.example\n"[..]).expect("kept");
        intake.take();
        assert_eq!(office.jobs.ledger().turn(&job.id, State::Receiving, state, None), Ok(true));
        office.jobs.start(&job);
        let removed = office.receive(None, UnixMillis(clock::now().0)).expect("a place").0;
        office.jobs.forget(&removed.id).await.expect("removed");
        office.jobs.start(&removed);
        while !office.jobs.running().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(!office.jobs.progress_of(&job.id).exists() && !office.jobs.place(&removed.id).exists(), "nothing was done");
        assert_eq!(office.jobs.find("o", &job.id).map(|job| job.state), Ok(state));
    }
}

/// Whether these octets stand in any file of a folder.
fn holds(folder: &Path, octets: &[u8]) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.into_iter().any(|path| {
        if path.is_dir() {
            holds(&path, octets)
        } else {
            fs::read(&path).unwrap_or_default().windows(octets.len()).any(|held| held == octets)
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn ok_a_job_whose_time_is_over_leaves_no_trace() {
    let office = Office::open("traces", |config| config);
    let (job, intake) = office.receive(Some("once-for-eve"), UnixMillis(0)).expect("a place");
    let intake = intake.expect("a new one");
    let digest = intake.keep(&mut &b"eve@a.example\n"[..]).expect("kept");
    office.jobs.received(&job, digest.clone()).expect("begun");
    intake.take();
    while office.jobs.find("o", &job.id).is_ok_and(|job| !job.state.is_final()) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let traces = ["eve@a.example", "once-for-eve", digest.as_str(), job.id.as_str()];
    assert!(traces.iter().all(|trace| holds(&office.folder, trace.as_bytes())), "as long as its time is not over");
    office.jobs.sweep_at(job.expires).await;
    let left: Vec<&str> = traces.into_iter().filter(|trace| holds(&office.folder, trace.as_bytes())).collect();
    assert_eq!(left, Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn ok_a_list_that_is_not_taken_goes_with_its_place() {
    let office = Office::open("drop", |config| config);
    let (job, intake) = office.receive(Some("june"), UnixMillis(0)).expect("a place");
    intake.as_ref().expect("a new one").keep(&mut &b"ada@a.example"[..]).expect("kept");
    assert!(office.jobs.list_of(&job.id).exists());
    drop(intake);
    assert!(!office.jobs.place(&job.id).exists());
    assert!(matches!(office.receive(Some("june"), UnixMillis(0)), Ok((_, Some(_)))), "the key is free again");
}

#[tokio::test(flavor = "multi_thread")]
async fn err_a_list_for_which_there_is_no_room() {
    let office = Office::open("room", |config| Config { jobs_max: 1_000, ..config });
    let (_, first) = office.receive(None, UnixMillis(0)).expect("a place");
    let first = first.expect("a new one");
    assert_eq!(first.left().octets, 1_000);
    let fault = first.keep(&mut &[b'a'; 1_001][..]).expect_err("too long");
    assert_eq!(fault.kind(), io::ErrorKind::QuotaExceeded);
    first.keep(&mut &[b'a'; 1_000][..]).expect("it fits");
    assert!(matches!(office.receive(None, UnixMillis(0)), Err(Refusal::Full(Full::Quota))));
    drop(first);
    assert!(office.receive(None, UnixMillis(0)).is_ok(), "there is room again");
}

#[test]
fn ok_a_list_is_known_again_by_its_digest_and_by_no_other_job_s() {
    let digest = |job: &str, list: &str| digest_of(job, &mut list.as_bytes()).expect("read");
    assert_eq!(digest("a", "ada@a.example"), digest("a", "ada@a.example"));
    assert_ne!(digest("a", "ada@a.example"), digest("a", "ada@a.exampl"));
    assert_ne!(digest("a", "ada@a.example"), digest("b", "ada@a.example"));
}
