//! The application's executable. Everything it does is in [`relay_app`].
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    relay_app::run(std::env::args_os())
}
