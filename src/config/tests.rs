//! Judged from outside: what a text becomes.
