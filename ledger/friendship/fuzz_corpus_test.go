package friendship_test

import (
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
	"github.com/offset-p2p/offset/ledger/wire"
)

var corpusFlag = flag.Bool("friendship.corpus", false, "write the fuzz corpora of package ledger and of those below it")

// seed is what a decoder reads in a real run.
type seed struct {
	decoder string
	bytes   []byte
}

// seedMax leaves out what is too long to be worth mutating.
const seedMax = 4096

// realBytes returns one value of each kind, and several of entries, terms and
// frames that differ in their shape, from the lives of a few pairs of friends.
func realBytes(t testing.TB) []seed {
	t.Helper()
	c := collector{known: map[string]bool{}}
	for start := uint64(1); start <= 12; start++ {
		w, err := newScene(start)
		must(t, err)
		for _, a := range lifeOf(start, 600).actions {
			must(t, w.step(a))
			for _, n := range w.sides {
				c.stored(n)
			}
		}
		for _, old := range w.old {
			c.frame(old.frame)
		}
	}
	for _, v := range documents(t) {
		raw, err := hex.DecodeString(v.Bytes)
		must(t, err)
		c.add(v.Kind, v.Name, raw)
		if v.Text != "" {
			c.add(v.Kind+" text", v.Name, []byte(v.Text))
		}
	}
	return c.seeds
}

// collector keeps the first value of every shape.
type collector struct {
	known map[string]bool
	seeds []seed
}

func (c *collector) add(decoder, shape string, b []byte) {
	if key := decoder + shape; !c.known[key] && len(b) <= seedMax {
		c.known[key] = true
		c.seeds = append(c.seeds, seed{decoder, b})
	}
}

// stored takes what is on a disk.
func (c *collector) stored(n *node) {
	s := n.disk.Load()
	if s.Opening != nil {
		c.add("opening", fmt.Sprint(min(len(s.Kept), 3), len(s.Opening.Terms.Balances)), s.Opening.Encode())
		shape := ""
		for _, k := range s.Kept {
			shape = fmt.Sprint(k.Author, k.Collect != nil, k.Cancel != nil, k.Reservation != nil, k.Commit != nil)
		}
		c.add("kept", shape, friendship.EncodeKept(s.Kept))
	}
	if s.Acceptance != nil {
		c.add("acceptance", fmt.Sprint(min(len(s.Acceptance.Kept), 2)), s.Acceptance.Encode())
	}
	if s.Inconsistent != nil {
		c.add("evidence", s.Inconsistent.Why, s.Inconsistent.Encode())
		o := *s.Opening
		*o.SignatureOf(n.id) = ledgertest.Sign(n.key, o.ID())
		p := friendship.Proof{Witness: n.id, Ledger: s}
		p.Ledger.Opening = &o
		c.add("proof", fmt.Sprint(s.Snapshot != nil), p.Encode())
	}
	if s.Snapshot != nil {
		c.add("snapshot", fmt.Sprint(min(len(s.Snapshot.Pending[0]), 2), min(len(s.Snapshot.Pending[1]), 2)), s.Snapshot.Encode())
	}
	if len(s.Bound) > 0 {
		c.add("bound", fmt.Sprint(len(s.Bound)), friendship.EncodeBound(s.Bound))
	}
	for a := range n.here.held {
		for _, h := range n.here.held[a] {
			c.add("request", h.req.Currency.String(), ledger.EncodeRequest(h.req))
		}
	}
}

// frame takes what has passed the wire.
func (c *collector) frame(f ledger.Frame) {
	shape := fmt.Sprintf("%T", f)
	switch m := f.(type) {
	case *ledger.SignedEntry:
		e, err := ledger.DecodeEntry(m.Body)
		if err != nil {
			return
		}
		for _, op := range e.Ops {
			c.add("entry", fmt.Sprint(op.Kind(), len(e.Totals)), m.Body)
		}
		c.add("entry", fmt.Sprint(len(e.Ops), len(e.Totals)), m.Body)
	case *ledger.Propose:
		shape += fmt.Sprint(min(len(m.Terms.Kept), 2), min(len(m.Terms.Balances), 2))
		c.add("terms", shape, m.Terms.Encode())
	case *ledger.Refuse:
		shape += m.Reason.String()
	case *ledger.Hello:
		shape += m.State.String()
	}
	c.add("frame", shape, wire.Encode(f))
}

// vector is a golden value of a form, of which only the bytes are needed here.
type vector struct{ Name, Kind, Bytes, Text string }

