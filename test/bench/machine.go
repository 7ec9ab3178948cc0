package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// machine describes where figures come from.
type machine struct {
	CPUs       int     `json:"cpus"`
	CPU        string  `json:"cpu"`
	MemoryGiB  float64 `json:"memoryGiB"`
	Kernel     string  `json:"kernel"`
	Go         string  `json:"go"`
	FileSystem string  `json:"fileSystem"` // type of the file system under root
}

// inspectMachine leaves unknown what cannot be read.
func inspectMachine(root string) machine {
	m := machine{CPUs: runtime.NumCPU(), Go: runtime.Version(), CPU: "unknown", Kernel: "unknown", FileSystem: "unknown"}
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(b)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				m.CPU = strings.TrimSpace(value)
				break
			}
		}
	}
	if b, err := os.ReadFile("/proc/meminfo"); err == nil {
		m.MemoryGiB = float64(procField(b, "MemTotal:")) / (1 << 20)
	}
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		m.Kernel = unix.ByteSliceToString(u.Sysname[:]) + " " + unix.ByteSliceToString(u.Release[:])
	}
	if b, err := os.ReadFile("/proc/self/mountinfo"); err == nil {
		if kind := mountType(string(b), root); kind != "" {
			m.FileSystem = kind
		}
	}
	return m
}

// mountType finds the file system type of an absolute path in the text of
// proc_pid_mountinfo(5): that of the last mount with the longest mount point
// above the path. Field 5 is the mount point; the type follows the dash.
func mountType(mountinfo, path string) string {
	var kind string
	longest := -1
	for line := range strings.Lines(mountinfo) {
		head, tail, ok := strings.Cut(line, " - ")
		fields, types := strings.Fields(head), strings.Fields(tail)
		if !ok || len(fields) < 5 || len(types) < 1 {
			continue
		}
		point := fields[4]
		if below(path, point) && len(point) >= longest {
			kind, longest = types[0], len(point)
		}
	}
	return kind
}

func below(path, dir string) bool {
	return dir == "/" || path == dir || strings.HasPrefix(path, dir+"/")
}

func (m machine) markdown() string {
	return fmt.Sprintf("%d CPUs (%s), %.1f GiB memory, %s, %s, %s\n", m.CPUs, m.CPU, m.MemoryGiB, m.Kernel, m.Go, m.FileSystem)
}

// checkSpace refuses to start when the largest workload could fill the disk.
func checkSpace(root string, workloads []workload) error {
	var largest int64
	for _, w := range workloads {
		largest = max(largest, int64(w.Files)*w.Size)
	}
	var s unix.Statfs_t
	if err := unix.Statfs(root, &s); err != nil {
		return os.NewSyscallError("statfs", err)
	}
	free := int64(s.Bavail) * s.Bsize
	if need := largest*2 + 1<<30; free < need {
		return fmt.Errorf("%s has %.1f GB free, the largest workload wants %.1f GB", root, float64(free)/1e9, float64(need)/1e9)
	}
	return nil
}
