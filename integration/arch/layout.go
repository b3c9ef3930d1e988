package arch

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Layout returns what lies on the top level of the repository fsys but may
// not, and the files that must be there and are not. Folders may be absent.
func Layout(fsys fs.FS) ([]Finding, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("reading the top level: %w", err)
	}
	var found []Finding
	var names []string
	for _, entry := range entries {
		name := entry.Name()
		names = append(names, name)
		if strings.HasPrefix(name, ".") || slices.Contains(TopLevel, name) || slices.Contains(topLevelBuilt, name) {
			continue
		}
		found = append(found, Finding{name, "does not belong on the top level: put it beside the code it serves"})
	}
	for _, must := range topLevelMust {
		if !slices.Contains(names, must) {
			found = append(found, Finding{must, "is missing on the top level"})
		}
	}
	return found, nil
}

// Replacements returns the replace directives of the go.mod file name: they
// would make what we build differ from what users of `go install` get.
func Replacements(fsys fs.FS, name string) ([]Finding, error) {
	mod, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("reading module file: %w", err)
	}
	var found []Finding
	line := 0
	for text := range strings.Lines(string(mod)) {
		line++
		text, _, _ = strings.Cut(text, "//")
		rest, ok := strings.CutPrefix(strings.TrimSpace(text), "replace")
		if ok && (rest == "" || strings.ContainsAny(rest[:1], " \t(")) {
			found = append(found, Finding{fmt.Sprintf("%s:%d", name, line), "replaces a module: depend on a released version"})
		}
	}
	return found, nil
}
