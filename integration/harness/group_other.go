//go:build unix && !linux

package harness

import "syscall"

// ownGroup puts a process into a group of its own, so that Ctrl-C reaches only
// the lab, which then ends it in order.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
