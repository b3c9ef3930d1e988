package fault

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/offset-p2p/offset/integration/harness"
	"github.com/offset-p2p/offset/integration/harness/harnesstest"
	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node"
	"github.com/offset-p2p/offset/node/api"
	"github.com/offset-p2p/offset/node/engine"
	"github.com/offset-p2p/offset/node/store"
)

// The long run is
//
//	go test ./integration/fault -run Crash -timeout 3h -crash.all -crash.kills 500 -crash.past 1000000
var (
	crashAll   = flag.Bool("crash.all", false, "crash at every point of every kind of step, not only at the most telling ones")
	crashKills = flag.Int("crash.kills", 6, "kills at random instants")
	crashPast  = flag.Int("crash.past", 5000, "past payments and invoices in the databases of buyer and seller")
)

// servingTime is how long a node that was killed may take to answer again
// on an idle machine.
const servingTime = 2 * time.Second

// crash is where a node dies: at a point of a step that makes a kind of write,
// as package node names them under the tag faultinject.
type crash struct {
	node        int // of the chain
	point, kind string
}

// telling are the crashes of every run: each kind of write that money depends
// on, at the point where a mistake would cost most.
var telling = []crash{
	{0, "stepped", "PutPayment-sending"},   // parts are sealed, nobody knows of them
	{0, "committed", "PutPayment-sending"}, // requests are promised and not sent
	{0, "released", "PutPayment-settled"},  // settled, and the application not told
	{1, "stepped", "PutForward"},           // a request is neither forwarded nor on disk
	{1, "committed", "PutForward"},         // forwarded on disk only
	{1, "stepped", "DeleteForward"},        // collected downstream, not yet upstream
	{2, "stepped", "PutInvoice-paid"},      // keys are about to be shown
	{2, "committed", "PutInvoice-paid"},    // collected on disk only
	{2, "released", "PutInvoice-open"},     // an invoice whose maker was not answered
}

// everything is all points of all kinds that a lab under load reaches.
func everything() []crash {
	kinds := [3][]string{
		{"PutPayment-planning", "PutPayment-sending", "PutPayment-settled", "PutEntry", "PutSnapshot", "DropEntries"},
		{"PutForward", "DeleteForward", "PutEntry", "PutSnapshot", "DropEntries"},
		{"PutInvoice-open", "PutInvoice-paid", "PutEntry", "PutSnapshot", "DropEntries"},
	}
	var all []crash
	for n, list := range kinds {
		for _, kind := range list {
			for _, point := range []string{"stepped", "committed", "released", "replied"} {
				all = append(all, crash{n, point, kind})
			}
		}
	}
	return all
}

// A node dies at named points and at random instants while it is paid through:
// it serves again in time with a long past on its disk, and when all is over
// nothing that anybody was told is lost and nothing is paid twice.
func TestCrash(t *testing.T) {
	credit := harness.DefaultCredit()
	lab := startCrashLab(t, credit)
	c := &till{lab: lab, credit: credit, amount: ledger.NewAmount(300)}
	points := telling
	if *crashAll {
		points = everything()
	}
	finish := c.trade(t, 4)
	for i, p := range points {
		if !dieAt(t, lab.Nodes[p.node], p, i%3) {
			t.Errorf("%s passed no step that is %s with %s", lab.Nodes[p.node].Name, p.point, p.kind)
		}
		revive(t, lab, p.node)
		progress(t, c)
	}
	finish()
	c.audit(t)
	named := c.settled()
	finish = c.trade(t, 4)
	for i := range *crashKills {
		time.Sleep(rand.N(300 * time.Millisecond))
		victim := i % len(lab.Nodes)
		lab.Nodes[victim].Kill()
		revive(t, lab, victim)
		if i%20 == 19 {
			progress(t, c)
			finish()
			c.audit(t)
			finish = c.trade(t, 4)
		}
	}
	progress(t, c)
	finish()
	c.audit(t)
	t.Logf("%d crashes at points and %d at random; %d payments settled, %d failed, %d of them after the points",
		len(points), *crashKills, c.settled(), len(c.sales)-c.settled(), c.settled()-named)
}

// startCrashLab starts a chain of three nodes that die on demand, the buyer and
// the seller with a past.
func startCrashLab(t *testing.T, credit harness.Credit) *harness.Lab {
	t.Helper()
	opts := harness.Options{Hops: 2, Dir: harnesstest.Dir(t), Programs: faultyPrograms(t)}
	for _, name := range []string{"alice", "carol"} {
		livedBefore(t, filepath.Join(opts.Dir, name), *crashPast)
	}
	lab := harnesstest.Start(t, opts, credit)
	if _, err := lab.AwaitGraph(t.Context(), credit.Currency, graphTimeout); err != nil {
		t.Fatal(err)
	}
	return lab
}

