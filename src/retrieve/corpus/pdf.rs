//! PDF: text by `pdf-extract`, page after page.
//!
//! That crate panics on some broken files, and a release build aborts on a panic, so no `catch_unwind`
//! helps there. So the `aisys` executable reads each PDF in a process of its own: it starts itself with
//! [`PDF_WORKER`], writes the file to it and reads the text back; a crash, an overflowing stack or a
//! minute without an end becomes an error of that one file. Other executables that link this library
//! (its tests) unwind, and read on a thread that may panic.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::CorpusError;

/// The hidden argument that makes the executable read a PDF from its input and write the text.
pub const PDF_WORKER: &str = "pdf-text";

/// A file that takes longer is given up.
const LONGEST: Duration = Duration::from_secs(60);
/// More text than this is not taken from one file.
const MOST_TEXT_BYTES: u64 = 256 * 1024 * 1024;
/// The stack for broken files with deep nesting.
const STACK_BYTES: usize = 32 * 1024 * 1024;

/// The text of a PDF.
pub(super) fn text(path: &Path, bytes: Vec<u8>) -> Result<String, CorpusError> {
    let text = match worker() {
        Some(executable) => in_process(&executable, bytes),
        None => on_thread(bytes),
    };
    let text = text.map_err(|message| CorpusError::new(path, message))?;
    if text.trim().is_empty() {
        let message = "a PDF without text: scanned pages need OCR before they can be searched";
        return Err(CorpusError::new(path, message));
    }
    Ok(text)
}

/// What the worker process does: reads a PDF and writes its text. The error is for the caller's `stderr`.
///
/// # Errors
/// Fails when the file cannot be read as PDF or a pipe breaks.
pub fn pdf_text_worker(mut input: impl Read, output: &mut dyn Write) -> Result<(), String> {
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    let text = on_thread(bytes)?;
    output.write_all(text.as_bytes()).map_err(|error| error.to_string())
}

/// This executable, when it knows [`PDF_WORKER`].
fn worker() -> Option<PathBuf> {
    let executable = std::env::current_exe().ok()?;
    (executable.file_stem()? == "aisys").then_some(executable)
}

fn in_process(executable: &Path, bytes: Vec<u8>) -> Result<String, String> {
    let start = Command::new(executable)
        .arg(PDF_WORKER)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = start.map_err(|error| format!("the process that reads PDF cannot start: {error}"))?;
    let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(mut to), Some(from), Some(complaint)) = pipes else {
        return Err("the process that reads PDF has no pipes".to_owned());
    };
    let (done, result) = mpsc::channel();
    // The file is written, the text read and the complaint read at once, so that no pipe blocks another;
    // the threads end when the process does.
    thread::spawn(move || to.write_all(&bytes));
    let said = thread::spawn(move || {
        let mut said = String::new();
        // What is not UTF-8 is no message of ours.
        let _ = complaint.take(4_096).read_to_string(&mut said);
        said
    });
    thread::spawn(move || {
        let mut text = Vec::new();
        let read = from.take(MOST_TEXT_BYTES).read_to_end(&mut text);
        done.send(read.map(|_| text))
    });
    let read = result.recv_timeout(LONGEST);
    if read.is_err() {
        // It may have ended by itself in this moment.
        let _ = child.kill();
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    let text = match read {
        Ok(text) => text.map_err(|error| error.to_string())?,
        Err(_) => return Err(format!("not read as PDF within {} s", LONGEST.as_secs())),
    };
    if status.success() {
        return String::from_utf8(text).map_err(|_| "not readable as PDF".to_owned());
    }
    let said = said.join().unwrap_or_default();
    Err(match said.lines().last() {
        Some(last) if status.code().is_some() => last.trim_start_matches("error: ").to_owned(),
        _ => "not readable as PDF: the reader crashed on it".to_owned(),
    })
}

/// Reads on a thread with room for deep nesting; where panics unwind, one becomes an error.
fn on_thread(bytes: Vec<u8>) -> Result<String, String> {
    let read = move || pdf_extract::extract_text_from_mem(&bytes).map_err(|error| error.to_string());
    let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn(read);
    let thread = thread.map_err(|error| error.to_string())?;
    match thread.join() {
        Ok(text) => text.map_err(|error| format!("not readable as PDF: {error}")),
        Err(_) => Err("not readable as PDF: the reader crashed on it".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A PDF of one page with a line of text, its table of offsets computed.
    fn pdf(line: &str) -> Vec<u8> {
        let stream = format!("BT /F1 12 Tf 72 720 Td ({line}) Tj ET");
        let objects = [
            "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R \
             /Resources << /Font << /F1 5 0 R >> >> >>"
                .to_owned(),
            format!("<< /Length {} >>\nstream\n{stream}\nendstream", stream.len()),
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
        ];
        let mut text = "%PDF-1.4\n".to_owned();
        let mut offsets = Vec::new();
        for (at, object) in objects.iter().enumerate() {
            offsets.push(text.len());
            text.push_str(&format!("{} 0 obj\n{object}\nendobj\n", at + 1));
        }
        let start = text.len();
        text.push_str("xref\n0 6\n0000000000 65535 f \n");
        for offset in offsets {
            text.push_str(&format!("{offset:010} 00000 n \n"));
        }
        text.push_str(&format!(
            "trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
        ));
        text.into_bytes()
    }

    #[test]
    fn the_text_of_a_page_is_read() {
        let read = text(Path::new("a.pdf"), pdf("Returns take 30 days")).unwrap();
        assert_eq!(read.trim(), "Returns take 30 days");
    }

    #[test]
    fn a_broken_file_is_an_error_and_no_panic() {
        let whole = pdf("x");
        let wrong = text(Path::new("a.pdf"), b"%PDF-1.4\n%%EOF".to_vec()).unwrap_err();
        assert!(wrong.to_string().starts_with("a.pdf: not readable as PDF"), "{wrong}");
        for cut in [20, 120, 300, whole.len() - 40] {
            // Any answer will do but a panic.
            let _ = text(Path::new("a.pdf"), whole[..cut].to_vec());
        }
    }

    /// What becomes of a file in the process of a shell script.
    #[cfg(unix)]
    fn through(script: &str) -> Result<String, String> {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("worker");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        in_process(&path, pdf("x"))
    }

    #[test]
    #[cfg(unix)]
    fn a_process_that_crashes_is_an_error_of_its_file() {
        assert!(through("test $1 = pdf-text && cat").unwrap().starts_with("%PDF-1.4"));
        assert_eq!(
            through("kill -SEGV $$").unwrap_err(),
            "not readable as PDF: the reader crashed on it"
        );
        assert_eq!(through("echo 'error: no pages' >&2; exit 2").unwrap_err(), "no pages");
        let missing = in_process(Path::new("no-such-program"), Vec::new()).unwrap_err();
        assert!(missing.contains("cannot start"), "{missing}");
    }
}
