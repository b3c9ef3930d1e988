package arch

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// A Listed package is what Linked reads of `go list -deps -json`.
type Listed struct {
	ImportPath string
	Name       string
	Imports    []string
}

// ReadListed decodes the output of `go list -json`, one object after another.
func ReadListed(r io.Reader) ([]Listed, error) {
	var all []Listed
	for dec := json.NewDecoder(r); ; {
		var one Listed
		switch err := dec.Decode(&one); {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, fmt.Errorf("reading go list output: %w", err)
		}
		all = append(all, one)
	}
}

// Linked returns the programs below cmd among all that contain package testing
// or one of our test kits, each with the chain of imports that brings it in.
func Linked(all []Listed) []Finding {
	imports := map[string][]string{}
	for _, p := range all {
		imports[p.ImportPath] = p.Imports
	}
	var found []Finding
	for _, p := range all {
		path, own := ours(p.ImportPath)
		if !own || p.Name != "main" || !below("cmd", path) {
			continue
		}
		if chain := chainTo(imports, p.ImportPath, belongsToTests); chain != nil {
			found = append(found, Finding{path, "links what belongs to tests: " + strings.Join(chain, " → ")})
		}
	}
	return found
}

func belongsToTests(importPath string) bool {
	path, own := ours(importPath)
	return importPath == "testing" || own && isTestKit(path)
}

// chainTo returns a shortest chain of imports from a package to one that is
// bad, or nil.
func chainTo(imports map[string][]string, from string, bad func(string) bool) []string {
	seen := map[string]bool{from: true}
	for chains := [][]string{{from}}; len(chains) > 0; chains = chains[1:] {
		chain := chains[0]
		last := chain[len(chain)-1]
		if bad(last) {
			return chain
		}
		for _, next := range imports[last] {
			if !seen[next] {
				seen[next] = true
				chains = append(chains, append(slices.Clone(chain), next))
			}
		}
	}
	return nil
}
