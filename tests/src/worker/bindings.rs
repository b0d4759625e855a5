//! The bindings that `wrangler.toml` proposes in comments, bound: so that what stands there is what the suites run with.

use std::io;
use std::path::Path;

use toml::{Table, Value};

use crate::place::root;

/// Writes a configuration with all proposed bindings to `folder`, with these limits in place of the proposed ones.
pub(super) fn write(folder: &Path, limits: &[(&str, i64)]) -> io::Result<()> {
    let text = std::fs::read_to_string(root().join("wrangler.toml"))?;
    let mut config = proposed(&text).map_err(io::Error::other)?;
    for (name, limit) in limits {
        set_limit(&mut config, name, *limit).ok_or_else(|| io::Error::other(format!("wrangler.toml proposes no {name}")))?;
    }
    finish(config, folder, &text)
}

/// Writes a configuration with all that is proposed for this machine to `folder`.
pub(super) fn write_dev(folder: &Path) -> io::Result<()> {
    let text = std::fs::read_to_string(root().join("wrangler.toml"))?;
    let config = uncommented(&text, "env.dev.").parse().map_err(io::Error::other)?;
    finish(config, folder, &text)
}

/// Writes a configuration to `folder` with what the Worker is made of beside it.
fn finish(mut config: Table, folder: &Path, text: &str) -> io::Result<()> {
    let whole: Table = text.parse().map_err(io::Error::other)?;
    config.extend(["name", "compatibility_date"].into_iter().filter_map(|key| Some((key.to_owned(), whole.get(key)?.clone()))));
    let path = |part: &str| Value::from(root().join(part).to_string_lossy().into_owned());
    config.insert("main".to_owned(), path("edge/build/index.js"));
    config.insert("assets".to_owned(), Table::from_iter([("directory".to_owned(), path("target/page/site"))]).into());
    std::fs::write(folder.join("wrangler.toml"), config.to_string())
}

/// What becomes of bindings that are out of order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disorder {
    /// Whatever is asked of them fails.
    Fails,
    /// Whatever is asked of them is never answered, and what is asked of the data centre's cache neither.
    Hangs,
    /// Counters say yes, a second late.
    Dawdles,
}

impl Disorder {
    /// What a method does, and what else is out of order.
    fn script(self) -> &'static str {
        match self {
            Self::Fails => "const method = async () => { throw new Error(\"out of order\"); };\n",
            Self::Dawdles => "const method = () => new Promise((tell) => setTimeout(tell, 1000, { success: true }));\n",
            Self::Hangs => "const method = () => new Promise(() => {});\nCache.prototype.match = method;\nCache.prototype.put = method;\n",
        }
    }
}

/// Puts between the runtime and the Worker that `write` configured in `folder` what has these bindings out of order.
pub(super) fn break_down(folder: &Path, broken: &[&str], disorder: Disorder) -> io::Result<()> {
    let path = folder.join("wrangler.toml");
    let mut config: Table = std::fs::read_to_string(&path)?.parse().map_err(io::Error::other)?;
    let main = folder.join("out_of_order.js");
    let worker = config.insert("main".to_owned(), main.to_string_lossy().into_owned().into());
    let bindings = broken.join(": broken, ");
    let script = format!(
        "import Rcpt from {};\n\
         {}\
         const broken = {{ limit: method, get: method, getWithMetadata: method, put: method, list: method, delete: method }};\n\
         let whole;\n\
         export default {{ fetch: (request, env, context) => Rcpt.fetch(request, whole ??= {{ ...env, {bindings}: broken }}, context) }};\n",
        worker.unwrap_or_else(|| "".into()),
        disorder.script()
    );
    std::fs::write(main, script)?;
    std::fs::write(path, config.to_string())
}

/// The bindings of production that stand in comments, each from its `[[table]]` to the next empty one.
///
/// # Errors
/// Where that is no TOML.
pub fn proposed(text: &str) -> Result<Table, toml::de::Error> {
    let mut bindings: Table = uncommented(text, "env.production.").parse()?;
    bindings.remove("routes");
    bindings.remove("vars");
    Ok(bindings)
}

/// The tables below `parent` that stand in comments, each to the next empty comment or line, as if they stood at the top.
fn uncommented(text: &str, parent: &str) -> String {
    let (mut inside, mut lines) = (false, String::new());
    for line in text.lines() {
        let begins = line.strip_prefix("# ").is_some_and(|line| line.trim_start_matches('[').starts_with(parent) && line.starts_with('['));
        inside = (inside || begins) && line.starts_with("# ");
        if let Some(line) = line.strip_prefix("# ").filter(|_| inside) {
            lines.push_str(&line.replacen(parent, "", usize::from(line.starts_with('['))));
            lines.push('\n');
        }
    }
    lines
}

fn set_limit(config: &mut Table, name: &str, limit: i64) -> Option<()> {
    let limiters = config.get_mut("ratelimits")?.as_array_mut()?;
    let limiter = limiters.iter_mut().find(|limiter| limiter.get("name").and_then(Value::as_str) == Some(name))?;
    limiter.get_mut("simple")?.as_table_mut()?.insert("limit".to_owned(), limit.into());
    Some(())
}
