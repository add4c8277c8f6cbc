//! What the application keeps: the relay's settings, and what the person chose for the application itself. Two files of
//! the data folder, written by tauri-plugin-store.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;
use tauri::{AppHandle, Runtime};
use tauri_plugin_store::{Store, StoreExt};

/// A file of names and values.
pub(crate) trait Shelf: Send + Sync {
    /// Everything in it.
    fn values(&self) -> BTreeMap<String, Value>;

    /// Puts a value in its place, or takes it away, and writes the file.
    ///
    /// # Errors
    /// What kept the file from being written.
    fn put(&self, name: &str, value: Option<Value>) -> Result<(), String>;
}

/// The relay's settings; the program reads the same file.
pub(crate) const SETTINGS: &str = "settings.json";

/// The application's own.
pub(crate) const PREFERENCES: &str = "app.json";

/// A file of tauri-plugin-store.
struct StoreShelf<R: Runtime>(Arc<Store<R>>);

/// Opens a file of the data folder.
///
/// # Errors
/// What kept it from being opened.
pub(crate) fn open<R: Runtime>(app: &AppHandle<R>, file: &str) -> Result<Box<dyn Shelf>, String> {
    let store = app.store_builder(file).disable_auto_save().build().map_err(|error| error.to_string())?;
    Ok(Box::new(StoreShelf(store)))
}

impl<R: Runtime> Shelf for StoreShelf<R> {
    fn values(&self) -> BTreeMap<String, Value> {
        self.0.entries().into_iter().collect()
    }

    fn put(&self, name: &str, value: Option<Value>) -> Result<(), String> {
        match value {
            Some(value) => self.0.set(name, value),
            None => drop(self.0.delete(name)),
        }
        self.0.save().map_err(|error| error.to_string())
    }
}
