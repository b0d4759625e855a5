//! A real RabbitMQ on loopback, with a folder, a name and a port mapper of its own, which can be killed and brought back.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use crate::child::Kept;
use crate::place::{Scratch, free_port};

const FOLDER: &str = "/usr/lib/rabbitmq/bin";
const MAPPER: &str = "/usr/bin/epmd";

/// A running RabbitMQ. Its user is `guest`, its password too.
pub struct Rabbit {
    // In the order of stopping: the broker asks the port mapper.
    broker: Kept,
    _mapper: Kept,
    folder: Scratch,
    ports: Ports,
}

#[derive(Clone, Copy)]
struct Ports {
    amqp: u16,
    distribution: u16,
    mapper: u16,
}

impl Rabbit {
    /// Starts one on free ports; `None` where it is not installed.
    ///
    /// # Errors
    /// Where it does not come up.
    pub fn start() -> io::Result<Option<Self>> {
        if ![FOLDER, MAPPER].iter().all(|path| Path::new(path).exists()) {
            return Ok(None);
        }
        // A port that was free may be taken by the time it is wanted.
        Self::on_new_ports().or_else(|_| Self::on_new_ports()).map(Some)
    }

    fn on_new_ports() -> io::Result<Self> {
        let folder = Scratch::new("rabbit")?;
        fs::write(folder.path().join("plugins"), "[].\n")?;
        let ports = Ports { amqp: free_port()?, distribution: free_port()?, mapper: free_port()? };
        // Were it left to the broker, it would outlive it.
        let mapper = Kept::start(command(folder.path(), ports, MAPPER).args(["-port", &ports.mapper.to_string()]), false)?;
        let broker = launch(folder.path(), ports)?;
        Ok(Self { broker, _mapper: mapper, folder, ports })
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}/%2f", self.ports.amqp)
    }

    /// Asks it to end, and waits until it has.
    pub fn stop(&mut self) {
        self.broker.stop();
    }

    /// Kills it, as a power cut would. RabbitMQ 3.10 writes down late, or when it ends, which quorum queues it has: one that is killed right after
    /// it made them has lost them (seen with 3.10.8: "1 registered servers" of two).
    pub fn kill(&mut self) {
        self.broker.kill();
    }

    /// Brings it back where it was, with what it had on disk.
    ///
    /// # Errors
    /// Where it does not come up.
    pub fn restart(&mut self) -> io::Result<()> {
        self.broker = launch(self.folder.path(), self.ports)?;
        Ok(())
    }

    /// Its own tool, such as `list_queues name messages`.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub fn control(&self, arguments: &[&str]) -> io::Result<Output> {
        command(self.folder.path(), self.ports, &format!("{FOLDER}/rabbitmqctl")).arg("--quiet").args(arguments).output()
    }
}

fn launch(folder: &Path, ports: Ports) -> io::Result<Kept> {
    let mut broker = Kept::start(&command(folder, ports, &format!("{FOLDER}/rabbitmq-server")), false)?;
    // The listener opens last.
    broker.wait_until(Duration::from_mins(1), |_| TcpStream::connect((Ipv4Addr::LOCALHOST, ports.amqp)).is_ok())?;
    Ok(broker)
}

fn command(folder: &Path, ports: Ports, program: &str) -> Command {
    let mut command = Command::new(program);
    let places = [
        ("MNESIA_BASE", "data"),
        ("LOG_BASE", "log"),
        ("ENABLED_PLUGINS_FILE", "plugins"),
        ("CONFIG_FILE", "none"),
        ("CONF_ENV_FILE", "none"),
    ];
    for (name, place) in places {
        command.env(format!("RABBITMQ_{name}"), folder.join(place));
    }
    command
        .env("HOME", folder)
        .env("ERL_CRASH_DUMP", folder.join("crash"))
        .env("RABBITMQ_NODENAME", format!("rcpt-{}@localhost", ports.amqp))
        .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
        .env("RABBITMQ_NODE_PORT", ports.amqp.to_string())
        .env("RABBITMQ_DIST_PORT", ports.distribution.to_string())
        .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}")
        .env("ERL_EPMD_PORT", ports.mapper.to_string())
        .env("ERL_EPMD_ADDRESS", "127.0.0.1");
    command
}
