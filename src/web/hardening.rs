//! What the framework leaves open to a hostile peer: request bodies that never end, frames that announce
//! more than they may send, and answers that nobody reads.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Extensions, Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::{ConnectionType, Method, StatusCode, header};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage, rt};
use futures_util::Stream;
use tokio::time::{Instant, Sleep, sleep};

use crate::config::limits::{self, BODY_FLOOR, BODY_IDLE, BODY_TOTAL, FRAME_BYTES};

/// Puts a limit in front of every request body and every websocket.
pub async fn guard(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let inner = request.take_payload();
    if matches!(inner, Payload::None) {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    if is_socket(&request) {
        request.set_payload(boxed(FrameGuard { inner, frames: Frames::default() }));
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    // Whatever the head says of it: `Upgrade` makes a body without an end of a POST without a length.
    let (late, inner) = (Rc::new(Cell::new(false)), Rc::new(RefCell::new(inner)));
    request.set_payload(boxed(TimedBody::new(inner.clone(), declared_length(&request), late.clone())));
    request.extensions_mut().insert(Unread { _body: inner });
    let mut response = next.call(request).await?.map_into_boxed_body();
    if late.get() {
        let head = response.response_mut().head_mut();
        head.status = StatusCode::REQUEST_TIMEOUT;
        head.set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}

/// Keeps what nobody has read of a body until the answer is out: the connection then ends with the answer. Let go of
/// before, it would be read and thrown away for as long as the peer likes to send. Stands around everything else.
pub async fn hold(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let response = next.call(request).await?.map_into_boxed_body();
    let unread = response.request().extensions_mut().remove::<Unread>();
    Ok(response.map_body(|_, body| match unread {
        Some(unread) => BoxBody::new(Holding { body, _unread: unread }),
        None => body,
    }))
}

/// A body as it comes from the connection, shared by who reads it and who holds it.
struct Unread {
    _body: Rc<RefCell<Payload>>,
}

/// An answer that holds what is unread of its request.
struct Holding {
    body: BoxBody,
    _unread: Unread,
}

impl MessageBody for Holding {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(cx)
    }
}

/// Lets the kernel drop a peer that does not read: without it, each such peer keeps its answer in memory for good.
pub fn on_connect(io: &dyn std::any::Any, _: &mut Extensions) {
    if let Some(stream) = io.downcast_ref::<rt::net::TcpStream>() {
        let _ = socket2::SockRef::from(stream).set_tcp_user_timeout(Some(limits::UNREAD));
    }
}

fn boxed(stream: impl Stream<Item = Result<Bytes, PayloadError>> + 'static) -> Payload {
    Payload::Stream { payload: Box::pin(stream) }
}

/// Whether what follows the head are frames: not if the head announces a body as well.
fn is_socket(request: &ServiceRequest) -> bool {
    let headers = request.headers();
    let upgrade = headers.get(header::UPGRADE).and_then(|value| value.to_str().ok());
    let has_body = headers.contains_key(header::CONTENT_LENGTH) || headers.contains_key(header::TRANSFER_ENCODING);
    let asks = upgrade.is_some_and(|to| to.eq_ignore_ascii_case("websocket"));
    request.method() == Method::GET && asks && !has_body
}

fn declared_length(request: &ServiceRequest) -> u64 {
    let value = request.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok());
    value.and_then(|v| v.parse().ok()).unwrap_or(0)
}

/// A request body with a longest pause and a lowest rate.
struct TimedBody {
    inner: Rc<RefCell<Payload>>,
    pause: Pin<Box<Sleep>>,
    deadline: Pin<Box<Sleep>>,
    late: Rc<Cell<bool>>,
}

impl TimedBody {
    fn new(inner: Rc<RefCell<Payload>>, length: u64, late: Rc<Cell<bool>>) -> TimedBody {
        let total = BODY_TOTAL + Duration::from_secs(length / BODY_FLOOR);
        TimedBody { inner, pause: Box::pin(sleep(BODY_IDLE)), deadline: Box::pin(sleep(total)), late }
    }
}

impl Stream for TimedBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let body = &mut *self;
        if body.deadline.as_mut().poll(cx).is_pending() {
            if let Poll::Ready(piece) = Pin::new(&mut *body.inner.borrow_mut()).poll_next(cx) {
                body.pause.as_mut().reset(Instant::now() + BODY_IDLE);
                return Poll::Ready(piece);
            }
            if body.pause.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
        body.late.set(true);
        Poll::Ready(Some(Err(PayloadError::Io(std::io::ErrorKind::TimedOut.into()))))
    }
}

