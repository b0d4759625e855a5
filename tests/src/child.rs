//! Processes that never outlive us, whatever ends us: each runs under a shell that ends its whole group when our end of a pipe closes.

use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// The shell's part: run the program in the background of its own process group; when standard input ends, end the group, and if it does not
/// listen, kill it. `$!` is waited for too, so that a program that ends by itself is noticed.
const KEEPER: &str = r#"
trap : TERM
"$@" < /dev/null & program=$!
( cat > /dev/null; trap '' TERM; kill -TERM -$$; sleep 30; kill -KILL -$$ ) <&3 &
while kill -0 $program 2> /dev/null; do wait $program; status=$?; done
trap '' TERM; kill -TERM -$$ 2> /dev/null
exit $status
"#;

/// A running program with its output.
#[derive(Debug)]
pub struct Kept {
    child: Child,
    pipe: Option<ChildStdin>,
    output: Arc<Mutex<String>>,
}

impl Kept {
    /// Starts `command` (program, arguments, variables, folder).
    ///
    /// # Errors
    /// Where the shell cannot be started.
    pub fn start(command: &Command, echo: bool) -> io::Result<Self> {
        let mut keeper = Command::new("sh");
        // The pipe is handed on as descriptor 3, since a background process of a shell reads from /dev/null.
        keeper.args(["-c", &format!("exec 3<&0; {KEEPER}"), "keeper"]).arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => keeper.env(name, value),
                None => keeper.env_remove(name),
            };
        }
        if let Some(folder) = command.get_current_dir() {
            keeper.current_dir(folder);
        }
        keeper.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child = keeper.spawn()?;
        let output = Arc::new(Mutex::new(String::new()));
        let sources = [child.stdout.take().map(boxed), child.stderr.take().map(boxed)];
        for source in sources.into_iter().flatten() {
            collect(source, Arc::clone(&output), echo);
        }
        Ok(Self { pipe: child.stdin.take(), child, output })
    }

    /// What it printed so far, both streams together.
    pub fn output(&self) -> String {
        self.output.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Kills it and all its children at once, as a power cut would.
    pub fn kill(&mut self) {
        self.kill_group();
        let _ = self.child.wait();
    }

    fn kill_group(&self) {
        // The shell's own `kill`: the program of that name is not on every machine. A group that is gone already is what was wanted.
        let _ = Command::new("sh").args(["-c", &format!("kill -KILL -{}", self.child.id())]).stderr(Stdio::null()).status();
    }

    /// Asks it to end and waits; after some seconds it is killed.
    pub fn stop(&mut self) {
        drop(self.pipe.take());
        let _ = self.child.wait();
        // Whatever did not listen, and the shell's own part that would wait for it.
        self.kill_group();
    }

    /// Waits until `is_ready` says so, while it runs.
    ///
    /// # Errors
    /// Where it ended or `limit` passed first, with what it printed.
    pub fn wait_until(&mut self, limit: Duration, mut is_ready: impl FnMut(&Self) -> bool) -> io::Result<()> {
        let step = Duration::from_millis(25);
        for _ in 0..limit.as_millis().div_ceil(step.as_millis()) {
            if is_ready(self) {
                return Ok(());
            }
            if !self.runs() {
                return Err(io::Error::other(format!("the program ended early:\n{}", self.output())));
            }
            thread::sleep(step);
        }
        Err(io::Error::new(io::ErrorKind::TimedOut, format!("the program is not ready after {limit:?}:\n{}", self.output())))
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Runs a command to its end, with this on its standard input.
///
/// # Errors
/// Where it cannot be started, or its output not be read.
pub fn run(command: &mut Command, input: &[u8]) -> io::Result<Output> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let (stdin, input) = (child.stdin.take(), input.to_vec());
    // Who reads nothing closes the pipe; that is no fault of the caller's.
    let writer = thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(&input)));
    let output = child.wait_with_output();
    let _ = writer.join();
    output
}

fn boxed(source: impl Read + Send + 'static) -> Box<dyn Read + Send> {
    Box::new(source)
}

fn collect(source: Box<dyn Read + Send>, output: Arc<Mutex<String>>, echo: bool) {
    thread::spawn(move || {
        for line in BufReader::new(source).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line);
            if echo {
                eprintln!("{line}");
            }
            let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
            output.push_str(&line);
            output.push('\n');
        }
    });
}
