//go:build faultinject

package node

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/offset-p2p/offset/node/engine"
)

// frameTime is how long frames that were released have to leave the process
// before it dies.
const frameTime = 20 * time.Millisecond

// armed says where the process has to die.
var armed struct {
	mu    sync.Mutex // guards the fields below
	point crashPoint
	kind  string // of one of the step's writes; empty: any step with writes
	skip  int    // steps of this kind to let pass first
}

// crashAt kills the process as a power cut would, when it was told to die at
// this point of a step with such writes.
func crashAt(point crashPoint, writes []engine.Write) {
	armed.mu.Lock()
	defer armed.mu.Unlock()
	if armed.point != point || len(writes) == 0 || !anyOf(writes, armed.kind) {
		return
	}
	if armed.skip--; armed.skip >= 0 {
		return
	}
	if point == crashReleased {
		time.Sleep(frameTime)
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // not one instruction more
}

func anyOf(writes []engine.Write, kind string) bool {
	for _, w := range writes {
		if kind == "" || kindOf(w) == kind {
			return true
		}
	}
	return false
}

// kindOf names a write by its type, one of the ledger by the type inside, and
// payments and invoices by their state too.
func kindOf(w engine.Write) string {
	name := func(v any) string {
		s := fmt.Sprintf("%T", v)
		return s[strings.LastIndexByte(s, '.')+1:]
	}
	switch w := w.(type) {
	case engine.PutLedger:
		return name(w.Write)
	case engine.PutPayment:
		return "PutPayment-" + w.Record.State.String()
	case engine.PutInvoice:
		return "PutInvoice-" + w.Record.State.String()
	}
	return name(w)
}

// serveFaults lets local users say where to die: POST /debug/crash with point,
// kind and skip.
func serveFaults(mux *http.ServeMux) {
	mux.Handle("POST /debug/crash", local(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		skip, _ := strconv.Atoi(r.FormValue("skip"))
		armed.mu.Lock()
		defer armed.mu.Unlock()
		armed.point, armed.kind, armed.skip = crashPoint(r.FormValue("point")), r.FormValue("kind"), skip
	})))
}
