//! Assembly: [`handle`] is the walk in one short function; the app holds all handles and is swapped whole on reload.

pub mod reload;
