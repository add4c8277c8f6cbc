//! Whose a stored thing is. Another owner's thing is not there.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use onemin::ApiKey;
use sha2::{Digest, Sha256};

/// The file of the salt in the data folder.
const FILE: &str = "salt";

/// Who owns what is stored for a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Owner(String);

/// A 1min.ai account, told apart by its key without holding it. What 1min.ai keeps for one is not there for another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Account(String);

impl Owner {
    /// Everybody who uses the stored key.
    pub(crate) fn local() -> Self {
        Self("local".into())
    }

    /// Whoever sends this token.
    pub(crate) fn of_token(id: &str) -> Self {
        Self(id.to_owned())
    }

    /// The name under which this owner's things are stored: letters and digits.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Account {
    /// A name for the account that tells nothing of its key: letters and digits.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&Account> for Owner {
    /// Who brings a key of its own owns what that key paid for.
    fn from(account: &Account) -> Self {
        Self(account.0.clone())
    }
}

/// What is mixed into a key before it is hashed, so that nobody can try keys against what is stored.
#[derive(Clone)]
pub(crate) struct Salt([u8; 32]);

impl Salt {
    /// The salt of this installation, made when it is first asked for. Without a folder, or where it can't be kept, it lasts
    /// as long as the relay, and what is stored for keys of clients is not found again after it.
    pub(crate) fn of_folder(data_dir: Option<&PathBuf>) -> Self {
        let Some(folder) = data_dir else { return Self::random() };
        let path = folder.join(FILE);
        let read = || fs::read(&path).ok().and_then(|bytes| bytes.try_into().ok()).map(Self);
        if let Some(salt) = read() {
            return salt;
        }
        let salt = Self::random();
        match salt.keep(&path) {
            Ok(()) => salt,
            Err(error) => {
                tracing::debug!(%error, "the salt is not kept");
                // Another process may have been first.
                read().unwrap_or(salt)
            }
        }
    }

    /// Who this key's account is.
    pub(crate) fn account(&self, key: &ApiKey) -> Account {
        let hash = Sha256::new().chain_update(self.0).chain_update(key.reveal()).finalize();
        Account(hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect())
    }

    fn random() -> Self {
        let mut bytes = [0; 32];
        #[expect(clippy::expect_used, reason = "without the system's randomness nothing here is safe")]
        getrandom::fill(&mut bytes).expect("the system gives random bytes");
        Self(bytes)
    }

    /// Writes it for nobody else to read; a file that is there already is another process's, and stays.
    fn keep(&self, path: &Path) -> io::Result<()> {
        let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
        fs::create_dir_all(folder)?;
        let file = tempfile::NamedTempFile::new_in(folder)?;
        fs::write(file.path(), self.0)?;
        file.persist_noclobber(path)?;
        Ok(())
    }
}

impl std::fmt::Debug for Salt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Salt")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_apart_and_a_kept_salt_tells_them_apart_alike() {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("new");
        let (one, other) = (ApiKey::new("one-key-of-somebody").unwrap(), ApiKey::new("another-key").unwrap());
        let salt = Salt::of_folder(Some(&data_dir));
        let account = salt.account(&one);
        assert_ne!(account, salt.account(&other));
        assert_eq!(Salt::of_folder(Some(&data_dir)).account(&one), account);
        assert_ne!(Salt::of_folder(None).account(&one), account);
        let owner = Owner::from(&account);
        assert!(owner.as_str().len() == 32 && !owner.as_str().contains("somebody"));
        assert_ne!(owner, Owner::local());
    }
}
