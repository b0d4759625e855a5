//! The octets of a list: a file, in UTF-8 whatever it was written in. Standard input is kept aside as a file first, since it is read twice.

use std::fs::{self, File};
use std::io::{self, Read, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use encoding_rs::{Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use sha2::{Digest as _, Sha256};

/// How much is decoded at once.
const CHUNK: usize = 64 * 1024;

/// A list to read, as often as need be.
#[derive(Debug, Clone)]
pub struct Input {
    path: PathBuf,
    encoding: Option<&'static Encoding>,
}

impl Input {
    /// The file at `path`, in the encoding of this name; without one it is UTF-8, or what its byte order mark says.
    ///
    /// # Errors
    /// Where there is no such encoding, in words.
    pub fn at(path: PathBuf, encoding: Option<&str>) -> Result<Self, String> {
        let found = encoding.map(|name| {
            let fault = || format!("expected an encoding such as utf-8, utf-16le, windows-1252 or shift_jis, found {name:?}");
            Encoding::for_label(name.as_bytes()).ok_or_else(fault)
        });
        // What is declared as UTF-8 is carried through octet for octet.
        Ok(Self { path, encoding: found.transpose()?.filter(|encoding| *encoding != UTF_8) })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// From its beginning, in UTF-8.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let mut file = File::open(&self.path)?;
        let mut mark = [0; 2];
        let length = file.read(&mut mark)?;
        file.seek(SeekFrom::Start(0))?;
        let by_mark = match mark.get(..length) {
            Some([0xff, 0xfe]) => Some(UTF_16LE),
            Some([0xfe, 0xff]) => Some(UTF_16BE),
            _ => None,
        };
        Ok(match self.encoding.or(by_mark) {
            Some(encoding) => Box::new(Decoded::new(file, encoding)),
            None => Box::new(file),
        })
    }

    /// What tells this list from another, or from a later state of the same: by all of its octets, since files are copied and touched.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn fingerprint(&self) -> io::Result<String> {
        let about = fs::metadata(&self.path)?;
        if !about.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "expected a file, since it is read twice; for a pipe, give -"));
        }
        let (mut file, mut hash, mut chunk) = (File::open(&self.path)?, Sha256::new(), vec![0; CHUNK]);
        loop {
            match file.read(&mut chunk)? {
                0 => return Ok(format!("{} in {}", HEXLOWER.encode(&hash.finalize()), self.encoding.map_or("UTF-8", Encoding::name))),
                length => hash.update(chunk.get(..length).unwrap_or_default()),
            }
        }
    }

    /// How many octets it has.
    ///
    /// # Errors
    /// Where it cannot be looked at.
    pub fn length(&self) -> io::Result<u64> {
        Ok(fs::metadata(&self.path)?.len())
    }
}

/// Keeps everything that `source` has at `path`, for the owner alone. What is there under that name is whole.
///
/// # Errors
/// Where `source` cannot be read, or nothing be written.
pub fn keep_aside(mut source: impl Read, path: &Path) -> io::Result<()> {
    let part = beside(path, ".part");
    let mut file = private_file(&part)?;
    io::copy(&mut source, &mut file)?;
    file.flush()?;
    file.sync_all()?;
    fs::rename(part, path)
}

/// A new file that only its owner reads.
///
/// # Errors
/// Where it cannot be made.
fn private_file(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    File::options().write(true).create(true).truncate(true).mode(0o600).open(path)
}

/// The path with something behind its name.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Octets of one encoding, read as UTF-8. What is no text becomes U+FFFD.
struct Decoded<R> {
    source: R,
    decoder: Decoder,
    raw: Vec<u8>,
    text: Vec<u8>,
    given: usize,
    ended: bool,
}

impl<R: Read> Decoded<R> {
    fn new(source: R, encoding: &'static Encoding) -> Self {
        Self { source, decoder: encoding.new_decoder_with_bom_removal(), raw: vec![0; CHUNK], text: Vec::new(), given: 0, ended: false }
    }

    fn decode_more(&mut self) -> io::Result<()> {
        let length = self.source.read(&mut self.raw)?;
        self.ended = length == 0;
        let raw = self.raw.get(..length).unwrap_or_default();
        let room = self.decoder.max_utf8_buffer_length(length).unwrap_or(4 * CHUNK);
        self.text.resize(room, 0);
        // There is room for everything, so one call takes it all.
        let (_, _, written, _) = self.decoder.decode_to_utf8(raw, &mut self.text, self.ended);
        self.text.truncate(written);
        self.given = 0;
        Ok(())
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() && !self.ended {
            self.decode_more()?;
        }
        let length = self.text.get(self.given..).unwrap_or_default().read(buffer)?;
        self.given += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(octets: &[u8], encoding: &'static Encoding) -> String {
        let mut text = String::new();
        Decoded::new(octets, encoding).read_to_string(&mut text).expect("UTF-8");
        text
    }

    #[test]
    fn ok_other_encodings_are_read_as_utf8() {
        assert_eq!(decoded(b"J\xfcrgen,j@x", encoding_rs::WINDOWS_1252), "Jürgen,j@x");
        assert_eq!(decoded(b"\xff\xfea\0,\0\xfc\0", UTF_16LE), "a,ü");
        assert_eq!(decoded(b"a\0\xff", UTF_16LE), "a\u{fffd}", "cut off");
        assert!(Input::at(PathBuf::new(), Some("latin9000")).is_err());
    }
}
