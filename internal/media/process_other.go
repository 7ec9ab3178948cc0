//go:build !linux

package media

import (
	"os"
	"os/exec"
	"syscall"
)

func ownGroup() *syscall.SysProcAttr { return nil }

// startBehind starts a worker; priorities are used on Linux only.
func startBehind(cmd *exec.Cmd) error { return cmd.Start() }

// killGroup kills p alone: groups are used on Linux only.
func killGroup(p *os.Process) { _ = p.Kill() }

// awaitExit cannot wait without reaping here.
func awaitExit(*os.Process) bool { return false }

func growPipe(*os.File) {}
