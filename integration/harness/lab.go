package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// names of the people of a lab, in the order of the chain.
var names = []string{
	"alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy",
	"karl", "laura", "mallory", "niaj", "olivia", "peggy", "quentin", "rupert", "sybil", "trent",
}

// Options say what lab to start.
type Options struct {
	Dir      string // data of all processes; made if absent
	Programs string // directory of the programs, see Programs
	Hops     int    // friendships in the chain, 1 to HopsMax
	// NoFederation leaves server 1 out of server 2's list of trusted servers,
	// so that the trust is one-sided and nothing is shared.
	NoFederation bool
	LogLevel     string // of all processes; empty: their default
}

// Lab is a network on this machine: one relay, two index servers, and a chain
// of nodes that listen on no address and are reachable only through the relay.
type Lab struct {
	Relay  *Process
	Index  [2]*Process
	Nodes  []*Node
	Ticket struct { // of the servers
		Relay string
		Index [2]string
	}

	opts Options
}

// loopbackAny asks a server to listen on a free port of the loopback
// interface only: a lab must not be reachable from outside.
var loopbackAny = []string{"--listen", "/ip4/127.0.0.1/udp/0/quic-v1", "--listen", "/ip4/127.0.0.1/tcp/0"}

// Start starts the processes and waits until each serves. When it fails, what
// was started has ended. The caller must Close the lab.
func Start(ctx context.Context, opts Options) (*Lab, error) {
	if opts.Hops < 1 || opts.Hops > HopsMax {
		return nil, fmt.Errorf("a lab has 1 to %d hops, not %d", HopsMax, opts.Hops)
	}
	l := &Lab{opts: opts}
	if err := l.start(ctx); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

func (l *Lab) start(ctx context.Context) error {
	var err error
	if l.Relay, l.Ticket.Relay, err = l.server(ctx, "relay", "strelay", nil); err != nil {
		return err
	}
	if err := l.startIndex(ctx); err != nil {
		return err
	}
	for _, name := range names[:l.opts.Hops+1] {
		n, err := l.node(name)
		if err != nil {
			return err
		}
		l.Nodes = append(l.Nodes, n)
	}
	for _, n := range l.Nodes {
		if err := n.connect(ctx); err != nil {
			return err
		}
	}
	return nil
}

// startIndex starts both index servers. Each needs the other's ticket, so the
// lists of trusted servers are files that the servers watch.
func (l *Lab) startIndex(ctx context.Context) error {
	for i := range l.Index {
		name := fmt.Sprintf("index%d", i+1)
		if err := l.writeTrusted(i, ""); err != nil {
			return err
		}
		var err error
		l.Index[i], l.Ticket.Index[i], err = l.server(ctx, name, "stindex", []string{"--trusted", l.trustedPath(i), "--queries-per-second", labQueries})
		if err != nil {
			return err
		}
	}
	if err := l.writeTrusted(0, l.Ticket.Index[1]); err != nil || l.opts.NoFederation {
		return err
	}
	return l.writeTrusted(1, l.Ticket.Index[0])
}

func (l *Lab) trustedPath(i int) string {
	return filepath.Join(l.opts.Dir, fmt.Sprintf("index%d", i+1), "trusted")
}

// writeTrusted replaces the list as an editor does: by renaming a whole file.
func (l *Lab) writeTrusted(i int, text string) error {
	path := l.trustedPath(i)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("writing the list of trusted servers: %w", err)
	}
	if err := os.WriteFile(path+".new", []byte(text+"\n"), 0o600); err != nil {
		return fmt.Errorf("writing the list of trusted servers: %w", err)
	}
	return os.Rename(path+".new", path)
}

func (l *Lab) server(ctx context.Context, name, program string, args []string) (*Process, string, error) {
	p := l.process(name, program, append(append([]string{}, loopbackAny...), args...))
	if err := p.start(); err != nil {
		return nil, "", err
	}
	ticket, err := p.ticket(ctx)
	if err != nil {
		p.stop()
		return nil, "", err
	}
	return p, ticket, nil
}

func (l *Lab) process(name, program string, args []string) *Process {
	dir := filepath.Join(l.opts.Dir, name)
	args = append([]string{"run", "--dir", dir}, args...)
	if l.opts.LogLevel != "" {
		args = append(args, "--log-level", l.opts.LogLevel)
	}
	return &Process{Name: name, Dir: dir, path: filepath.Join(l.opts.Programs, program), args: args}
}

func (l *Lab) node(name string) (*Node, error) {
	n := &Node{Process: l.process(name, "stnode", nil)}
	if err := n.start(); err != nil {
		return nil, err
	}
	return n, nil
}

// Program returns the path of one of the lab's programs.
func (l *Lab) Program(name string) string { return filepath.Join(l.opts.Programs, name) }

// Processes returns the processes of the lab, those that have ended too.
func (l *Lab) Processes() []*Process {
	var all []*Process
	for _, n := range l.Nodes {
		all = append(all, n.Process)
	}
	for _, p := range append(l.Index[:], l.Relay) {
		if p != nil {
			all = append(all, p)
		}
	}
	return all
}

// Close ends every process, the nodes first, and waits for them.
func (l *Lab) Close() {
	for _, n := range l.Nodes {
		n.disconnect()
	}
	done := make(chan struct{})
	all := l.Processes()
	for _, p := range all {
		go func() {
			p.stop()
			done <- struct{}{}
		}()
	}
	for range all {
		<-done
	}
}

// Node returns the node of a person, by name.
func (l *Lab) Node(name string) (*Node, error) {
	var known []string
	for _, n := range l.Nodes {
		if n.Name == name {
			return n, nil
		}
		known = append(known, n.Name)
	}
	return nil, errors.New("no " + name + " in this lab: there are " + strings.Join(known, ", "))
}
