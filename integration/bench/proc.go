package bench

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// proc is where the kernel shows processes; tests have their own.
var proc = "/proc"

// tick is the unit of processor times in /proc: USER_HZ is 100 on every
// architecture of Linux that Go runs on.
const tick = time.Second / 100

// usage is what a process has used since it started.
type usage struct {
	cpu     time.Duration
	written uint64 // bytes given to the disk
	rss     uint64 // bytes resident now
}

// usageOf reads what a process has used.
func usageOf(pid int) (usage, error) {
	var u usage
	stat, err := readProc(pid, "stat")
	if err != nil {
		return u, err
	}
	if u.cpu, err = cpuTime(stat); err != nil {
		return u, fmt.Errorf("reading the processor time of process %d: %w", pid, err)
	}
	io, err := readProc(pid, "io")
	if err != nil {
		return u, err
	}
	if u.written, err = field(io, "write_bytes:"); err != nil {
		return u, fmt.Errorf("reading the bytes written by process %d: %w", pid, err)
	}
	status, err := readProc(pid, "status")
	if err != nil {
		return u, err
	}
	kib, err := field(status, "VmRSS:")
	if err != nil {
		return u, fmt.Errorf("reading the memory of process %d: %w", pid, err)
	}
	u.rss = kib << 10
	return u, nil
}

func readProc(pid int, name string) (string, error) {
	b, err := os.ReadFile(filepath.Join(proc, strconv.Itoa(pid), name))
	if err != nil {
		return "", fmt.Errorf("looking at process %d: %w", pid, err)
	}
	return string(b), nil
}

// cpuTime reads user and system time from a line of /proc/<pid>/stat, whose
// second field is a name in parentheses that may hold anything.
func cpuTime(stat string) (time.Duration, error) {
	_, rest, ok := strings.Cut(stat[max(strings.LastIndexByte(stat, ')'), 0):], ") ")
	fields := strings.Fields(rest)
	const user, system = 14 - 3, 15 - 3 // counted from 1 in proc(5); two fields are cut off
	if !ok || len(fields) <= system {
		return 0, fmt.Errorf("stat line %.40q", stat)
	}
	var sum time.Duration
	for _, i := range []int{user, system} {
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return 0, err
		}
		sum += time.Duration(n) * tick
	}
	return sum, nil
}

// field reads the number after a name that begins a line.
func field(text, name string) (uint64, error) {
	for line := range bytes.Lines([]byte(text)) {
		rest, ok := bytes.CutPrefix(line, []byte(name))
		if !ok {
			continue
		}
		words := bytes.Fields(rest)
		if len(words) == 0 {
			break
		}
		return strconv.ParseUint(string(words[0]), 10, 64)
	}
	return 0, fmt.Errorf("no %q", name)
}
