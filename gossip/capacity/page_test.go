package capacity

import (
	"errors"
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
)

// Every bound of a page, broken one at a time, is a fault in Validate and,
// when the page can be written at all, in Decode.
func TestBounds(t *testing.T) {
	tooLarge := ledger.AmountFromParts(1<<32, 0) // 2^96
	tests := []struct {
		name string
		spot func(*Page)
		// unwritable: the bytes cannot hold the fault.
		unwritable bool
	}{
		{"no node", func(p *Page) { p.Node = ledger.NodeID{} }, false},
		{"epoch 0", func(p *Page) { p.Epoch = 0 }, false},
		{"epoch 2^63", func(p *Page) { p.Epoch = EpochMax + 1 }, false},
		{"seq 0", func(p *Page) { p.Seq = 0 }, false},
		{"no currency", func(p *Page) { p.Currency.Name = "" }, false},
		{"control characters", func(p *Page) { p.Currency.Name = "EU\x07" }, false},
		{"lower case", func(p *Page) { p.Currency.Name = "eur" }, false},
		{"long currency", func(p *Page) { p.Currency.Name = "ABCDEFGHIJKLMNOPQ" }, false},
		{"decimals", func(p *Page) { p.Currency.Decimals = 19 }, false},
		{"no pages", func(p *Page) { p.Count = 0 }, false},
		{"three pages", func(p *Page) { p.Count = 3 }, false},
		{"too many pages", func(p *Page) { p.Count = 2 * CountMax }, false},
		{"page 1 of 1", func(p *Page) { p.Number = 1 }, false},
		{"page 2 of 2", func(p *Page) { p.Number, p.Count = 2, 2 }, false},
		{"issued", func(p *Page) { p.Issued = IssuedMax + 1 }, false},
		{"short ttl", func(p *Page) { p.TTL = TTLMin - time.Second }, false},
		{"long ttl", func(p *Page) { p.TTL = TTLMax + time.Second }, false},
		{"broken ttl", func(p *Page) { p.TTL = TTLMin + time.Millisecond }, true},
		{"no friend", func(p *Page) { p.Entries[0].Friend = ledger.NodeID{} }, false},
		{"its own friend", func(p *Page) { p.Entries[0].Friend = p.Node }, false},
		{"friend twice", func(p *Page) { p.Entries = append(p.Entries, p.Entries[0]) }, false},
		{"unsorted", func(p *Page) { p.Entries = append(p.Entries, Entry{Friend: friend(1)}) }, false},
		{"transit above can_send", func(p *Page) { p.Entries[0].Transit = ledger.NewAmount(501) }, false},
		{"can_send 2^96", func(p *Page) { p.Entries[0].CanSend = tooLarge }, true},
		{"can_receive 2^96", func(p *Page) { p.Entries[0].CanReceive = tooLarge }, true},
		{"65 entries", func(p *Page) {
			p.Entries = nil
			for i := range byte(EntriesMax + 1) {
				p.Entries = append(p.Entries, Entry{Friend: friend(i + 1)})
			}
		}, false},
		{"another page's friend", func(p *Page) {
			p.Count = 2
			p.Number = uint16(1 - PlaceOf(p.Entries[0].Friend, 2))
		}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := page()
			if err := p.Validate(); err != nil {
				t.Fatalf("before: %v", err)
			}
			tt.spot(&p)
			isFault(t, p.Validate())
			if !tt.unwritable {
				_, err := Decode(p.Body())
				isFault(t, err)
			}
		})
	}
}

// What lies on a bound is within it.
func TestBoundsInclusive(t *testing.T) {
	for name, spot := range map[string]func(*Page){
		"last epoch":    func(p *Page) { p.Epoch = EpochMax },
		"last issued":   func(p *Page) { p.Issued = IssuedMax },
		"shortest ttl":  func(p *Page) { p.TTL = TTLMin },
		"longest ttl":   func(p *Page) { p.TTL = TTLMax },
		"no entries":    func(p *Page) { p.Entries = nil },
		"equal transit": func(p *Page) { p.Entries[0].Transit = p.Entries[0].CanSend },
		"most pages": func(p *Page) {
			p.Count = CountMax
			p.Number = uint16(PlaceOf(p.Entries[0].Friend, CountMax))
		},
		"64 entries": func(p *Page) {
			p.Entries = nil
			for i := range byte(EntriesMax) {
				p.Entries = append(p.Entries, Entry{Friend: friend(i + 1)})
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := page()
			spot(&p)
			if err := p.Validate(); err != nil {
				t.Error(err)
			}
			if body := p.Body(); len(body) > BodyBytesMax {
				t.Errorf("%d bytes", len(body))
			}
		})
	}
}

func TestSame(t *testing.T) {
	p := page()
	refresh := page()
	refresh.Seq, refresh.Epoch, refresh.Issued, refresh.TTL = 99, 4, 1_800_000_000_000, TTLMin
	if !p.Same(refresh) {
		t.Error("a refresh counts as news")
	}
	for name, spot := range map[string]func(*Page){
		"node":     func(p *Page) { p.Node[0]++ },
		"currency": func(p *Page) { p.Currency.Decimals++ },
		"number":   func(p *Page) { p.Number++ },
		"count":    func(p *Page) { p.Count++ },
		"friend":   func(p *Page) { p.Entries[0].Friend[0]++ },
		"amount":   func(p *Page) { p.Entries[0].Transit = ledger.NewAmount(1) },
		"rate":     func(p *Page) { p.Entries[0].Rate.Add++ },
		"gone":     func(p *Page) { p.Entries = nil },
	} {
		q := page()
		spot(&q)
		if p.Same(q) {
			t.Errorf("another %s counts as the same", name)
		}
	}
}

func TestCheckTime(t *testing.T) {
	p := page()
	issued := p.IssuedAt()
	for _, tt := range []struct {
		now  time.Time
		want error
	}{
		{issued, nil},
		{issued.Add(p.TTL), nil},
		{issued.Add(p.TTL + time.Millisecond), ErrStale},
		{issued.Add(-FutureMax), nil},
		{issued.Add(-FutureMax - time.Millisecond), ErrFuture},
	} {
		if got := CheckTime(p, tt.now); !errors.Is(got, tt.want) {
			t.Errorf("at issued %+v: got %v, want %v", tt.now.Sub(issued), got, tt.want)
		}
	}
	if got := Millis(issued); got != p.Issued {
		t.Errorf("Millis(%v) = %d, want %d", issued, got, p.Issued)
	}
	if got := Millis(time.Unix(-5, 0)); got != 0 {
		t.Errorf("Millis before 1970 = %d", got)
	}
}
