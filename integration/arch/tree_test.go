package arch

import (
	"strings"
	"testing"
)

func TestLoadSkipsWhatTheGoCommandSkips(t *testing.T) {
	tree := fixture{
		"a/a.go":              "package a",
		"a/_b.go":             "not go",
		"a/.c.go":             "not go",
		"a/testdata/d.go":     "not go",
		"a/node_modules/e.go": "not go",
		".ci/tools/f.go":      "not go",
		"_old/g.go":           "not go",
		"nested/go.mod":       "module nested",
		"nested/h.go":         "not go",
		"a/notes.txt":         "not go",
	}.load(t)
	if len(tree.Packages) != 1 || tree.Packages[0].Path != "a" || len(tree.Packages[0].Files) != 1 {
		t.Errorf("packages %+v, want only a with one file", tree.Packages)
	}
}

func TestLoadReportsWhatDoesNotParse(t *testing.T) {
	_, err := Load(fixture{"a/a.go": "package a\nfunc {"}.fs())
	if err == nil || !strings.Contains(err.Error(), "a/a.go:2") {
		t.Errorf("error %v, want one that names a/a.go:2", err)
	}
}

func TestMatches(t *testing.T) {
	tests := []struct {
		pattern, path string
		want          bool
	}{
		{"p2p", "p2p", true},
		{"p2p", "p2p/rpc", false},
		{"p2p/*", "p2p", false},
		{"p2p/*", "p2p/rpc", true},
		{"p2p/*", "p2p/a/b", true},
		{"p2p/...", "p2p", true},
		{"p2p/...", "p2p/a/b", true},
		{"p2p/...", "p2px", false},
		{"p2p/*", "p2px/a", false},
		{"...", "anything/at/all", true},
	}
	for _, tt := range tests {
		if got := matches(tt.pattern, tt.path); got != tt.want {
			t.Errorf("matches(%q, %q) = %v, want %v", tt.pattern, tt.path, got, tt.want)
		}
	}
}

func TestTestKitsAndGeneratedPackagesAreKnownByName(t *testing.T) {
	for path, want := range map[string]bool{"p2p/p2ptest": true, "ledger/ledgertest": true, "a/test": false, "a/testing": false, "ledger": false} {
		if got := isTestKit(path); got != want {
			t.Errorf("isTestKit(%q) = %v, want %v", path, got, want)
		}
	}
	for path, want := range map[string]string{"ledger/pb": "ledger/pb", "node/api/pb/apiconnect": "node/api/pb", "node/api": "", "pbx/a": ""} {
		if got := pbRoot(path); got != want {
			t.Errorf("pbRoot(%q) = %q, want %q", path, got, want)
		}
	}
}
