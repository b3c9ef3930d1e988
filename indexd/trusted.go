package indexd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/offset-p2p/offset/p2p/address"
)

// trustedList is the list of trusted servers: a fixed part and a file.
type trustedList struct {
	server *Server
	fixed  []peer.AddrInfo
	path   string // empty: no file
	last   []byte // the file as it was read last
	taken  []byte // the file as it was taken over last
}

// load reads the file and takes the list over. An error leaves the old list
// standing.
func (l *trustedList) load() error {
	data, err := readTrusted(l.path)
	if err != nil {
		return err
	}
	l.last = data
	return l.take(data)
}

// poll is load for a file that may be in the middle of being written: it is
// taken over when it reads the same twice, and is another than last time.
func (l *trustedList) poll() error {
	data, err := readTrusted(l.path)
	if err != nil {
		return err
	}
	steady := bytes.Equal(data, l.last)
	l.last = data
	if !steady || bytes.Equal(data, l.taken) {
		return nil
	}
	return l.take(data)
}

func (l *trustedList) take(data []byte) error {
	l.taken = data
	listed, err := parseTrusted(string(data))
	if err != nil {
		return fmt.Errorf("file of trusted servers %s: %w", l.path, err)
	}
	return l.server.SetTrusted(mergePeers(l.fixed, listed))
}

// readTrusted returns the file, empty and not nil when there is none.
func readTrusted(path string) ([]byte, error) {
	if path == "" {
		return []byte{}, nil
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return []byte{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("opening the file of trusted servers: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, address.TextBytesMax+1))
	if err != nil {
		return nil, fmt.Errorf("reading the file of trusted servers: %w", err)
	}
	return data, nil
}

// ParseTrusted reads tickets of trusted servers, as Config.Trusted wants them.
func ParseTrusted(tickets []string) ([]peer.AddrInfo, error) {
	listed, err := parseTrusted(strings.Join(tickets, "\n"))
	return mergePeers(listed), err
}

// parseTrusted reads tickets; a text of comments only names nobody.
func parseTrusted(text string) ([]peer.AddrInfo, error) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			return address.Parse(text)
		}
	}
	return nil, nil
}

// mergePeers puts lists together; addresses of one peer too.
func mergePeers(lists ...[]peer.AddrInfo) []peer.AddrInfo {
	var out []peer.AddrInfo
	for _, p := range slices.Concat(lists...) {
		i := slices.IndexFunc(out, func(o peer.AddrInfo) bool { return o.ID == p.ID })
		if i < 0 {
			out = append(out, peer.AddrInfo{ID: p.ID, Addrs: slices.Clone(p.Addrs)})
			continue
		}
		out[i].Addrs = append(out[i].Addrs, p.Addrs...)
	}
	return out
}

// watch looks at the file until ctx ends. What is wrong with it is told once.
func (l *trustedList) watch(ctx context.Context) {
	tick := time.NewTicker(trustedPollEvery)
	defer tick.Stop()
	told := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := l.poll()
		if err == nil {
			told = ""
			continue
		}
		if text := err.Error(); text != told {
			l.server.log.Error("the old list of trusted servers stays in force", "err", err)
			told = text
		}
	}
}