// documents returns the golden values of this package and of package ledger:
// what people pass on, and what no run of two machines makes.
func documents(t testing.TB) []vector {
	t.Helper()
	var all []vector
	for _, file := range []string{"../testdata/vectors.json", "../testdata/texts.json"} {
		b, err := os.ReadFile(file)
		must(t, err)
		var some []vector
		must(t, json.Unmarshal(b, &some))
		all = append(all, some...)
	}
	b, err := os.ReadFile("testdata/statement.json")
	must(t, err)
	v := vector{}
	must(t, json.Unmarshal(b, &v))
	v.Kind = "statement"
	return append(all, v)
}

// TestWriteCorpus writes the seeds of the fuzz targets; it is run by hand, when
// a form has changed or new ones have come.
func TestWriteCorpus(t *testing.T) {
	if !*corpusFlag {
		t.Skip("writes into testdata; run with -friendship.corpus")
	}
	targets := map[string]string{
		"entry": "../testdata/fuzz/FuzzDecodeEntry", "request": "../testdata/fuzz/FuzzDecodeRequest",
		"terms": "../testdata/fuzz/FuzzDecodeTerms", "opening": "../testdata/fuzz/FuzzDecodeOpening",
		"frame": "../wire/testdata/fuzz/FuzzDecode", "acceptance": "testdata/fuzz/FuzzDecodeAcceptance",
		"evidence": "testdata/fuzz/FuzzDecodeEvidence", "snapshot": "testdata/fuzz/FuzzDecodeSnapshot",
		"proof": "testdata/fuzz/FuzzDecodeProof", "statement": "testdata/fuzz/FuzzDecodeStatement",
		"part": "../testdata/fuzz/FuzzDecodePart", "invoice": "../testdata/fuzz/FuzzDecodeInvoice",
		"receipt": "../testdata/fuzz/FuzzDecodeReceipt", "reservation": "../testdata/fuzz/FuzzDecodeReservation",
		"standing code": "../testdata/fuzz/FuzzDecodeStandingCode", "commit keys": "../testdata/fuzz/FuzzDecodeCommitKeys",
		"commit": "../testdata/fuzz/FuzzDecodeSealedCommit",
	}
	texts := map[string]string{
		"invoice text": "../testdata/fuzz/FuzzParseInvoice", "receipt text": "../testdata/fuzz/FuzzParseReceipt",
		"standing code text": "../testdata/fuzz/FuzzParseStandingCode", "commit text": "../testdata/fuzz/FuzzParseCommit",
		"statement text": "testdata/fuzz/FuzzParseStatement",
	}
	count := map[string]int{}
	for _, s := range realBytes(t) {
		name := fmt.Sprintf("real-%02d", count[s.decoder])
		count[s.decoder]++
		if dir, own := targets[s.decoder]; own {
			writeSeed(t, dir, name, fmt.Sprintf("[]byte(%q)\n", s.bytes))
		}
		if dir, text := texts[s.decoder]; text {
			writeSeed(t, dir, name, fmt.Sprintf("string(%q)\n", s.bytes))
		}
		for i, d := range decoders {
			if d.name == s.decoder {
				writeSeed(t, "testdata/fuzz/FuzzDecoders", strings.ReplaceAll(d.name, " ", "-")+name[len("real"):],
					fmt.Sprintf("byte(%q)\n[]byte(%q)\n", rune(i), s.bytes))
			}
		}
		if s.decoder == "frame" {
			writeSeed(t, "testdata/fuzz/FuzzDecodeFrame", name, fmt.Sprintf("[]byte(%q)\n", s.bytes))
		}
	}
	for i, b := range streams(t) {
		writeSeed(t, "testdata/fuzz/FuzzStream", fmt.Sprintf("real-%02d", i), fmt.Sprintf("[]byte(%q)\n", b))
	}
	t.Log(count)
}

func writeSeed(t *testing.T, dir, name, body string) {
	t.Helper()
	must(t, os.MkdirAll(dir, 0o755))
	must(t, os.WriteFile(filepath.Join(dir, name), []byte("go test fuzz v1\n"+body), 0o644))
}

// TestCorpusIsReal: the seeds still decode. When a form has changed they must be
// written anew, or the fuzzer would start from noise.
func TestCorpusIsReal(t *testing.T) {
	for _, d := range decoders {
		name := strings.ReplaceAll(d.name, " ", "-")
		files, err := filepath.Glob("testdata/fuzz/FuzzDecoders/" + name + "-[0-9]*")
		must(t, err)
		if len(files) == 0 {
			t.Errorf("no seed for decoder %s", d.name)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			must(t, err)
			_, quoted, _ := strings.Cut(string(text), "[]byte(")
			b, err := strconv.Unquote(strings.TrimSuffix(quoted, ")\n"))
			must(t, err)
			if _, err := d.again([]byte(b)); err != nil {
				t.Errorf("%s does not decode any more (run with -friendship.corpus): %v", file, err)
			}
		}
	}
}
