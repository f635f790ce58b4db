//! The decoder: what may come next, and what it must be.

use super::chain::Chain;
use super::line::{self, Line, LineBuffer, LineEnd};
use crate::sigv4::{ChunkSeed, Payload};
use bytes::Bytes;
use sha2::{Digest, Sha256};

/// Why a body is not what it says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ChunkedError {
    /// The size of a chunk is no plain hexadecimal number of at most 16 digits.
    #[error("the size of a chunk is not written as it should be")]
    BadSize,
    /// Behind a chunk's size stands something else than one signature, or none where one is due, or one where none is.
    #[error("a chunk's signature is missing, malformed or out of place")]
    BadExtension,
    /// A line that goes on for more than 128 bytes.
    #[error("a line between two chunks is too long")]
    LineTooLong,
    /// No CRLF where one is due.
    #[error("a chunk or a line does not end in CRLF")]
    BadLineEnd,
    /// A signature of a chunk or of the trailer does not match.
    #[error("the signature of a chunk or of the trailer does not match")]
    SignatureMismatch,
    /// The chunks hold more than was announced.
    #[error("the chunks hold more than x-amz-decoded-content-length says")]
    TooLong,
    /// The chunks hold less than was announced.
    #[error("the chunks hold less than x-amz-decoded-content-length says")]
    TooShort,
    /// The body ended before its last line.
    #[error("the body ended before its last chunk did")]
    Truncated,
    /// The trailer is not written as it should be.
    #[error("the trailer is malformed")]
    BadTrailer,
    /// A trailer that was not announced, or more than the one that was.
    #[error("a trailer that x-amz-trailer does not announce")]
    UnexpectedTrailer,
    /// The trailer that was announced did not come, or the payload's kind asks for one and none was announced.
    #[error("the trailer that is due did not come")]
    MissingTrailer,
    /// Something stands behind the end.
    #[error("there are bytes behind the end of the last chunk")]
    BytesAfterEnd,
}

/// Decodes one aws-chunked body, as it comes.
#[derive(Debug)]
pub struct Decoder {
    state: State,
    line: LineBuffer,
    /// `None` where chunks are not signed.
    chain: Option<Chain>,
    /// Whether the trailer is signed too.
    trailer_signed: bool,
    /// The name of the field that the trailer must have; `None` where there must be no trailer.
    announced: Option<Box<str>>,
    /// The value of that field.
    trailer: Option<Box<str>>,
    /// What all chunks together must come to, in bytes.
    length: Option<u64>,
    /// What the chunks so far have come to, the present one included.
    total: u64,
}

#[derive(Debug)]
enum State {
    /// A chunk's size.
    Size,
    /// So many bytes of a chunk.
    Data { left: u64, proof: Option<Proof> },
    /// The CRLF behind a chunk's data.
    DataEnd(Option<Proof>),
    /// The field of the trailer.
    Field,
    /// The CRLF behind a field that ended in a line feed alone.
    Gap,
    /// The signature of the trailer.
    TrailerSignature,
    /// The empty line that ends it all.
    LastLine,
    /// Nothing more.
    Done,
    /// Nothing will mend it.
    Failed(ChunkedError),
}

/// What a chunk's signature will be judged by.
#[derive(Debug)]
struct Proof {
    claimed: [u8; 32],
    data: Sha256,
}

impl Decoder {
    /// Takes what the signature says of the body, the field that `x-amz-trailer` announces (lower case), and
    /// `x-amz-decoded-content-length` in bytes, `None` where it is not told. `None` when such a body is not aws-chunked.
    ///
    /// # Errors
    /// [`ChunkedError::UnexpectedTrailer`] or [`ChunkedError::MissingTrailer`] when the payload's kind has no trailer and one
    /// is announced, or has a signed one and none is.
    pub fn of(payload: &Payload, announced: Option<&str>, length: Option<u64>) -> Result<Option<Self>, ChunkedError> {
        let (seed, trailer_signed): (Option<&ChunkSeed>, bool) = match payload {
            Payload::Unsigned | Payload::Sha256(_) => return Ok(None),
            Payload::UnsignedTrailer => (None, false),
            Payload::SignedChunks(_) if announced.is_some() => return Err(ChunkedError::UnexpectedTrailer),
            Payload::SignedChunks(seed) => (Some(seed), false),
            Payload::SignedChunksTrailer(_) if announced.is_none() => return Err(ChunkedError::MissingTrailer),
            Payload::SignedChunksTrailer(seed) => (Some(seed), true),
        };
        Ok(Some(Self {
            state: State::Size,
            line: LineBuffer::new(),
            chain: seed.cloned().map(Chain::new),
            trailer_signed,
            announced: announced.map(Box::from),
            trailer: None,
            length,
            total: 0,
        }))
    }

    /// Takes bytes off the front of `input` and returns the next piece of data, a slice of it and never empty; `None` when
    /// the input is used up.
    ///
    /// # Errors
    /// [`ChunkedError`], the same one for ever after.
    pub fn decode(&mut self, input: &mut Bytes) -> Result<Option<Bytes>, ChunkedError> {
        if let State::Failed(error) = self.state {
            return Err(error);
        }
        let result = self.advance(input);
        if let Err(error) = result {
            self.state = State::Failed(error);
        }
        result
    }

