package ledger

import "testing"

func TestRequestEncodedLen(t *testing.T) {
	plain := NewPath(Hop{Node: NodeID{1}, Amount: NewAmount(7)}, Hop{Node: NodeID{2}, Amount: NewAmount(6)})
	for name, r := range map[string]*Request{
		"seller":  {Currency: Currency{"EUR", 2}, Amount: NewAmount(1), Path: NewPath()},
		"plain":   {Currency: Currency{"HOURS.BERLIN", 0}, Amount: NewAmount(9), Path: plain, Sealed: make([]byte, SealedBytesMax)},
		"unknown": {Currency: Currency{"X", 18}, Path: Path{Version: 2, Opaque: make([]byte, 77)}, Sealed: []byte{1}},
	} {
		if got, want := r.EncodedLen(), len(EncodeRequest(r)); got != want {
			t.Errorf("%s: EncodedLen %d, encodes to %d", name, got, want)
		}
	}
}
