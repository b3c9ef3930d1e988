package rpc_test

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/offset-p2p/offset/p2p/rpc"
)

// These tests use unix sockets in a temporary directory: what they are about is
// the file.

func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "api.sock")
	ln, err := rpc.ListenUnix(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Type() != fs.ModeSocket || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- rpc.Serve(ctx, rpc.DefaultConfig(http.HandlerFunc(whoami)), ln) }()

	client := rpc.UnixClient(path)
	if got, err := get(t.Context(), client); err != nil || got != " true HTTP/2.0" {
		t.Errorf("%q, %v", got, err)
	}
	client.CloseIdleConnections()
	old := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}}}
	if got, err := get(t.Context(), old); err != nil || got != " true HTTP/1.1" {
		t.Errorf("HTTP/1: %q, %v", got, err)
	}
	old.CloseIdleConnections()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket file is still there: %v", err)
	}
}

func TestUnixSocketInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "api.sock")
	first, err := rpc.ListenUnix(path)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if _, err := rpc.ListenUnix(path); err == nil || !strings.Contains(err.Error(), "another process listens on "+path) {
		t.Errorf("second listener: %v", err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the first one's file is gone: %v", err)
	}
}

func TestStaleUnixSocketIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "api.sock")
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}
	ln, err := rpc.ListenUnix(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := ln.Close(); err != nil {
		t.Error(err)
	}
}

func TestUnixSocketNeverReplacesAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "api.sock")
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := rpc.ListenUnix(path); err == nil || !strings.Contains(err.Error(), "is not a socket") {
		t.Errorf("error %v", err)
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "precious" {
		t.Errorf("the file: %q, %v", data, err)
	}
}

func TestUnixPaths(t *testing.T) {
	path := filepath.Join(t.TempDir(), "api.sock")
	if _, err := get(t.Context(), rpc.UnixClient(path)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	long := filepath.Join(t.TempDir(), strings.Repeat("long", 40), "api.sock")
	if _, err := rpc.ListenUnix(long); err == nil || !strings.Contains(err.Error(), "shorter directory") {
		t.Errorf("long path: %v", err)
	}
}