    /// Says whether all is there and all signatures held, now that the body has ended; returns the trailer's value.
    ///
    /// # Errors
    /// [`ChunkedError`], [`ChunkedError::Truncated`] when something is missing.
    pub fn finish(self) -> Result<Option<Box<str>>, ChunkedError> {
        match self.state {
            State::Done => Ok(self.trailer),
            State::Failed(error) => Err(error),
            _ => Err(ChunkedError::Truncated),
        }
    }

    fn advance(&mut self, input: &mut Bytes) -> Result<Option<Bytes>, ChunkedError> {
        while !input.is_empty() {
            match &mut self.state {
                State::Data { left, proof } => {
                    let here = usize::try_from(*left).map_or(input.len(), |left| left.min(input.len()));
                    let piece = input.split_to(here);
                    if let Some(proof) = proof {
                        proof.data.update(&piece);
                    }
                    *left = left.saturating_sub(piece.len() as u64);
                    if *left == 0 {
                        self.state = State::DataEnd(proof.take());
                    }
                    return Ok(Some(piece));
                }
                State::Done => return Err(ChunkedError::BytesAfterEnd),
                _ => {
                    if let Some(line) = self.line.take(input)? {
                        self.next(&line)?;
                    }
                }
            }
        }
        Ok(None)
    }

    /// Takes a line where no data is due.
    fn next(&mut self, line: &Line) -> Result<(), ChunkedError> {
        self.state = match std::mem::replace(&mut self.state, State::Done) {
            State::Size => self.size(line.with_crlf()?)?,
            State::DataEnd(proof) => {
                empty(line, ChunkedError::BadLineEnd)?;
                self.prove(proof)?;
                State::Size
            }
            State::Field => self.field(line)?,
            State::Gap => {
                empty(line, ChunkedError::BadTrailer)?;
                self.behind_field()
            }
            State::TrailerSignature => {
                self.trailer_signature(line.with_crlf()?)?;
                State::LastLine
            }
            State::LastLine => {
                empty(line, ChunkedError::UnexpectedTrailer)?;
                State::Done
            }
            // Neither reads lines.
            state @ (State::Data { .. } | State::Done | State::Failed(_)) => state,
        };
        Ok(())
    }

    fn size(&mut self, line: &[u8]) -> Result<State, ChunkedError> {
        let (size, claimed) = line::size_line(line)?;
        if claimed.is_some() != self.chain.is_some() {
            return Err(ChunkedError::BadExtension);
        }
        let proof = claimed.map(|claimed| Proof {
            claimed,
            data: Sha256::new(),
        });
        self.total = self.total.checked_add(size).ok_or(ChunkedError::TooLong)?;
        if self.length.is_some_and(|length| self.total > length) {
            return Err(ChunkedError::TooLong);
        }
        if size > 0 {
            return Ok(State::Data { left: size, proof });
        }
        self.prove(proof)?;
        if self.length.is_some_and(|length| self.total < length) {
            return Err(ChunkedError::TooShort);
        }
        Ok(match self.announced {
            Some(_) => State::Field,
            None => State::LastLine,
        })
    }

    fn prove(&mut self, proof: Option<Proof>) -> Result<(), ChunkedError> {
        match (&mut self.chain, proof) {
            (Some(chain), Some(proof)) => chain.chunk(&proof.claimed, proof.data),
            (None, None) => Ok(()),
            _ => Err(ChunkedError::BadExtension),
        }
    }

    fn field(&mut self, line: &Line) -> Result<State, ChunkedError> {
        if line.is_empty() {
            return Err(ChunkedError::MissingTrailer);
        }
        let (name, value) = line.field()?;
        let expected = self.announced.as_deref();
        if !expected.is_some_and(|expected| expected.eq_ignore_ascii_case(name)) {
            return Err(ChunkedError::UnexpectedTrailer);
        }
        self.trailer = Some(value.into());
        Ok(match line.end {
            LineEnd::CrLf => self.behind_field(),
            LineEnd::Lf => State::Gap,
        })
    }

    fn behind_field(&self) -> State {
        if self.trailer_signed {
            State::TrailerSignature
        } else {
            State::LastLine
        }
    }

    fn trailer_signature(&mut self, line: &[u8]) -> Result<(), ChunkedError> {
        let text = str::from_utf8(line).map_err(|_| ChunkedError::BadTrailer)?;
        let (name, digits) = text.split_once(':').ok_or(ChunkedError::BadTrailer)?;
        if !name.eq_ignore_ascii_case("x-amz-trailer-signature") {
            return Err(ChunkedError::UnexpectedTrailer);
        }
        let claimed = line::signature(digits.as_bytes()).ok_or(ChunkedError::BadTrailer)?;
        match (&mut self.chain, &self.announced, &self.trailer) {
            (Some(chain), Some(name), Some(value)) => chain.trailer(&claimed, name, value),
            _ => Err(ChunkedError::BadTrailer),
        }
    }
}

/// Takes an empty line that ends in CRLF; `otherwise` is what a line with something in it is.
fn empty(line: &Line, otherwise: ChunkedError) -> Result<(), ChunkedError> {
    if line.with_crlf()?.is_empty() {
        Ok(())
    } else {
        Err(otherwise)
    }
}
