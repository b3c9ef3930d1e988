package apiclient

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"testing"
)

// transport answers every request with the beginning of a stream and an end.
type transport struct {
	begin []byte
	end   error
}

func (tr transport) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, ProtoMajor: 2, Request: r, ContentLength: -1,
		Header: http.Header{"Content-Type": {"application/connect+proto"}},
		Body:   io.NopCloser(io.MultiReader(bytes.NewReader(tr.begin), failing{tr.end})),
	}, nil
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// A node that dies in the middle of a message has gone away: what became of the
// payment is to be asked again. A message that is whole and wrong is another
// matter.
func TestNodeDiesWhileItStreams(t *testing.T) {
	for name, tt := range map[string]struct {
		transport
		code Code
	}{
		"in a length":           {transport{[]byte{0, 0, 0}, io.EOF}, Unreachable},
		"in a message":          {transport{[]byte{0, 0, 0, 0, 9, 1}, io.EOF}, Unreachable},
		"by its connection":     {transport{[]byte{0, 0}, errors.New("http2: client connection force closed via ClientConn.Close")}, Unreachable},
		"not: it talks rubbish": {transport{[]byte{0, 0, 0, 0, 2, 0xff, 0xff}, io.EOF}, Broken},
	} {
		c := newClient(&http.Client{Transport: tt.transport})
		_, err := c.Pay(t.Context(), PayRequest{Invoice: "x"}, nil)
		if fault, ok := errors.AsType[*Error](err); !ok || fault.Code != tt.code {
			t.Errorf("%s: %#v, want code %v", name, err, tt.code)
		}
	}
}