/// Reads the declared length of each frame before the codec buffers it: the codec looks only once a frame is whole.
struct FrameGuard {
    inner: Payload,
    frames: Frames,
}

impl Stream for FrameGuard {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let guard = &mut *self;
        match Pin::new(&mut guard.inner).poll_next(cx) {
            Poll::Ready(Some(Ok(piece))) if !guard.frames.accept(&piece) => {
                Poll::Ready(Some(Err(PayloadError::Overflow)))
            }
            other => other,
        }
    }
}

/// Where in the stream of RFC 6455 frames the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Frames {
    #[default]
    Opcode,
    Length,
    Extended {
        left: u8,
        masked: bool,
        length: u64,
    },
    Mask {
        left: u8,
        length: u64,
    },
    Body {
        left: u64,
    },
}

impl Frames {
    /// Walks over a piece of the stream; false as soon as a frame announces more than [`FRAME_BYTES`].
    fn accept(&mut self, mut piece: &[u8]) -> bool {
        while let Some((&byte, rest)) = piece.split_first() {
            if let Frames::Body { left } = *self {
                let here = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
                piece = piece.get(here..).unwrap_or_default();
                *self = Frames::body(left - here as u64);
                continue;
            }
            *self = self.step(byte);
            piece = rest;
            if self.announced() > FRAME_BYTES as u64 {
                return false;
            }
        }
        true
    }

    fn step(self, byte: u8) -> Frames {
        match self {
            Frames::Opcode => Frames::Length,
            Frames::Length => {
                let masked = byte & 0x80 != 0;
                match byte & 0x7f {
                    126 => Frames::Extended { left: 2, masked, length: 0 },
                    127 => Frames::Extended { left: 8, masked, length: 0 },
                    length => Frames::sized(masked, u64::from(length)),
                }
            }
            Frames::Extended { left, masked, length } => match (left, length << 8 | u64::from(byte)) {
                (1, length) => Frames::sized(masked, length),
                (_, length) => Frames::Extended { left: left - 1, masked, length },
            },
            Frames::Mask { left: 1, length } => Frames::body(length),
            Frames::Mask { left, length } => Frames::Mask { left: left - 1, length },
            Frames::Body { left } => Frames::body(left - 1),
        }
    }

    fn sized(masked: bool, length: u64) -> Frames {
        if masked { Frames::Mask { left: 4, length } } else { Frames::body(length) }
    }

    fn body(left: u64) -> Frames {
        if left == 0 { Frames::Opcode } else { Frames::Body { left } }
    }

    fn announced(self) -> u64 {
        match self {
            Frames::Mask { length, .. } => length,
            Frames::Body { left } => left,
            Frames::Opcode | Frames::Length | Frames::Extended { .. } => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(length: u64) -> Vec<u8> {
        let mut head = vec![0x81, 0xff];
        head.extend(length.to_be_bytes());
        head.extend([1, 2, 3, 4]);
        head
    }

    #[test]
    fn a_frame_of_three_gib_is_refused_at_its_head() {
        assert!(!Frames::default().accept(&frame(3 << 30)));
    }

    #[test]
    fn a_head_that_arrives_byte_by_byte_is_refused_as_well() {
        let mut frames = Frames::default();
        assert!(!frame(3 << 30).iter().all(|byte| frames.accept(&[*byte])));
    }

    #[test]
    fn frames_of_every_length_up_to_the_limit_pass_and_end_where_they_should() {
        for length in [0_u64, 1, 125, 126, 4096] {
            let mut bytes = frame(length);
            bytes.resize(bytes.len() + length as usize, 0);
            let mut frames = Frames::default();
            assert!(frames.accept(&bytes));
            assert_eq!(frames, Frames::Opcode, "{length}");
        }
    }

    #[test]
    fn short_unmasked_frames_pass_too() {
        let mut frames = Frames::default();
        assert!(frames.accept(&[0x81, 2, b'h', b'i', 0x89, 0]));
        assert_eq!(frames, Frames::Opcode);
    }
}
