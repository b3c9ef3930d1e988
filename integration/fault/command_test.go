package fault

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/offset-p2p/offset/integration/harness"
)

// result is what became of one run of a program.
type result struct {
	code     int
	out, err string
}

// run runs one of the programs to its end.
func run(t *testing.T, program string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), commandTimeout)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	r := result{out: stdout.String(), err: stderr.String()}
	if ctx.Err() != nil {
		t.Fatalf("%s %q did not end in %v:\n%s", program, args, commandTimeout, r.err)
	}
	if err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			t.Fatalf("running %s: %v", program, err)
		}
		r.code = exit.ExitCode()
	}
	return r
}

// control is stctrl as one person or application uses it.
type control struct {
	program string
	flags   []string // which node, and as whom
}

// controlOf is the control of the user of a node's machine.
func controlOf(lab *harness.Lab, n *harness.Node) control {
	return control{program: lab.Program("stctrl"), flags: []string{"--dir", n.Dir}}
}

func (c control) run(t *testing.T, args ...string) result {
	t.Helper()
	return run(t, c.program, append(append([]string{}, c.flags...), args...)...)
}

// must runs a command that has to work and returns what it printed.
func (c control) must(t *testing.T, args ...string) string {
	t.Helper()
	r := c.run(t, args...)
	if r.code != 0 {
		t.Fatalf("stctrl %q exits with %d:\n%s", args, r.code, r.err)
	}
	return strings.TrimSpace(r.out)
}

// value runs a command with --json and returns what it printed.
func (c control) value(t *testing.T, args ...string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(c.must(t, append(args, "--json")...)), &v); err != nil {
		t.Fatalf("stctrl %q --json does not print JSON: %v", args, err)
	}
	return v
}

// complaint is what stctrl --json prints on stderr when something is wrong.
type complaint struct {
	Exit   int    `json:"exit"`
	Reason string `json:"reason"`
	Text   string `json:"text"`
	Hint   string `json:"hint"`
}

// refused runs a command that must fail, once for people and once for
// programs, and returns the complaint, which must be the same both times.
func (c control) refused(t *testing.T, args ...string) complaint {
	t.Helper()
	plain := c.run(t, args...)
	if plain.out != "" {
		t.Errorf("a command that fails prints a result: %s", plain.out)
	}
	r := c.run(t, append([]string{"--json"}, args...)...)
	var v struct {
		Error complaint `json:"error"`
	}
	if err := json.Unmarshal([]byte(r.err), &v); err != nil {
		t.Fatalf("stderr with --json is %q: %v", r.err, err)
	}
	if r.code != v.Error.Exit || plain.code != r.code {
		t.Errorf("exit codes %d, with --json %d and %d inside", plain.code, r.code, v.Error.Exit)
	}
	for _, text := range []string{v.Error.Text, v.Error.Hint} {
		if !strings.Contains(plain.err, text) {
			t.Errorf("stderr is %q for people, but programs are told %q", plain.err, text)
		}
	}
	return v.Error
}
