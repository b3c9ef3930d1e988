package frame

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// TooLargeError says that a message is over the bound of its protocol. While
// reading it is the peer's fault, while writing our own.
type TooLargeError struct {
	Bytes uint64 // length of the message
	Max   int    // bound of the protocol
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("message of %d bytes, at most %d are allowed", e.Bytes, e.Max)
}

// Reader reads length-prefixed messages of bounded size. It is not safe for
// concurrent use.
type Reader struct {
	r   io.Reader
	max int
	buf []byte
}

// NewReader returns a Reader of messages of at most limit bytes each. It reads
// from r exactly the bytes of the messages asked for, nothing ahead. A limit
// that is negative or over MessageBytesCeiling is a programmer's error and
// panics.
func NewReader(r io.Reader, limit int) *Reader {
	checkLimit(limit)
	return &Reader{r: r, max: limit}
}

// Read returns the next message. The slice is valid until the next call.
//
// At the clean end of the stream, between two messages, the error is io.EOF;
// inside a message io.ErrUnexpectedEOF. A message over the bound is a
// *TooLargeError and is found out before anything is allocated for it; the
// Reader is of no use after any error. While it waits for a message it keeps no
// more than keptBufferBytes.
func (r *Reader) Read() ([]byte, error) {
	if cap(r.buf) > keptBufferBytes {
		r.buf = nil
	}
	var prefix [prefixBytes]byte
	if _, err := io.ReadFull(r.r, prefix[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(prefix[:])
	if uint64(n) > uint64(r.max) {
		return nil, &TooLargeError{Bytes: uint64(n), Max: r.max}
	}
	if err := r.fill(int(n)); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return r.buf, nil
}

// fill reads n bytes into buf, growing it only as bytes arrive: by chunkBytes,
// or to twice what has come.
func (r *Reader) fill(n int) error {
	r.buf = r.buf[:0]
	for len(r.buf) < n {
		have := len(r.buf)
		want := min(n, max(2*have, chunkBytes, cap(r.buf)))
		if want > cap(r.buf) {
			grown := make([]byte, have, want)
			copy(grown, r.buf)
			r.buf = grown
		}
		r.buf = r.buf[:want]
		if _, err := io.ReadFull(r.r, r.buf[have:]); err != nil {
			return err
		}
	}
	return nil
}

// Writer writes length-prefixed messages of bounded size. It is not safe for
// concurrent use.
type Writer struct {
	w   io.Writer
	max int
	buf []byte
}

// NewWriter returns a Writer of messages of at most limit bytes each. A limit
// that is negative or over MessageBytesCeiling is a programmer's error and
// panics.
func NewWriter(w io.Writer, limit int) *Writer {
	checkLimit(limit)
	return &Writer{w: w, max: limit}
}

// Write sends the messages in order with a single call of the underlying
// Write, so that several small ones share a packet. The slices are not kept.
// If any is over the bound the error is a *TooLargeError and nothing is sent.
func (w *Writer) Write(msgs ...[]byte) error {
	w.buf = w.buf[:0]
	for _, m := range msgs {
		if len(m) > w.max {
			return &TooLargeError{Bytes: uint64(len(m)), Max: w.max}
		}
		w.buf = binary.BigEndian.AppendUint32(w.buf, uint32(len(m)))
		w.buf = append(w.buf, m...)
	}
	_, err := w.w.Write(w.buf)
	if cap(w.buf) > keptBufferBytes {
		w.buf = nil
	}
	return err
}

func checkLimit(limit int) {
	if limit < 0 || limit > MessageBytesCeiling {
		panic(fmt.Sprintf("frame: message limit %d is outside 0..%d", limit, MessageBytesCeiling))
	}
}
