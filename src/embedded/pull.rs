//! Fetching a model of the registry from the hub.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use futures_util::StreamExt;
use reqwest::header::{AUTHORIZATION, CONTENT_RANGE, HeaderValue, RANGE};
use reqwest::{Client, Response, StatusCode};

use super::ModelError;
use super::add::{files_of, hash_of};
use super::manifest::{MANIFEST, Manifest};
use super::recognise::kind_of;
use super::registry::{Registered, RegisteredFile};
use super::store::Store;

/// Where models lie when nothing else is said.
const HUB: &str = "https://huggingface.co";
/// A file whose size is not known may have so many bytes.
const LARGEST: u64 = 4 << 30;
/// How often a broken transfer goes on where it stopped, before the command gives up.
const ATTEMPTS: u32 = 4;

/// Where to fetch from.
pub struct Hub {
    endpoint: String,
    token: Option<HeaderValue>,
    client: Client,
}

/// How far a download is.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'p> {
    /// The file.
    pub file: &'p str,
    /// Bytes that are there.
    pub done: u64,
    /// Bytes of the whole file, when they are known.
    pub size: Option<u64>,
}

impl Hub {
    /// The hub at `HF_ENDPOINT`, with the token of `HF_TOKEN`, as `variable` gives them; else the public one.
    ///
    /// # Errors
    /// Fails when no client can be made or the token is no header's value.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ModelError> {
        let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let token = set("HF_TOKEN").map(|token| {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", token.trim()))
                .map_err(|_| ModelError::new("HF_TOKEN holds a character that no token has"))?;
            value.set_sensitive(true);
            Ok::<_, ModelError>(value)
        });
        // Another part of the program may have installed it; either is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .connect_timeout(Duration::from_secs(20))
            .read_timeout(Duration::from_secs(60))
            .user_agent(concat!("aisys/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| ModelError::new(format!("no HTTPS client can be made: {error}")))?;
        Ok(Self {
            endpoint: set("HF_ENDPOINT")
                .unwrap_or_else(|| HUB.to_owned())
                .trim_end_matches('/')
                .to_owned(),
            token: token.transpose()?,
            client,
        })
    }

    /// Fetches a model into the store. A download that was cut short goes on where it stopped, also in a later
    /// run. What has a known hash is checked against it; the rest is taken as it comes, which the manifest says.
    ///
    /// # Errors
    /// Fails when the hub does not answer, a hash is wrong, or the disk fails.
    pub async fn pull(
        &self,
        store: &Store,
        model: &Registered,
        progress: &mut (dyn FnMut(Progress<'_>) + Send),
    ) -> Result<Manifest, ModelError> {
        store.check_free(model.name)?;
        let folder = store.partial(model.name)?;
        for file in model.files {
            self.fetch(model, file, &folder, progress).await?;
        }
        let kind = kind_of(&folder)?;
        if kind != model.kind {
            return Err(ModelError::new(format!(
                "{} is a {} and not the {} that was promised",
                model.repository,
                kind.label(),
                model.kind.label()
            )));
        }
        let _ = fs::remove_file(folder.join(MANIFEST));
        let source = format!("{}/{}@{}", self.endpoint, model.repository, model.revision);
        let mut manifest = Manifest::new(kind, source, files_of(&folder)?);
        manifest.verified = model.files.iter().all(|file| file.known.is_some());
        manifest.licence = Some(model.licence.to_owned());
        manifest.settings = model.settings();
        store.keep(model.name, &folder, &manifest)?;
        Ok(manifest)
    }

    async fn fetch(
        &self,
        model: &Registered,
        file: &RegisteredFile,
        folder: &Path,
        progress: &mut (dyn FnMut(Progress<'_>) + Send),
    ) -> Result<(), ModelError> {
        let place = folder.join(file.name);
        if place.is_file() && (file.known.is_none() || is_right(&place, file).is_ok()) {
            return Ok(());
        }
        let part = folder.join(format!("{}.part", file.name));
        let url = format!(
            "{}/{}/resolve/{}/{}",
            self.endpoint, model.repository, model.revision, file.name
        );
        let mut attempt = 1;
        loop {
            match self.transfer(&url, file, &part, progress).await {
                Ok(()) => break,
                Err(error) if error.again && attempt < ATTEMPTS => attempt += 1,
                Err(error) => return Err(error.error),
            }
        }
        if let Err(error) = is_right(&part, file) {
            // Nothing of it can be used again.
            let _ = fs::remove_file(&part);
            return Err(ModelError::new(format!("{url}: {error}")));
        }
        fs::rename(&part, &place).map_err(|error| fail_write(&place, &error).error)
    }

    /// Fetches a file, or what is missing of it.
    async fn transfer(
        &self,
        url: &str,
        file: &RegisteredFile,
        part: &Path,
        progress: &mut (dyn FnMut(Progress<'_>) + Send),
    ) -> Result<(), Broken> {
        let mut done = fs::metadata(part).map_or(0, |data| data.len());
        if file.known.is_some_and(|(size, _)| done == size) {
            return Ok(());
        }
        let mut request = self.client.get(url);
        if let Some(token) = &self.token {
            // reqwest takes it off again when the answer sends us to another host.
            request = request.header(AUTHORIZATION, token.clone());
        }
        if done > 0 {
            request = request.header(RANGE, format!("bytes={done}-"));
        }
        let response = request
            .send()
            .await
            .map_err(|error| Broken::again(url, &error.without_url()))?;
        match response.status() {
            StatusCode::PARTIAL_CONTENT if begins_at(&response) == Some(done) => {}
            // The server starts from the beginning, or says that there is no more: so do we.
            StatusCode::OK | StatusCode::PARTIAL_CONTENT => done = 0,
            StatusCode::RANGE_NOT_SATISFIABLE => {
                let _ = fs::remove_file(part);
                return Err(Broken::again(
                    url,
                    &"the part that was there does not fit; from the beginning",
                ));
            }
            status => return Err(refused(url, status)),
        }
        let limit = file.known.map_or(LARGEST, |(size, _)| size);
        let size = file
            .known
            .map(|(size, _)| size)
            .or_else(|| response.content_length().map(|rest| done + rest));
        let mut out = open(part, done).map_err(|error| fail_write(part, &error))?;
        let mut pieces = response.bytes_stream();
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|error| Broken::again(url, &error.without_url()))?;
            done += piece.len() as u64;
            if done > limit {
                drop(out);
                let _ = fs::remove_file(part);
                return Err(Broken::never(format!(
                    "{url} sends more than the {limit} bytes that it may have"
                )));
            }
            out.write_all(&piece).map_err(|error| fail_write(part, &error))?;
            progress(Progress {
                file: file.name,
                done,
                size,
            });
        }
        out.sync_all().map_err(|error| fail_write(part, &error))?;
        match size {
            Some(size) if done < size => Err(Broken::again(url, &format!("it ended after {done} of {size} bytes"))),
            _ => Ok(()),
        }
    }
}

/// A transfer that failed, and whether another attempt may do better.
struct Broken {
    error: ModelError,
    again: bool,
}

impl Broken {
    fn again(url: &str, error: &dyn std::fmt::Display) -> Self {
        Self {
            error: ModelError::new(format!(
                "cannot fetch {url}: {error}; run the command again to go on, or take the file from elsewhere by \
                 `aisys models add NAME --from FILE`"
            )),
            again: true,
        }
    }

    fn never(message: String) -> Self {
        Self {
            error: ModelError::new(message),
            again: false,
        }
    }
}

fn refused(url: &str, status: StatusCode) -> Broken {
    let hint = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            "; the model asks for an account: put a token of the hub into HF_TOKEN"
        }
        StatusCode::NOT_FOUND => "; is HF_ENDPOINT a mirror that has this model?",
        _ => "",
    };
    Broken {
        error: ModelError::new(format!("cannot fetch {url}: {status}{hint}")),
        again: status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS,
    }
}

fn fail_write(place: &Path, error: &std::io::Error) -> Broken {
    Broken::never(format!("cannot write {}: {error}", place.display()))
}

/// Opens a file to go on at `done` bytes.
fn open(part: &Path, done: u64) -> std::io::Result<File> {
    if let Some(parent) = part.parent() {
        fs::create_dir_all(parent)?;
    }
    if done == 0 {
        File::create(part)
    } else {
        OpenOptions::new().append(true).open(part)
    }
}

/// Where the part that a server sends begins: `content-range: bytes 100-199/200`.
fn begins_at(response: &Response) -> Option<u64> {
    let range = response.headers().get(CONTENT_RANGE)?.to_str().ok()?;
    range.strip_prefix("bytes ")?.split_once('-')?.0.trim().parse().ok()
}

fn is_right(place: &Path, file: &RegisteredFile) -> Result<(), ModelError> {
    let Some((size, expected)) = file.known else {
        return Ok(());
    };
    let (found_size, found) =
        hash_of(place).map_err(|error| ModelError::new(format!("cannot read {}: {error}", place.display())))?;
    if found == expected {
        return Ok(());
    }
    Err(ModelError::new(format!(
        "the SHA-256 of its {found_size} bytes is {found}, and not {expected} of {size} bytes: these are not the \
         files that were published"
    )))
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::net::TcpListener;
    use std::sync::mpsc;
    use std::thread;

    use super::super::StaticTable;
    use super::super::manifest::Kind;
    use super::*;

    /// A hub on the loopback that serves one file. It cuts the first `cuts` answers short in the middle.
    struct Server {
        address: String,
        requests: mpsc::Receiver<Vec<String>>,
    }

    fn serve(body: Vec<u8>, mut cuts: usize, ranges: bool) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (send, requests) = mpsc::channel();
        thread::spawn(move || {
            for connection in listener.incoming() {
                let mut connection = connection.unwrap();
                let lines = BufReader::new(connection.try_clone().unwrap()).lines();
                let head: Vec<String> = lines
                    .map_while(Result::ok)
                    .take_while(|line| !line.is_empty())
                    .collect();
                let asked = head.iter().find_map(|line| line.strip_prefix("range: bytes="));
                let from = asked
                    .filter(|_| ranges)
                    .and_then(|range| range.trim_end_matches('-').parse().ok());
                let from: usize = from.unwrap_or(0);
                let status = if from > 0 { "206 Partial Content" } else { "200 OK" };
                let whole = body.len();
                let rest = &body[from..];
                let sent = if cuts > 0 { rest.len() / 2 } else { rest.len() };
                cuts = cuts.saturating_sub(1);
                let answer = format!(
                    "HTTP/1.1 {status}\r\ncontent-length: {}\r\ncontent-range: bytes {from}-{}/{whole}\r\nconnection: close\r\n\r\n",
                    rest.len(),
                    whole - 1
                );
                let _ = connection.write_all(answer.as_bytes());
                let _ = connection.write_all(&rest[..sent]);
                if send.send(head).is_err() {
                    return;
                }
            }
        });
        Server { address, requests }
    }

    fn table() -> Vec<u8> {
        let rows: Vec<(String, Vec<f32>)> = (0..2_000).map(|at| (format!("w{at}"), vec![1.0; 64])).collect();
        StaticTable::write(&rows).unwrap()
    }

    fn model(known: Option<(u64, &'static str)>) -> Registered {
        Registered {
            name: "tiny",
            kind: Kind::StaticTable,
            repository: "some/tiny",
            revision: "abc",
            licence: "MIT",
            files: Box::leak(Box::new([RegisteredFile {
                name: "table.bin",
                known,
            }])),
            pooling: None,
            max_tokens: None,
            query_prefix: "",
            passage_prefix: "",
        }
    }

    fn pull(server: &Server, store: &Store, model: &Registered) -> Result<Manifest, ModelError> {
        let address = server.address.clone();
        let hub = Hub::from_environment(move |name| match name {
            "HF_ENDPOINT" => Some(format!("{address}/")),
            "HF_TOKEN" => Some("secret".to_owned()),
            _ => None,
        })?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let mut seen = 0;
        let pulled = runtime.block_on(hub.pull(store, model, &mut |at| seen = seen.max(at.done)));
        if pulled.is_ok() {
            assert!(seen > 0);
        }
        pulled
    }

    /// The right size and hash of a body, as the registry has them.
    fn known(body: &[u8]) -> (u64, &'static str) {
        use sha2::Digest;
        let hash = crate::store::hex(&sha2::Sha256::digest(body));
        (body.len() as u64, Box::leak(hash.into_boxed_str()))
    }

    #[test]
    fn a_model_is_fetched_checked_and_kept() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::new(home.path());
        let server = serve(table(), 0, true);
        let manifest = pull(&server, &store, &model(Some(known(&table())))).unwrap();
        assert!(manifest.verified);
        let head = server.requests.recv().unwrap();
        assert_eq!(head[0], "GET /some/tiny/resolve/abc/table.bin HTTP/1.1");
        assert!(head.contains(&"authorization: Bearer secret".to_owned()), "{head:?}");
        assert_eq!(store.open("tiny").unwrap().1, manifest);
        assert!(!manifest.source.contains("secret"));
    }

    #[test]
    fn what_broke_off_goes_on_where_it_stopped() {
        for ranges in [true, false] {
            let home = tempfile::tempdir().unwrap();
            let store = Store::new(home.path());
            let server = serve(table(), 2, ranges);
            let manifest = pull(&server, &store, &model(Some(known(&table())))).unwrap();
            assert!(manifest.verified);
            let heads: Vec<Vec<String>> = server.requests.try_iter().collect();
            assert_eq!(heads.len(), 3);
            assert!(
                heads[1].iter().any(|line| line.starts_with("range: bytes=")),
                "{heads:?}"
            );
        }
    }

    #[test]
    fn wrong_bytes_are_not_kept_and_unknown_ones_are_marked() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::new(home.path());
        let server = serve(table(), 0, true);
        let mut other = table();
        other[3_000] ^= 1;
        let error = pull(&server, &store, &model(Some(known(&other)))).unwrap_err();
        assert!(error.message.contains("SHA-256"), "{error}");
        assert!(store.open("tiny").is_err());
        let manifest = pull(&server, &store, &model(None)).unwrap();
        assert!(!manifest.verified);
        assert_eq!(manifest.files[0].sha256, known(&table()).1);
    }
}
