package harness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Process is one running program with a directory of its own. Its methods are
// for one goroutine at a time.
type Process struct {
	Name string // of the person or server it plays
	Dir  string // its data directory; its log is <Dir>/log

	path string
	args []string
	cmd  *exec.Cmd
	log  *os.File
	done chan struct{} // closed when the process has ended; err is set before
	err  error
}

// start runs the program again with the same arguments: a Process can be
// started, killed and started.
func (p *Process) start() error {
	if err := os.MkdirAll(p.Dir, 0o700); err != nil {
		return fmt.Errorf("making the directory of %s: %w", p.Name, err)
	}
	log, err := os.OpenFile(p.logPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("opening the log of %s: %w", p.Name, err)
	}
	cmd := exec.Command(p.path, p.args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = ownGroup()
	if err := cmd.Start(); err != nil {
		_ = log.Close()
		return fmt.Errorf("starting %s: %w", p.Name, err)
	}
	p.cmd, p.log, p.done = cmd, log, make(chan struct{})
	go func() {
		p.err = cmd.Wait()
		_ = log.Close()
		close(p.done)
	}()
	return nil
}

func (p *Process) logPath() string { return filepath.Join(p.Dir, "log") }

// PID returns the process's number.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Kill ends the process with SIGKILL, as a power cut would, and waits for it.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// Restart starts a process that has ended.
func (p *Process) Restart() error {
	select {
	case <-p.done:
		return p.start()
	default:
		return fmt.Errorf("%s is still running", p.Name)
	}
}

// stop asks the process to end and kills it when it does not.
func (p *Process) stop() {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(stopTimeout):
		p.Kill()
	}
}

// Await polls ok until it is true. It fails when the process ends, with the
// end of its log, or when the time is over.
func (p *Process) Await(ctx context.Context, what string, ok func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for !ok() {
		select {
		case <-p.done:
			return fmt.Errorf("%s ended before %s: %w\n%s", p.Name, what, orEnded(p.err), p.LogTail())
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s of %s: %w\n%s", what, p.Name, ctx.Err(), p.LogTail())
		case <-time.After(pollEvery):
		}
	}
	return nil
}

func orEnded(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

// LogTail returns the end of the process's log.
func (p *Process) LogTail() string {
	f, err := os.Open(p.logPath())
	if err != nil {
		return ""
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > logTailBytes {
		_, _ = f.Seek(-logTailBytes, io.SeekEnd)
	}
	b, _ := io.ReadAll(io.LimitReader(f, logTailBytes))
	return string(b)
}

// ticket waits for <Dir>/ticket, which servers write once they listen, and
// returns its first line.
func (p *Process) ticket(ctx context.Context) (string, error) {
	path := filepath.Join(p.Dir, "ticket")
	var text string
	err := p.Await(ctx, "its ticket", func() bool {
		b, err := os.ReadFile(path)
		text, _, _ = strings.Cut(strings.TrimSpace(string(b)), "\n")
		return err == nil && text != ""
	})
	return text, err
}
