package harness

import "syscall"

// ownGroup puts a process into a group of its own, so that Ctrl-C reaches only
// the lab, which then ends it in order; the kernel kills it when the lab dies.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
