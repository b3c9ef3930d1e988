package bench

import (
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"os"
	"time"
)

// reference measures the machine, with the disk under dir.
func reference(dir string) (Reference, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return Reference{}, fmt.Errorf("making a key: %w", err)
	}
	message := make([]byte, 32) // what is signed is a hash
	signature := ed25519.Sign(private, message)
	r := Reference{}
	if r.Sign, err = rate(func() error { ed25519.Sign(private, message); return nil }); err != nil {
		return r, err
	}
	if r.Verify, err = rate(func() error { ed25519.Verify(public, message, signature); return nil }); err != nil {
		return r, err
	}
	r.Fsync, err = syncRate(dir)
	return r, err
}

// rate returns how often per second f runs.
func rate(f func() error) (float64, error) {
	start := time.Now()
	n := 0
	for time.Since(start) < referenceTime {
		if err := f(); err != nil {
			return 0, err
		}
		n++
	}
	return float64(n) / time.Since(start).Seconds(), nil
}

// syncRate returns how often per second something can be appended to a file and
// synced.
func syncRate(dir string) (n float64, err error) {
	f, err := os.CreateTemp(dir, "sync-")
	if err != nil {
		return 0, fmt.Errorf("making a file to sync: %w", err)
	}
	defer func() {
		_ = f.Close()
		_ = os.Remove(f.Name())
	}()
	block := make([]byte, syncBytes)
	n, err = rate(func() error {
		if _, err := f.Write(block); err != nil {
			return err
		}
		return f.Sync()
	})
	if err != nil {
		return 0, fmt.Errorf("syncing a file: %w", err)
	}
	return n, nil
}