// faultyPrograms returns a directory with the programs of a lab in which stnode
// is built with the tag faultinject.
func faultyPrograms(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	built := harnesstest.Programs(t)
	for _, name := range []string{"strelay", "stindex", "stctrl"} {
		if err := os.Symlink(filepath.Join(built, name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-tags", "faultinject", "-o", dir+"/", "github.com/offset-p2p/offset/cmd/stnode")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building stnode: %v\n%s", err, out)
	}
	return dir
}

// livedBefore makes the database of a node with settled payments and paid
// invoices of the last year, as the node would have left it.
func livedBefore(t *testing.T, dir string, count int) {
	t.Helper()
	cfg := node.DefaultConfig()
	cfg.Dir = dir
	id, _, err := node.Identity(cfg)
	if err != nil {
		t.Fatal(err)
	}
	self := ledger.NodeID(id.Raw())
	s, err := store.Open(t.Context(), filepath.Join(dir, "data"), self, nil)
	if err != nil {
		t.Fatal(err)
	}
	var writes []engine.Write
	start := time.Now().AddDate(-1, 0, 0)
	for i := range count {
		at := start.Add(time.Duration(i) * time.Second)
		writes = append(writes, pastPayment(i, at), pastInvoice(i, at, self))
		if len(writes) >= 1000 || i == count-1 {
			if err := s.Commit(t.Context(), writes); err != nil {
				t.Fatal(err)
			}
			writes = writes[:0]
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

var past = ledger.Currency{Name: "EUR", Decimals: 2}

func pastInvoice(i int, at time.Time, seller ledger.NodeID) engine.PutInvoice {
	key := ledger.Key{1}
	return engine.PutInvoice{Record: engine.InvoiceRecord{
		Invoice: &ledger.Invoice{
			ID: ledger.InvoiceID(number32(i)), Currency: past, Amount: ledger.NewAmount(50), Seller: seller, Lock: key.Lock(),
			Created: at.Unix(), Expires: at.Unix() + 3600,
		},
		Key: key, State: engine.InvoicePaid, PaidAt: at, Paid: ledger.NewAmount(50),
	}}
}

func pastPayment(i int, at time.Time) engine.PutPayment {
	key, shop := ledger.Key{1}, ledger.NodeID{9}
	id := number32(i)
	p := engine.PaymentRecord{
		Invoice: &ledger.Invoice{
			ID: ledger.InvoiceID(id), Currency: past, Amount: ledger.NewAmount(50), Seller: shop, Lock: key.Lock(),
			Created: at.Unix(), Expires: at.Unix() + 3600,
		},
		State: engine.Settled, Key: &key, MaxFee: ledger.NewAmount(5), Created: at, Finished: at, Attempts: 1,
		Parts: []engine.PartRecord{{
			PartLock: ledger.Lock(id), Friend: shop, Amount: ledger.NewAmount(50), Share: ledger.NewAmount(50), Collected: true,
		}},
	}
	copy(p.ID[:], id[:])
	return engine.PutPayment{Record: p}
}

// number32 spreads numbers over all identifiers, as chance does.
func number32(i int) (id [32]byte) {
	binary.BigEndian.PutUint64(id[:], uint64(i+1)*0x9e3779b97f4a7c15)
	return id
}

// dieAt tells a node where to die and waits until it has; false when it has not
// in time, then it is killed.
func dieAt(t *testing.T, n *harness.Node, c crash, skip int) bool {
	t.Helper()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(n.Dir, api.SocketName))
	}}
	defer transport.CloseIdleConnections()
	form := url.Values{"point": {c.point}, "kind": {c.kind}, "skip": {strconv.Itoa(skip)}}
	client := &http.Client{Transport: transport, Timeout: commandTimeout}
	res, err := client.PostForm("http://node/debug/crash", form)
	if err == nil {
		err = res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Fatalf("%s does not take orders to die: %s", n.Name, res.Status)
		}
	}
	if err != nil && !errors.Is(err, context.Canceled) { // it may be dead before it has answered
		t.Logf("telling %s where to die: %v", n.Name, err)
	}
	deadline := time.Now().Add(dyingTime)
	for alive(n) {
		if time.Now().After(deadline) {
			n.Kill()
			return false
		}
		time.Sleep(pollEvery / 10)
	}
	n.Kill() // it is dead: this waits for its end to be known
	return true
}

// dyingTime is how long a lab under load may take to come to a point; the rarest
// steps are those that forget entries which a checkpoint covers.
const dyingTime = time.Minute

func alive(n *harness.Node) bool {
	return syscall.Kill(n.PID(), 0) == nil // the harness reaps it at once
}

// revive starts a dead node again and fails unless it answers in time.
func revive(t *testing.T, lab *harness.Lab, i int) {
	t.Helper()
	n := lab.Nodes[i]
	began := time.Now()
	if err := n.Restart(); err != nil {
		t.Fatal(err)
	}
	err := n.Await(t.Context(), "an answer", func() bool {
		_, err := n.Client.Info(t.Context())
		return err == nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if took, most := time.Since(began), servingTime*time.Duration(crowd()); took > most {
		t.Errorf("%s serves %v after its start, at most %v are allowed", n.Name, took, most)
	}
}

// crowd is how many programs share a processor of this machine: what a node may
// take is meant for one that has it to itself.
func crowd() int {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 1
	}
	load, _, _ := strings.Cut(string(text), " ")
	n, err := strconv.ParseFloat(load, 64)
	if err != nil {
		return 1
	}
	return 1 + int(n)/runtime.NumCPU()
}

// progress waits until a payment has settled that had not before.
func progress(t *testing.T, c *till) {
	t.Helper()
	before := c.settled()
	for deadline := time.Now().Add(commandTimeout); c.settled() == before; time.Sleep(pollEvery) {
		if time.Now().After(deadline) {
			t.Fatal("no payment settles any more")
		}
	}
}
