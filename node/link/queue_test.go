package link

import (
	"testing"
	"time"
)

func TestQueueKeepsOrderAndBounds(t *testing.T) {
	q := newQueue()
	if !q.put(make([]byte, writeBytes-1), []byte{1}, []byte{2}) {
		t.Fatal("does not fit")
	}
	if got := q.take(); len(got) != 2 || len(got[0])+len(got[1]) != writeBytes {
		t.Errorf("took %d frames", len(got))
	}
	if got := q.take(); len(got) != 1 || got[0][0] != 2 {
		t.Errorf("then %d frames", len(got))
	}
	if got := q.take(); len(got) != 0 {
		t.Errorf("and %d more", len(got))
	}
	if !q.put(make([]byte, 2*writeBytes)) || len(q.take()) != 1 {
		t.Error("a frame over writeBytes does not leave")
	}
	if q.put(make([]byte, queueBytes+1)) {
		t.Error("more than queueBytes was taken")
	}
	many := make([][]byte, queueFrames)
	if !q.put(many...) || q.put(nil) {
		t.Error("queueFrames is not the bound")
	}
	if q.bytes != 0 || len(q.frames) != queueFrames {
		t.Errorf("%d frames of %d bytes", len(q.frames), q.bytes)
	}
}

func TestPauses(t *testing.T) {
	m := &Manager{}
	f := &friend{poke: make(chan struct{}, 1)}
	for range 100 {
		f.failures = 0
		if d := m.pause(f); d >= dialSpread {
			t.Fatalf("first attempt after %v", d)
		}
		for failures, top := range map[int]int{1: 1, 2: 2, 3: 4, 9: 256, 10: 300, 1 << 30: 300} {
			f.failures = failures
			d, most := m.pause(f), time.Duration(top)*time.Second
			if d < most/2 || d > most {
				t.Fatalf("pause %v after %d failures, want up to %v", d, failures, most)
			}
		}
	}
}
