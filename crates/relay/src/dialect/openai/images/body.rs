//! The body of a request: JSON, or a form with the pictures as files.

use axum::extract::{FromRequest, Request};
use http::header;
use serde_json::{Map, Value};
use std::sync::Arc;

use super::{field::Fields, media};
use crate::{
    conversation::Media,
    dialect::{json::Json, openai::field::missing},
    error::{Error, Fault},
    guard::form::{self, Form, FormFile},
    shared::Shared,
};

/// The most pictures that are changed together.
const MOST_IMAGES: usize = 16;

/// What came.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) fields: Fields,
    /// Files alone: the texts are fields.
    files: Form,
}

impl Body {
    /// Reads a body by what it says it is.
    pub(super) async fn read(request: Request, shared: &Arc<Shared>) -> Result<Self, Error> {
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_form = content_type.is_some_and(|value| value.trim().to_ascii_lowercase().starts_with("multipart/"));
        if is_form {
            return Ok(Self::of_form(form::collect(request, shared).await?));
        }
        let Json(fields) = Json::<Map<String, Value>>::from_request(request, shared).await?;
        Ok(Self::of_json(fields))
    }

    pub(super) fn of_form(mut form: Form) -> Self {
        Self { fields: Fields::of_form(std::mem::take(&mut form.fields)), files: form }
    }

    pub(super) fn of_json(fields: Map<String, Value>) -> Self {
        Self { fields: Fields::of_json(fields), files: Form::default() }
    }

    /// The pictures to start from: files of a form (`image`, `image[]`, `image[0]`), `images` of JSON, or `image` as some write it.
    pub(super) fn take_images(&mut self) -> Result<Vec<Media>, Error> {
        let images = self.files.take_files(&["image", "image[]"]).into_iter();
        let mut images = images.map(|file| of_file("image", file)).collect::<Result<Vec<Media>, Error>>()?;
        for name in ["images", "image"] {
            match self.fields.take(name) {
                None => {}
                Some(Value::Array(list)) => {
                    for (index, value) in list.into_iter().enumerate() {
                        images.push(media::read(&value, &format!("{name}[{index}]"))?);
                    }
                }
                Some(value) => images.push(media::read(&value, name)?),
            }
        }
        match images.len() {
            0 => Err(missing("image", "Send the picture to start from as a file of a multipart/form-data body.")),
            1..=MOST_IMAGES => Ok(images),
            _ => {
                let message = format!("At most {MOST_IMAGES} pictures can be changed together.");
                Err(Error::field("image", Fault::Invalid, message))
            }
        }
    }

    /// The mask, if there is one.
    pub(super) fn take_mask(&mut self) -> Result<Option<Media>, Error> {
        if let Some(file) = self.files.take_file("mask") {
            return of_file("mask", file).map(Some);
        }
        self.fields.take("mask").map(|value| media::read(&value, "mask")).transpose()
    }
}

fn of_file(param: &str, file: FormFile) -> Result<Media, Error> {
    if file.content.size_bytes() == 0 {
        return Err(Error::field(param, Fault::Invalid, format!("The file in '{param}' is empty. Send a picture.")));
    }
    Ok(media::of_file(param, file))
}
