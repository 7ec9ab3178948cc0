// Command hostiletool stands in for the tools of media processing and does what a tool does that a file has taken over, as the file
// says: the word behind "misbehave:" names it, and words behind it say what to reach for.
package main

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

func main() {
	input, _ := os.ReadFile("/proc/self/fd/3")
	_, text, _ := bytes.Cut(input, []byte("misbehave: "))
	words := strings.Fields(string(text))
	if len(words) == 0 {
		os.Exit(3)
	}
	switch words[0] {
	case "hang":
		time.Sleep(time.Hour)
	case "silent":
		os.Stdout.Close()
		os.Stderr.Close()
		time.Sleep(time.Hour)
	case "spin":
		for {
		}
	case "crash":
		_ = syscall.Tgkill(os.Getpid(), syscall.Gettid(), syscall.SIGKILL)
	case "memory":
		var kept [][]byte
		for {
			block := make([]byte, 64<<20)
			for i := 0; i < len(block); i += 4096 {
				block[i] = 1
			}
			kept = append(kept, block)
		}
	case "talk":
		for line := bytes.Repeat([]byte("talk "), 10_000); ; {
			if _, err := os.Stdout.Write(line); err != nil {
				break
			}
		}
	case "complain":
		for line := bytes.Repeat([]byte("complain\n"), 10_000); ; {
			if _, err := os.Stderr.Write(line); err != nil {
				break
			}
		}
	case "fork":
		fork(words[1:])
	case "disk":
		disk(words[1:])
	case "outside":
		outside(words[1:])
	case "socket":
		socket(words[1:])
	case "kill":
		_, _ = syscall.Setsid()
		for _, pid := range []int{os.Getppid(), -os.Getppid(), 1, 0, -1} {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	os.Exit(7)
}

// fork starts as many processes as it can, which outlive it and say so in a file.
func fork(words []string) {
	self, _ := os.Executable()
	for range 1000 {
		_, _ = syscall.ForkExec(self, []string{self}, &syscall.ProcAttr{Sys: &syscall.SysProcAttr{Setsid: true}})
		_ = exec.Command("/bin/sh", "-c", "touch "+words[0]+"; sleep 1000").Start()
		_, _, _ = syscall.RawSyscall(syscall.SYS_GETPID, 0, 0, 0)
	}
	time.Sleep(time.Hour)
}

// disk fills every file that it can open.
func disk(places []string) {
	block := make([]byte, 1<<20)
	for _, place := range append(places, "/proc/self/fd/3", "/dev/shm/hostile-tool", "/tmp/hostile-tool") {
		f, err := os.OpenFile(place, os.O_RDWR|os.O_CREATE, 0o600)
		for n := 0; err == nil && n < 1<<12; n++ {
			_, err = f.Write(block)
		}
	}
	for n := 0; n < 1<<12; n++ {
		if _, err := syscall.Write(3, block); err != nil {
			break
		}
	}
}

// outside changes what it has not been given.
func outside(places []string) {
	for _, place := range append(places, "/proc/self/fd/3") {
		_ = os.WriteFile(place, []byte("reached"), 0o600)
		_ = os.Mkdir(place+"-folder", 0o700)
		_ = os.Symlink("/etc/passwd", place+"-link")
		_ = os.Truncate(place, 0)
		_ = os.Chmod(place, 0o777)
		_ = os.Rename(place, place+"-moved")
		_ = os.Remove(place)
	}
	for _, secret := range []string{"/etc/passwd", places[0]} { // what could be read is given away
		if content, err := os.ReadFile(secret); err == nil {
			os.Stdout.Write(content)
			os.Exit(0)
		}
	}
}

// socket speaks to everybody.
func socket(addresses []string) {
	for _, address := range addresses {
		network, place, _ := strings.Cut(address, "=")
		if c, err := net.DialTimeout(network, place, time.Second); err == nil {
			_, _ = c.Write([]byte("reached"))
			c.Close()
		}
	}
	if l, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		l.Close()
		for range 20 { // so that somebody hears of it
			os.Stdout.WriteString("listening\n")
		}
		os.Exit(0)
	}
}
