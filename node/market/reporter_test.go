package market

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/indexd/client"
	"github.com/offset-p2p/offset/ledger"
)

// newer checks that every page is of a later order than the one before.
func newer(t *testing.T, pages []published) {
	t.Helper()
	for i := 1; i < len(pages); i++ {
		a, b := pages[i-1].page, pages[i].page
		if b.Epoch < a.Epoch || b.Epoch == a.Epoch && b.Seq <= a.Seq {
			t.Errorf("page (%d, %d) after (%d, %d)", b.Epoch, b.Seq, a.Epoch, a.Seq)
		}
	}
}

func TestChangesAreOutWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, f := running(t, &memory{epoch: 6})
		time.Sleep(time.Minute)
		if len(f.take()) != 0 {
			t.Error("a page about nothing")
		}
		m.Update([]Capacity{edge(anna, eur, 1000), edge(bert, eur, 777), edge(anna, usd, 5)})
		began := time.Now()
		time.Sleep(time.Second)
		pages := f.take()
		if len(pages) != 2 {
			t.Fatalf("%d pages, want one for each currency", len(pages))
		}
		newer(t, pages)
		for _, p := range pages {
			if p.page.Epoch != 7 || p.page.Node != self || p.at.Sub(began) > time.Second {
				t.Errorf("page %+v after %v", p.page, p.at.Sub(began))
			}
			if capacity.CheckTime(p.page, time.Now()) != nil {
				t.Error("page out of its time")
			}
		}
		want := capacity.Entry{Friend: bert, CanSend: amount(768), CanReceive: amount(768), Transit: amount(384)}
		if got := pages[0].page.Entries; len(got) != 2 || got[1] != want {
			t.Errorf("entries %+v, want amounts on the grid", got)
		}
		// Below one step of the grid: nothing to say.
		m.Update([]Capacity{edge(bert, eur, 770)})
		time.Sleep(time.Second)
		if got := f.take(); len(got) != 0 {
			t.Errorf("%d pages without news", len(got))
		}
		// There and back again within settle: nothing either.
		m.Update([]Capacity{edge(bert, eur, 10)})
		m.Update([]Capacity{edge(bert, eur, 777)})
		time.Sleep(time.Second)
		if got := f.take(); len(got) != 0 {
			t.Errorf("%d pages for a change that was undone", len(got))
		}
		m.Update([]Capacity{edge(bert, eur, 10)})
		time.Sleep(time.Second)
		if got := f.take(); len(got) != 1 || got[0].page.Currency != eur || got[0].page.Seq <= pages[1].page.Seq {
			t.Errorf("pages of a change: %+v", got)
		}
	})
}

func TestPagesAreRefreshedAndGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, f := running(t, &memory{})
		m.Update([]Capacity{edge(anna, eur, 1000)})
		time.Sleep(20 * time.Minute)
		pages := f.take()
		newer(t, pages)
		for i := 1; i < len(pages); i++ {
			gap := pages[i].at.Sub(pages[i-1].at)
			if gap > pageTTL/capacity.RefreshParts || gap < pageTTL/capacity.RefreshParts/2 {
				t.Errorf("refreshed after %v", gap)
			}
		}
		if n := len(pages); n < 10 || n > 14 {
			t.Errorf("%d pages in 20 minutes", n)
		}
		m.Update([]Capacity{{Friend: anna, Currency: eur}})
		time.Sleep(time.Second)
		gone := f.take()
		if len(gone) != 1 || len(gone[0].page.Entries) != 0 || gone[0].page.Count != 1 {
			t.Fatalf("pages of a currency that is given up: %+v", gone)
		}
		time.Sleep(time.Hour)
		if got := f.take(); len(got) != 0 {
			t.Errorf("%d more pages", len(got))
		}
		m.Update([]Capacity{edge(anna, eur, 1)})
		time.Sleep(time.Second)
		back := f.take()
		if len(back) != 1 || len(back[0].page.Entries) != 1 {
			t.Fatalf("pages of a currency that is back: %+v", back)
		}
		newer(t, append(gone, back...))
	})
}

// A hub sends only the pages that changed, and not all the time.
func TestManyFriends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, f := running(t, &memory{})
		var edges []Capacity
		for i := range 1000 {
			edges = append(edges, edge(ledger.NodeID{9, byte(i), byte(i >> 8)}, eur, 1000))
		}
		m.Update(edges)
		time.Sleep(time.Second)
		all := f.take()
		count := int(all[0].page.Count)
		if len(all) != count || count < 16 {
			t.Fatalf("%d pages of %d", len(all), count)
		}
		seen := 0
		for _, p := range all {
			seen += len(p.page.Entries)
		}
		if seen != 1000 {
			t.Errorf("%d friends on all pages", seen)
		}
		m.Update([]Capacity{edge(ledger.NodeID{9, 1}, eur, 1)})
		time.Sleep(2 * time.Second)
		if got := f.take(); len(got) != 1 || int(got[0].page.Count) != count {
			t.Errorf("%d pages for one change", len(got))
		}
		for i := range 400 { // four seconds of changes
			m.Update([]Capacity{edge(ledger.NodeID{9, 1}, eur, uint64(1)<<(i%20+1))})
			time.Sleep(10 * time.Millisecond)
		}
		if got := len(f.take()); got > 4*int(time.Second/pacePerPage)/count+2 {
			t.Errorf("%d pages in four seconds", got)
		}
	})
}

func TestWelcomeHasEverythingIssuedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memory{epoch: 1}
		m, f := running(t, store)
		m.report.welcome(client.Welcome{Epoch: 9, Seq: 5}) // before anything is said
		m.Update([]Capacity{edge(anna, eur, 1000)})
		time.Sleep(time.Second)
		first := f.take()
		if len(first) != 1 || first[0].page.Epoch != 10 || store.epoch != 10 {
			t.Fatalf("first pages %+v, stored %d", first, store.epoch)
		}
		for name, tc := range map[string]struct {
			w     client.Welcome
			epoch uint64
		}{
			"knows us":     {client.Welcome{Epoch: 10, Seq: 1}, 10},
			"was emptied":  {client.Welcome{}, 10},
			"lies":         {client.Welcome{Epoch: capacity.EpochMax - 1}, 10},
			"lies greatly": {client.Welcome{Epoch: 1 << 40}, 10},
		} {
			m.report.welcome(tc.w)
			time.Sleep(time.Second)
			if got := f.take(); len(got) != 1 || got[0].page.Epoch != tc.epoch {
				t.Errorf("%s: %+v", name, got)
			}
		}
		for i, w := range []client.Welcome{{Epoch: 10, Seq: 1 << 20}, {Epoch: 20}} {
			m.report.welcome(w)
			time.Sleep(time.Second)
			want := []uint64{11, 21}[i]
			if got := f.take(); len(got) != 1 || got[0].page.Epoch != want || store.epoch != want {
				t.Errorf("%+v: pages %+v, stored %d", w, got, store.epoch)
			}
		}
	})
}

// No page leaves before its epoch is stored.
func TestEpochIsStoredFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memory{epoch: 3, fails: 5}
		m, f := running(t, store)
		m.Update([]Capacity{edge(anna, eur, 1000)})
		time.Sleep(2 * time.Second)
		if got := f.take(); len(got) != 0 {
			t.Errorf("%d pages of an epoch that is not stored", len(got))
		}
		time.Sleep(10 * time.Second)
		if got := f.take(); len(got) != 1 || got[0].page.Epoch != 4 {
			t.Errorf("pages %+v", got)
		}
	})
}

func TestClockOffset(t *testing.T) {
	at := func(offsets ...time.Duration) []client.ServerStatus {
		var out []client.ServerStatus
		for i, o := range offsets {
			out = append(out, client.ServerStatus{Server: peer.AddrInfo{ID: peer.ID(rune('a' + i))}, Connected: true, Offset: o * time.Second})
		}
		return out
	}
	away := append(at(100), client.ServerStatus{Offset: 90 * time.Second})
	for name, tc := range map[string]struct {
		status []client.ServerStatus
		want   time.Duration
	}{
		"none":                   {nil, 0},
		"one, close":             {at(29), 0},
		"one, ahead":             {at(31), 31},
		"one, behind":            {at(-500), -500},
		"one of two connected":   {away, 0},
		"one of two lies":        {at(500, 1), 0},
		"both ahead":             {at(40, 60), 60},
		"two of three ahead":     {at(40, 60, 0), 60},
		"one of three lies":      {at(0, 1000, 3), 0},
		"they disagree":          {at(-50, 50, 0), 0},
		"three behind, a median": {at(-40, -900, -50), -50},
	} {
		if got := clockOffset(tc.status); got != tc.want*time.Second {
			t.Errorf("%s: %v, want %v s", name, got, tc.want)
		}
	}
}

func TestIssuedByTheServersClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, f := running(t, &memory{})
		f.mu.Lock()
		f.status = []client.ServerStatus{{Connected: true, Offset: time.Hour}}
		f.mu.Unlock()
		m.Update([]Capacity{edge(anna, eur, 1000)})
		time.Sleep(time.Second)
		pages := f.take()
		if len(pages) != 1 {
			t.Fatalf("%d pages", len(pages))
		}
		if ahead := pages[0].page.IssuedAt().Sub(pages[0].at); ahead < time.Hour-time.Second || ahead > time.Hour {
			t.Errorf("issued %v ahead of our clock", ahead)
		}
	})
}
