package box

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
	"kernel.org/pub/linux/libs/security/libcap/psx"
)

// dropCapabilities gives up, on all threads and for good, what a process of root may do beside others, such as raising
// its own limits; capabilities(7). What stays, where it was there, is reading files whatever their mode says: the server
// has them open already, and a tool opens its input anew. It must come before the filter, which refuses the call.
func dropCapabilities() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var have [2]unix.CapUserData
	if err := unix.Capget(&header, &have[0]); err != nil {
		return fmt.Errorf("read the capabilities: %w", err)
	}
	keep := [2]unix.CapUserData{}
	keep[0].Permitted = have[0].Permitted & (1 << unix.CAP_DAC_READ_SEARCH)
	keep[0].Effective = have[0].Effective & keep[0].Permitted
	if _, _, errno := psx.Syscall3(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&keep[0])), 0); errno != 0 {
		return fmt.Errorf("give up capabilities: %w", errno)
	}
	return nil
}
