package mutate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Mutant is one change that a test must notice.
type Mutant struct {
	Name    string // unique, for -run and OFFSET_MUTANTS
	Why     string // what goes wrong without the rule, in a few words
	File    string // relative to the module
	Old     string // stands in File exactly once
	New     string // in its place; must compile
	Package string // whose test notices, relative to the module
	Test    string // pattern for -run, matching what must fail
	Says    string // what the failing test must print; empty: anything
}

// Timeout bounds the test of one mutant. A test that does not end has not
// noticed anything.
const Timeout = 5 * time.Minute

// Errors of Run that the table of mutants is to blame for.
var (
	// ErrStale: Old does not stand in File exactly once.
	ErrStale = errors.New("text to replace does not stand in the file exactly once")
	// ErrBuild: the mutant, or the test, does not compile.
	ErrBuild = errors.New("does not compile")
	// ErrAlive: the test passes, does not exist, does not end, or says something else.
	ErrAlive = errors.New("no test notices")
)

// Root returns the directory of the module that the working directory is in.
func Root() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("finding the module: %w", err)
	}
	mod := strings.TrimSpace(string(out))
	if mod == "" || mod == os.DevNull {
		return "", errors.New("finding the module: not within one")
	}
	return filepath.Dir(mod), nil
}

// Apply returns the file of m with its change. The error wraps ErrStale when the
// text is not there exactly once.
func (m *Mutant) Apply(root string) ([]byte, error) {
	src, err := os.ReadFile(filepath.Join(root, m.File))
	if err != nil {
		return nil, fmt.Errorf("reading what %s changes: %w", m.Name, err)
	}
	if n := strings.Count(string(src), m.Old); n != 1 {
		return nil, fmt.Errorf("%s: %d times in %s: %w", m.Name, n, m.File, ErrStale)
	}
	return bytes.Replace(src, []byte(m.Old), []byte(m.New), 1), nil
}

// Run builds the test of m's package with m in place, below dir, and runs it. It
// returns nil when the test fails as it must; the output is returned in any
// case. Cancelling ctx ends the go tool and the test.
func (m *Mutant) Run(ctx context.Context, root, dir string) (output string, err error) {
	overlay, err := m.overlay(root, dir)
	if err != nil {
		return "", err
	}
	binary := filepath.Join(dir, "mutant.test")
	build := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-ldflags=-s -w", "-overlay", overlay, "-o", binary, "./"+m.Package)
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return string(out), fmt.Errorf("%s: %w: %w", m.Name, ErrBuild, err)
	}
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	test := exec.CommandContext(ctx, binary, "-test.run", m.Test, "-test.failfast", "-test.parallel", "1")
	test.Dir = filepath.Join(root, m.Package)
	out, err := test.CombinedOutput()
	return string(out), m.judge(ctx, string(out), err)
}

// judge decides what the end of the test means.
func (m *Mutant) judge(ctx context.Context, out string, err error) error {
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %s does not end: %w", m.Name, m.Test, ErrAlive)
	case err == nil:
		return fmt.Errorf("%s: %s passes: %w", m.Name, m.Test, ErrAlive)
	case !errors.As(err, &exit):
		return fmt.Errorf("%s: starting the test: %w", m.Name, err)
	case !strings.Contains(out, "--- FAIL") && !strings.Contains(out, "panic:"):
		return fmt.Errorf("%s: the test ends without a failure: %w", m.Name, ErrAlive)
	case !strings.Contains(out, m.Says):
		return fmt.Errorf("%s: %s fails, but does not say %q: %w", m.Name, m.Test, m.Says, ErrAlive)
	default:
		return nil
	}
}

// overlay writes the changed file and the go tool's description of it below dir.
func (m *Mutant) overlay(root, dir string) (string, error) {
	changed, err := m.Apply(root)
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "mutant.go")
	if err := os.WriteFile(file, changed, 0o600); err != nil {
		return "", fmt.Errorf("writing %s: %w", m.Name, err)
	}
	description, err := json.Marshal(map[string]map[string]string{
		"Replace": {filepath.Join(root, m.File): file},
	})
	if err != nil {
		return "", fmt.Errorf("describing %s: %w", m.Name, err)
	}
	overlay := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlay, description, 0o600); err != nil {
		return "", fmt.Errorf("writing %s: %w", m.Name, err)
	}
	return overlay, nil
}
