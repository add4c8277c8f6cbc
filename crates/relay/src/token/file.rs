//! The file of tokens that several relays share.
//!
//! JSON, one object with the list `tokens`. Each has `id`, `name`, `sha256` (of the secret, 64 hexadecimal digits) and
//! `created`, and may have `expires`, `models`, `requests_per_minute`, `concurrent_requests`, `credits_per_day` and
//! `credits_per_month`; dates are RFC 3339. What else stands there is refused: a limit that is spelled wrongly must not be
//! none. A file that can't be read or understood leaves the tokens as they were.

use std::{
    collections::HashSet,
    fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Hash, ID_PREFIX, Token, TokenError, TokenInfo};
use crate::task;

/// The largest file that is read, in bytes: tens of thousands of tokens.
const LARGEST: u64 = 16 << 20;

/// The whole file.
#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Content {
    tokens: Vec<Entry>,
}

/// A token in it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    name: String,
    sha256: String,
    created: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    models: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    requests_per_minute: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    concurrent_requests: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    credits_per_day: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    credits_per_month: Option<u64>,
}

/// The file as it was read last.
#[derive(Debug, Default)]
pub(super) struct SharedFile {
    path: Option<PathBuf>,
    bytes: Vec<u8>,
    tokens: Vec<Arc<Token>>,
    /// What is wrong with it now, said once.
    problem: Option<String>,
}

impl SharedFile {
    /// Reads it, and says whether its tokens are others now.
    pub(super) async fn read(&mut self, path: Option<&Path>) -> bool {
        let is_another = self.path.as_deref() != path;
        if is_another {
            *self = Self { path: path.map(Path::to_owned), ..Self::default() };
        }
        let Some(path) = self.path.clone() else { return is_another };
        let read = task::compute(move || bytes(&path)).await.unwrap_or_else(|| Err("it can't be read".into()));
        let problem = match read {
            Ok(bytes) if !self.bytes.is_empty() && bytes == self.bytes => None,
            Ok(bytes) => match parse(&bytes) {
                Ok(tokens) => {
                    tracing::info!(tokens = tokens.len(), "the file of tokens was read");
                    (self.bytes, self.tokens) = (bytes, tokens.into_iter().map(Arc::new).collect());
                    self.problem = None;
                    return true;
                }
                Err(problem) => Some(problem),
            },
            Err(problem) => Some(problem),
        };
        if let Some(problem) = problem.as_ref().filter(|problem| self.problem.as_ref() != Some(*problem)) {
            let path = self.path.as_deref().unwrap_or(Path::new("")).display();
            tracing::warn!(%path, problem, "the file of tokens can't be used; those read from it before stay in force");
        }
        self.problem = problem;
        is_another
    }

    /// Those in it.
    pub(super) fn tokens(&self) -> impl Iterator<Item = &Arc<Token>> {
        self.tokens.iter()
    }

    /// Where it is.
    pub(super) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }
}

/// The tokens of the file at `path`.
///
/// # Errors
/// [`TokenError::File`].
pub(crate) fn all(path: &Path) -> Result<Vec<TokenInfo>, TokenError> {
    let tokens = bytes(path).and_then(|bytes| parse(&bytes)).map_err(|cause| failed(path, cause))?;
    Ok(tokens.into_iter().map(|token| token.info).collect())
}

/// Writes a new one into the file at `path`, which is made if there is none.
///
/// # Errors
/// [`TokenError`]; the file is as it was then.
pub(crate) fn insert(path: &Path, token: &Token) -> Result<(), TokenError> {
    change(path, |tokens| {
        if tokens.iter().any(|other| other.info.name == token.info.name) {
            return Err(TokenError::NameTaken { name: token.info.name.clone() });
        }
        tokens.push(token.clone());
        Ok(true)
    })?;
    Ok(())
}

/// Takes the one of this id or name out of the file at `path`; whether there was one.
///
/// # Errors
/// [`TokenError`]; the file is as it was then.
pub(crate) fn remove(path: &Path, id_or_name: &str) -> Result<bool, TokenError> {
    change(path, |tokens| {
        let is_it: fn(&TokenInfo, &str) -> bool = if tokens.iter().any(|token| token.info.id == id_or_name) {
            |info, id| info.id == id
        } else {
            |info, name| info.name == name
        };
        let count = tokens.len();
        tokens.retain(|token| !is_it(&token.info, id_or_name));
        Ok(tokens.len() < count)
    })
}

