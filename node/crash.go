//go:build !faultinject

package node

import (
	"net/http"

	"github.com/offset-p2p/offset/node/engine"
)

// crashAt does nothing. In programs built with the tag faultinject, for tests
// only, the process dies here when it was told to.
func crashAt(crashPoint, []engine.Write) {}

// serveFaults adds nothing.
func serveFaults(*http.ServeMux) {}
