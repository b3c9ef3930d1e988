package arch

import (
	"strings"
	"testing"
	"testing/fstest"
)

// fixture is a repository in memory: file names and their text. Imports of
// ours are written "~/…" for short.
type fixture map[string]string

func (f fixture) fs() fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, src := range f {
		fsys[name] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(src, `"~/`, `"`+Module+"/"))}
	}
	return fsys
}

func (f fixture) load(t *testing.T) *Tree {
	t.Helper()
	tree, err := Load(f.fs())
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// wantFindings fails unless there is one finding for each wanted text, in any
// order, and no other. A wanted text is part of "where: what".
func wantFindings(t *testing.T, got []Finding, want ...string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d findings, want %d:\n%v", len(got), len(want), got)
	}
	for _, w := range want {
		if !finds(got, w) {
			t.Errorf("no finding with %q among:\n%v", w, got)
		}
	}
}

func finds(found []Finding, text string) bool {
	for _, f := range found {
		if strings.Contains(f.String(), text) {
			return true
		}
	}
	return false
}

func TestImportsFindsBreaches(t *testing.T) {
	tests := []struct {
		name string
		tree fixture
		want []string
	}{
		{
			name: "what the table allows",
			tree: fixture{
				"ledger/a.go":            `package ledger`,
				"ledger/wire/a.go":       "package wire\nimport (\n_ \"~/ledger\"\n_ \"~/ledger/wire/pb\"\n)",
				"ledger/wire/pb/a.go":    `package pb`,
				"node/a.go":              "package node\nimport (\n_ \"~/node/engine\"\n_ \"~/p2p/frame\"\n_ \"~/ledger\"\n)",
				"integration/any/a.go":   "package any\nimport (\n_ \"~/node\"\n_ \"~/p2p/p2ptest\"\n)",
				"node/api/a.go":          "package api\nimport _ \"~/node/api/pb\"",
				"node/api/pb/c/a.go":     "package c\nimport _ \"~/node/api/pb\"",
				"node/apiserver/a.go":    "package apiserver\nimport _ \"~/node/api/pb/c\"",
				"ledger/ledgertest/a.go": "package ledgertest\nimport _ \"~/ledger/wire\"",
			},
		},
		{
			name: "an arrow against the layers",
			tree: fixture{"ledger/a.go": "package ledger\nimport _ \"~/p2p\""},
			want: []string{"ledger/a.go:2: ledger may not import p2p"},
		},
		{
			name: "siblings of the node",
			tree: fixture{"node/link/a.go": "package link\nimport _ \"~/node/engine\""},
			want: []string{"node/link may not import node/engine"},
		},
		{
			name: "gossip itself is not below gossip",
			tree: fixture{"node/market/a.go": "package market\nimport _ \"~/gossip\""},
			want: []string{"node/market may not import gossip:"},
		},
		{
			name: "bytes of the friend link belong to ledger/wire",
			tree: fixture{"ledger/a.go": "package ledger\nimport _ \"~/ledger/wire/pb\""},
			want: []string{"ledger may not import ledger/wire/pb"},
		},
		{
			name: "generated code that reaches out",
			tree: fixture{"node/api/pb/a.go": "package pb\nimport _ \"~/ledger\""},
			want: []string{"generated package node/api/pb may import only"},
		},
		{
			name: "a package without a row",
			tree: fixture{"p2p/util/a.go": "package util\nimport _ \"~/node\""},
			want: []string{"p2p/util: has no row in the import table"},
		},
		{
			name: "a program without a row",
			tree: fixture{"cmd/other/main.go": "package main\nfunc main() {}"},
			want: []string{"cmd/other: has no row"},
		},
		{
			name: "a test kit in production code",
			tree: fixture{"node/a.go": "package node\nimport _ \"~/ledger/ledgertest\""},
			want: []string{"must not import test kit ledger/ledgertest"},
		},
		{
			name: "tests may use kits, but do not reach up",
			tree: fixture{
				"p2p/a_test.go":    "package p2p\nimport _ \"~/p2p/p2ptest\"",
				"ledger/a_test.go": "package ledger\nimport _ \"~/integration/harness\"",
			},
			want: []string{"tests of ledger reach up to integration/harness"},
		},
		{
			name: "build tags hide nothing",
			tree: fixture{"ledger/a_windows.go": "//go:build windows\n\npackage ledger\nimport _ \"~/node\""},
			want: []string{"ledger may not import node"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wantFindings(t, Imports(tt.tree.load(t), Table), tt.want...)
		})
	}
}

