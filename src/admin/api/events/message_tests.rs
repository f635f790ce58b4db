//! Each shape that a body comes in.
