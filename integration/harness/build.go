package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// programs are the binaries a lab starts.
var programs = []string{"stnode", "strelay", "stindex", "stctrl"}

// Programs returns a directory with the programs of a lab: the directory of
// the running executable when they all stand there (an installed release),
// else dir, after building them from source with the go command.
func Programs(ctx context.Context, dir string) (string, error) {
	if self, err := os.Executable(); err == nil && hasAll(filepath.Dir(self)) {
		return filepath.Dir(self), nil
	}
	root, err := moduleRoot(ctx)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("making the directory of programs: %w", err)
	}
	args := []string{"build", "-o", dir + string(filepath.Separator)}
	for _, p := range programs {
		args = append(args, "./cmd/"+p)
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the programs: %w\n%s", err, out)
	}
	return dir, nil
}

func hasAll(dir string) bool {
	for _, p := range programs {
		if _, err := os.Stat(filepath.Join(dir, p)); err != nil {
			return false
		}
	}
	return true
}

// moduleRoot finds the source tree to build from: the module of the current
// directory.
func moduleRoot(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Path}} {{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("asking go for the module: %w: run this inside the source tree, or put the programs beside this one", err)
	}
	path, dir, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	if !strings.HasSuffix(path, "/offset") {
		return "", errors.New("this is not Offset's source tree: change into it, or put the programs beside this one")
	}
	return dir, nil
}