func TestPurityFindsBreaches(t *testing.T) {
	const head = "package engine\n"
	tests := map[string]struct {
		src  string
		want []string
	}{
		"values of time":        {head + "import \"time\"\nvar d = 2 * time.Second\nfunc f(t time.Time) time.Time { return t.Add(d) }", nil},
		"the clock":             {head + "import \"time\"\nvar t = time.Now()", []string{"a.go:3: pure package uses time.Now"}},
		"the clock as a value":  {head + "import \"time\"\nvar clock = time.Now", []string{"time.Now"}},
		"the clock renamed":     {head + "import x \"time\"\nvar t = x.Since", []string{"time.Since"}},
		"another Now":           {head + "type c struct{}\nfunc (c) Now() {}\nfunc f(time c) { time.Now() }", nil},
		"waiting":               {head + "import \"time\"\nfunc f() { time.Sleep(1) }", []string{"time.Sleep"}},
		"math/rand":             {head + "import _ \"math/rand/v2\"", []string{"imports math/rand/v2, which is randomness"}},
		"crypto/rand":           {head + "import _ \"crypto/rand\"", []string{"imports crypto/rand"}},
		"sealing":               {head + "import _ \"crypto/hpke\"", []string{"imports crypto/hpke"}},
		"a random key":          {head + "import \"crypto/ed25519\"\nvar f = ed25519.GenerateKey\nvar g = ed25519.Verify", []string{"ed25519.GenerateKey"}},
		"os":                    {head + "import _ \"os/exec\"", []string{"imports os/exec"}},
		"net":                   {head + "import _ \"net/netip\"", []string{"imports net/netip"}},
		"context":               {head + "import _ \"context\"", []string{"imports context"}},
		"sync":                  {head + "import _ \"sync/atomic\"", []string{"imports sync/atomic"}},
		"a goroutine":           {head + "func f() { go f() }", []string{"starts a goroutine"}},
		"channels":              {head + "func f(c chan int) { c <- 1; <-c; select {} }", []string{"uses a channel", "sends", "receives", "selects"}},
		"printing":              {head + "import \"fmt\"\nfunc f() { fmt.Println(); println() }", []string{"fmt.Println", "prints"}},
		"a dot import":          {head + "import . \"time\"", []string{"dot import"}},
		"names that only begin": {head + "import _ \"network/ospf\"", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tree := fixture{"node/engine/a.go": tt.src, "node/engine/a_test.go": head + "import _ \"os\""}.load(t)
			wantFindings(t, Purity(tree, Table), tt.want...)
		})
	}
}

func TestPurityIsAskedOfPurePackagesOnly(t *testing.T) {
	tree := fixture{
		"node/a.go":     "package node\nimport _ \"os\"\nfunc f() { go f() }",
		"node/api/a.go": "package api\nimport _ \"context\"",
	}.load(t)
	wantFindings(t, Purity(tree, Table))
}

func TestPackageCommentsFindsBreaches(t *testing.T) {
	tree := fixture{
		"good/a.go":       "// Package good is commented.\npackage good",
		"good/b.go":       "package good",
		"bare/a.go":       "package bare",
		"directive/a.go":  "//go:build linux\n\npackage directive",
		"twice/a.go":      "// Package twice is one.\npackage twice",
		"twice/b.go":      "// Package twice is two.\npackage twice",
		"form/a.go":       "// This is form.\npackage form",
		"cmd/x/main.go":   "// X runs x.\npackage main",
		"cmd/y/main.go":   "// Package main runs y.\npackage main",
		"x/pb/a.pb.go":    "// Code generated by p. DO NOT EDIT.\n\npackage pb",
		"tests/a_test.go": "// Package tests holds only tests.\npackage tests",
		"noted/a.go":      "// Package noted is commented.\npackage noted",
		"noted/a_test.go": "// Helpers of tests.\npackage noted",
	}.load(t)
	wantFindings(t, PackageComments(tree),
		"bare: has no package comment", "directive: has no package comment",
		"twice: has 2 package comments", "form/a.go:1", "cmd/y/main.go:1")
}

