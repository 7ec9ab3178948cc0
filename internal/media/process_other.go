//go:build !linux

package media

import (
	"os"
	"syscall"
)

func ownGroup() *syscall.SysProcAttr { return nil }

// giveWay does nothing: groups are used on Linux only.
func giveWay(*os.Process) {}

// killGroup kills p alone: groups are used on Linux only.
func killGroup(p *os.Process) { _ = p.Kill() }

// awaitExit cannot wait without reaping here.
func awaitExit(*os.Process) bool { return false }

func growPipe(*os.File) {}
