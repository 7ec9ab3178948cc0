package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const tusPath = "/files/"

// peerGroup tells the roles of peers in the ratio tables.
type peerGroup string

const (
	groupBare   peerGroup = "bare"   // a ceiling: denominator of ratios
	groupSluice peerGroup = "sluice" // numerator of ratios
	groupOther  peerGroup = "other"  // another product: denominator of ratios
)

// peer is one server under test. Command makes the argument vector for a run;
// files holds what is written into the run's work directory beforehand.
type peer struct {
	name      string
	group     peerGroup
	env       []string // added to the driver's environment
	command   func(p place) []string
	files     func(p place) map[string]string
	readyPath string // polled for status 200; empty: accepting connections is enough
	protocol  func(p place) protocol
	parts     func(p place) partDoor // for workloads of parts
	perClient bool                   // then it gets one part for each client
}

// place is where one run happens.
type place struct {
	addr string // 127.0.0.1:port
	work string // scratch directory of the run
	data string // storage directory of the server, inside work
}

// barePeer is this program's own handler in one mode.
func barePeer(self string, m mode) peer {
	return peer{
		name:  "bare-" + string(m),
		group: groupBare,
		command: func(p place) []string {
			return []string{self, "handler", "-mode", string(m), "-addr", p.addr, "-dir", p.data}
		},
		protocol:  func(place) protocol { return putProtocol{prefix: "/", discard: m == modeDiscard} },
		parts:     func(place) partDoor { return &fileParts{files: putProtocol{prefix: "/", discard: m == modeDiscard}} },
		perClient: true,
	}
}

// sluicePeer is Sluice with a fresh administrator; extra holds more settings:
// NAME=value goes to the environment, anything with a leading dash to the
// command line.
func sluicePeer(name, program string, login account, extra []string) peer {
	env := []string{
		"SLUICE_ADMIN_EMAIL=" + login.user,
		"SLUICE_ADMIN_PASSWORD=" + login.password,
		"SLUICE_COMPANY=" + login.company,
		// The multipart form around a file of 2 GiB exceeds the default limit.
		"SLUICE_SCENE7_MAX_POST_SIZE=15GiB",
	}
	var args []string
	for _, e := range extra {
		if strings.HasPrefix(e, "-") {
			args = append(args, e)
		} else {
			env = append(env, e)
		}
	}
	return peer{
		name:  name,
		group: groupSluice,
		env:   env,
		command: func(p place) []string {
			return append([]string{program, "serve", "--listen", p.addr, "--data-dir", p.data}, args...)
		},
		readyPath: "/readyz",
		protocol: func(p place) protocol {
			return newScene7(login, "bench-"+filepath.Base(p.work), "")
		},
		parts: func(place) partDoor { return newPresigned(login) },
	}
}

// tusdPeer is the tusd program, or without one its handler inside this binary.
func tusdPeer(self, program string) peer {
	return peer{
		name:  "tusd",
		group: groupOther,
		command: func(p place) []string {
			if program == "" {
				return []string{self, "handler", "-mode", string(modeTusd), "-addr", p.addr, "-dir", p.data}
			}
			host, port, _ := strings.Cut(p.addr, ":")
			return []string{program, "-host", host, "-port", port, "-upload-dir", p.data, "-base-path", tusPath, "-verbose=false"}
		},
		protocol:  func(place) protocol { return newTusProtocol(tusPath) },
		parts:     func(place) partDoor { return newTusParts(tusPath) },
		perClient: true,
	}
}

// nginxPeer is nginx with its WebDAV module, which acknowledges without a sync.
func nginxPeer(program string) peer {
	config := func(p place) string { return filepath.Join(p.work, "nginx.conf") }
	return peer{
		name:  "nginx-dav",
		group: groupOther,
		command: func(p place) []string {
			return []string{program, "-p", p.work, "-e", filepath.Join(p.work, "error.log"), "-c", config(p)}
		},
		files: func(p place) map[string]string {
			return map[string]string{"nginx.conf": nginxConfig(p, os.Getuid() == 0)}
		},
		protocol: func(place) protocol { return putProtocol{prefix: "/store/"} },
	}
}

// nginxConfig keeps every file of nginx inside the run's work directory.
func nginxConfig(p place, root bool) string {
	user := ""
	if root { // otherwise the workers could not write where root made the directory
		user = "user root;\n"
	}
	return user + fmt.Sprintf(`daemon off;
worker_processes auto;
pid %[1]s/nginx.pid;
events { worker_connections 1024; }
http {
  access_log off;
  default_type application/octet-stream;
  client_max_body_size 0;
  client_body_buffer_size 1m;
  client_body_temp_path %[1]s/body;
  proxy_temp_path %[1]s/proxy;
  fastcgi_temp_path %[1]s/fastcgi;
  uwsgi_temp_path %[1]s/uwsgi;
  scgi_temp_path %[1]s/scgi;
  keepalive_requests 1000000;
  server {
    listen %[3]s;
    location /store/ {
      alias %[2]s/;
      dav_methods PUT;
    }
  }
}
`, p.work, p.data, p.addr)
}

// findProgram resolves a flag's path, or looks name up on PATH; empty when
// there is none.
func findProgram(flagPath, name string) (string, error) {
	if flagPath == "" {
		path, err := exec.LookPath(name)
		if err != nil {
			return "", nil
		}
		return filepath.Abs(path)
	}
	info, err := os.Stat(flagPath)
	if err != nil {
		return "", err
	}
	if info.IsDir() || info.Mode()&0o111 == 0 {
		return "", fmt.Errorf("%s is not a program", flagPath)
	}
	return filepath.Abs(flagPath)
}