func TestTagsFindsBreaches(t *testing.T) {
	tree := fixture{
		"ledger/a.go": "package ledger\nvar a, b = NewTag(\"offset/entry/1\"), NewTag(\"offset/hello/1\")",
		"gossip/a.go": "package gossip\nimport l \"~/ledger\"\nvar c = l.NewTag(\"offset/entry/12\")",
		"node/a.go":   "package node\nimport \"~/ledger\"\nconst k = \"offset/x/1\"\nvar d = ledger.NewTag(k)\nvar e = ledger.NewTag(\"ofset/y\")",
		"p2p/a.go":    "package p2p\nimport ledger \"other/ledger\"\nvar f = ledger.NewTag(\"offset/entry/1\")",
		"p2p/b.go":    "package p2p\nfunc NewTag(string) {}\nfunc g() { NewTag(\"offset/entry/1\") }",
	}.load(t)
	wantFindings(t, Tags(tree),
		`"offset/entry/1" and "offset/entry/12"`,
		"node/a.go:4: domain tag is not a string literal",
		`node/a.go:5: domain tag "ofset/y" is not of the form`)
}

func TestTagsFindsEqualOnes(t *testing.T) {
	tree := fixture{"ledger/a.go": "package ledger\nvar a, b = NewTag(\"offset/entry/1\"), NewTag(\"offset/entry/1\")"}.load(t)
	wantFindings(t, Tags(tree), "one is a prefix of the other")
}

func TestLayoutFindsBreaches(t *testing.T) {
	tree := fixture{
		"go.mod": "", "go.sum": "", "LICENSE": "", "CHANGELOG.md": "",
		"docs/x.md": "", "Makefile": "", ".ci/run": "", "bin/stnode": "", "ledger/a.go": "",
	}
	found, err := Layout(tree.fs())
	if err != nil {
		t.Fatal(err)
	}
	wantFindings(t, found, "docs: does not belong", "Makefile: does not belong", "README.md: is missing")
}

func TestReplacementsFindsBreaches(t *testing.T) {
	tests := map[string]struct {
		mod  string
		want []string
	}{
		"none":       {"module m\n// replace a => b\nrequire replacement.org/x v1.0.0 // replace\n", nil},
		"one":        {"module m\nreplace a => ../b\n", []string{"go.mod:2"}},
		"block":      {"module m\n\nreplace (\n\ta => b\n)\n", []string{"go.mod:3"}},
		"tight":      {"replace(\n)\n", []string{"go.mod:1"}},
		"no newline": {"replace a => b", []string{"go.mod:1"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			found, err := Replacements(fixture{"go.mod": tt.mod}.fs(), "go.mod")
			if err != nil {
				t.Fatal(err)
			}
			wantFindings(t, found, tt.want...)
		})
	}
}

func TestLinkedFindsBreaches(t *testing.T) {
	const list = `{"ImportPath":"testing","Name":"testing"}
{"ImportPath":"other.org/x","Name":"x","Imports":["testing"]}
{"ImportPath":"other.org/xtest","Name":"xtest"}
{"ImportPath":"~/p2p/p2ptest","Name":"p2ptest"}
{"ImportPath":"~/node","Name":"node","Imports":["other.org/x","other.org/xtest"]}
{"ImportPath":"~/cmd/a","Name":"main","Imports":["fmt","~/node"]}
{"ImportPath":"~/cmd/b","Name":"main","Imports":["~/p2p/p2ptest"]}
{"ImportPath":"~/cmd/c","Name":"main","Imports":["fmt","other.org/xtest"]}
`
	all, err := ReadListed(strings.NewReader(strings.ReplaceAll(list, `"~/`, `"`+Module+"/")))
	if err != nil {
		t.Fatal(err)
	}
	wantFindings(t, Linked(all),
		"cmd/a: links what belongs to tests: "+Module+"/cmd/a → "+Module+"/node → other.org/x → testing",
		"cmd/b: links what belongs to tests: "+Module+"/cmd/b → "+Module+"/p2p/p2ptest")
}

func TestReadListedRefusesGarbage(t *testing.T) {
	if _, err := ReadListed(strings.NewReader(`{"ImportPath":"a"} {`)); err == nil {
		t.Error("half an object was read without error")
	}
}
