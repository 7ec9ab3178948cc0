//go:build linux && !amd64

package box

import "golang.org/x/sys/unix"

// machineCalls lists what this machine calls otherwise than amd64.
func machineCalls() []uint32 { return []uint32{unix.SYS_FSTATAT} }

// openByName does nothing: this machine has openat only.
func (p *program) openByName() {}