/// Changes the file, if `change` says that there is something to write. Others who change it wait.
fn change(path: &Path, change: impl FnOnce(&mut Vec<Token>) -> Result<bool, TokenError>) -> Result<bool, TokenError> {
    let _lock = lock(path).map_err(|error| failed(path, error))?;
    let mut tokens = match fs::exists(path) {
        Ok(false) => Vec::new(),
        _ => bytes(path).and_then(|bytes| parse(&bytes)).map_err(|cause| failed(path, cause))?,
    };
    let is_changed = change(&mut tokens)?;
    if is_changed {
        write(path, &tokens).map_err(|error| failed(path, error))?;
    }
    Ok(is_changed)
}

/// A file beside it, because the file itself is replaced; the system lets go of the lock when the process ends.
fn lock(path: &Path) -> io::Result<fs::File> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = fs::OpenOptions::new().create(true).append(true).open(name)?;
    file.lock()?;
    Ok(file)
}

/// Replaces the file as a whole, so that nobody reads half of it. A new one is for its owner alone.
fn write(path: &Path, tokens: &[Token]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    let content = Content { tokens: tokens.iter().map(Entry::from).collect() };
    writeln!(file, "{:#}", serde_json::to_value(content)?)?;
    if let Ok(old) = fs::metadata(path) {
        file.as_file().set_permissions(old.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

fn failed(path: &Path, cause: impl ToString) -> TokenError {
    TokenError::File { path: path.to_owned(), cause: cause.to_string() }
}

fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(|error| error.to_string())?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= LARGEST) {
        Ok(bytes)
    } else {
        Err("it is too large".into())
    }
}

/// The tokens in these bytes, or what is wrong with them; never a word of what stands there, which may be a secret.
fn parse(bytes: &[u8]) -> Result<Vec<Token>, String> {
    let content: Content = serde_json::from_slice(bytes)
        .map_err(|error| format!("it is no file of tokens (line {}, column {})", error.line(), error.column()))?;
    let (mut ids, mut names) = (HashSet::new(), HashSet::new());
    let read = |(place, entry): (usize, Entry)| {
        let token = entry.into_token().filter(|token| {
            ids.insert(token.info.id.clone()) && names.insert(token.info.name.clone()) && token.check().is_ok()
        });
        token.ok_or_else(|| format!("its token number {} can't be one, or is there twice", place + 1))
    };
    content.tokens.into_iter().enumerate().map(read).collect()
}

impl From<&Token> for Entry {
    fn from(Token { info, hash }: &Token) -> Self {
        Self {
            id: info.id.clone(),
            name: info.name.clone(),
            sha256: hash.to_hex(),
            created: time(info.created_unix_ms),
            expires: info.expires_unix_ms.map(time),
            models: info.models.clone(),
            requests_per_minute: info.requests_per_minute,
            concurrent_requests: info.concurrent_requests,
            credits_per_day: info.credits_per_day,
            credits_per_month: info.credits_per_month,
        }
    }
}

impl Entry {
    /// The token, if its id and hash are such.
    fn into_token(self) -> Option<Token> {
        // The id becomes the name of an owner, and must be no other one's.
        let is_id = self.id.starts_with(ID_PREFIX) && self.id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let unix_ms = |time: Timestamp| u64::try_from(time.as_millisecond()).unwrap_or(0);
        let info = TokenInfo {
            id: self.id,
            name: self.name,
            created_unix_ms: unix_ms(self.created),
            expires_unix_ms: self.expires.map(unix_ms),
            models: self.models,
            requests_per_minute: self.requests_per_minute,
            concurrent_requests: self.concurrent_requests,
            credits_per_day: self.credits_per_day,
            credits_per_month: self.credits_per_month,
            is_shared: true,
        };
        let hash = Hash::from_hex(&self.sha256)?;
        (is_id && info.id.len() <= 64).then_some(Token { info, hash })
    }
}

fn time(unix_ms: u64) -> Timestamp {
    i64::try_from(unix_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok()).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::NewToken;

    const NOW: u64 = 1_800_000_000_123;

    fn made(name: &str) -> Token {
        let new = NewToken {
            name: name.into(),
            models: Some(vec!["gpt-4o".into()]),
            requests_per_minute: Some(60),
            credits_per_month: Some(0),
            expires_unix_ms: Some(NOW + 1_000),
            ..NewToken::default()
        };
        Token::make(new, NOW).unwrap().0
    }

    #[test]
    fn what_was_written_is_read_and_names_are_given_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.json");
        assert!(matches!(all(&path), Err(TokenError::File { .. })));
        let (ann, bob) = (made("ann"), made("bob"));
        insert(&path, &ann).unwrap();
        insert(&path, &bob).unwrap();
        assert_eq!(insert(&path, &made("ann")), Err(TokenError::NameTaken { name: "ann".into() }));
        let shared = |token: &Token| TokenInfo { is_shared: true, ..token.info.clone() };
        assert_eq!(all(&path).unwrap(), [shared(&ann), shared(&bob)]);
        assert!(remove(&path, &ann.info.id).unwrap() && !remove(&path, "ann").unwrap());
        assert_eq!(all(&path).unwrap(), [shared(&bob)]);
    }

    #[test]
    fn those_who_write_at_the_same_time_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.json");
        std::thread::scope(|scope| {
            for number in 0..8 {
                let path = &path;
                scope.spawn(move || insert(path, &made(&number.to_string())).unwrap());
            }
        });
        assert_eq!(all(&path).unwrap().len(), 8);
    }

    #[cfg(unix)]
    #[test]
    fn a_new_file_is_for_its_owner_alone_and_an_old_one_stays_as_it_is() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.json");
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        insert(&path, &made("ann")).unwrap();
        assert_eq!(mode(), 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        insert(&path, &made("bob")).unwrap();
        assert_eq!(mode(), 0o644);
    }

    #[test]
    fn a_file_that_is_wrong_anywhere_is_refused_as_a_whole_and_not_repeated() {
        let good = serde_json::to_value(Content { tokens: vec![Entry::from(&made("ann"))] }).unwrap();
        let read = |content: &serde_json::Value| parse(content.to_string().as_bytes());
        assert_eq!(read(&good).unwrap().len(), 1);
        for (field, value) in [
            ("id", "local".into()),
            ("id", "tok-1".into()),
            ("name", "".into()),
            ("sha256", "1mr-a-secret-in-the-wrong-place".into()),
            ("models", serde_json::json!([])),
            ("requests_per_minute", (-1).into()),
            ("credits_per_day", u64::MAX.into()),
            ("created", "yesterday".into()),
            ("expires", serde_json::json!({"1mr-a-secret": 1})),
            ("1mr-a-secret", 1.into()),
        ] {
            let mut wrong = good.clone();
            wrong["tokens"][0][field] = value;
            let problem = read(&wrong).unwrap_err();
            assert!(!problem.contains("1mr-"), "{problem}");
        }
        let twice = serde_json::json!({"tokens": [good["tokens"][0], good["tokens"][0]]});
        assert!(read(&twice).unwrap_err().contains("number 2"));
        assert!(parse(b"").is_err() && parse(b"[]").is_err() && read(&serde_json::json!({"tokens": []})).is_ok());
    }

    #[tokio::test]
    async fn only_another_path_takes_away_what_was_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.json");
        let mut file = SharedFile::default();
        assert!(file.read(Some(&path)).await && file.tokens().count() == 0, "it is not there yet");
        insert(&path, &made("ann")).unwrap();
        assert!(file.read(Some(&path)).await && !file.read(Some(&path)).await, "it is others once");
        for broken in ["{", ""] {
            fs::write(&path, broken).unwrap();
            assert!(!file.read(Some(&path)).await && file.tokens().count() == 1);
        }
        fs::remove_file(&path).unwrap();
        assert!(!file.read(Some(&path)).await && file.tokens().count() == 1);
        assert!(file.read(None).await && file.tokens().count() == 0);
    }
}
