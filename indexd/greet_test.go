package indexd

import (
	"testing"
	"time"

	"github.com/offset-p2p/offset/p2p/identity"
)

// Silent strangers, however many, leave room for the servers that are listed.
func TestStrangersDoNotCrowdOutListedServers(t *testing.T) {
	inWorld(t, func(w *world) {
		a, b := w.server(), w.server()
		a.trust(b)
		greeted := 0
		for i := range byte(250) {
			if a.mayGreet(identity.FromSeed([32]byte{i, 99}).PeerID()) {
				greeted++
			}
		}
		for second := 0; time.Duration(second)*time.Second < trustLifetime; second++ {
			time.Sleep(time.Second)
			for i := range byte(50) {
				if a.mayGreet(identity.FromSeed([32]byte{i, 98}).PeerID()) {
					greeted++
				}
			}
		}
		if greeted == 0 || greeted > trustStreamsMax/2+strangersBurst {
			t.Errorf("%d strangers may be silent at once, of %d places", greeted, trustStreamsMax)
		}
		if !a.mayGreet(b.host.ID()) {
			t.Error("a listed server is kept out")
		}
	})
}
