package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Other products' servers, as the Go module proxy has them. The versions are fixed, so
// that figures can be compared. MinIO has no versions that Go knows; this is its last
// public commit.
const (
	versitygwModule = "github.com/versity/versitygw/cmd/versitygw@v1.8.0"
	minioModule     = "github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c"
)

// buildFlag as the path of a program asks for it to be built.
const buildFlag = "build"

// s3Programs are the S3 servers that a command line asks for.
type s3Programs struct{ versitygw, minio string }

// peers finds or builds the servers. Those that are not there are left out.
func (s s3Programs) peers(ctx context.Context, root string, say func(format string, args ...any)) ([]peer, error) {
	key := s3Key{access: "bench", secret: rand.Text()}
	var peers []peer
	for _, x := range []struct {
		name, flag, module string
		peer               func(program string, key s3Key) peer
	}{{"versitygw", s.versitygw, versitygwModule, versitygwPeer}, {"minio", s.minio, minioModule, minioPeer}} {
		program, err := builtProgram(ctx, root, x.flag, x.name, x.module, say)
		if err != nil {
			return nil, err
		}
		if program == "" {
			say("skipped: %s (not on PATH; -%s %s builds it)", x.name, x.name, buildFlag)
			continue
		}
		peers = append(peers, x.peer(program, key))
	}
	return peers, nil
}

// builtProgram is findProgram for one that can be built: into a directory of root that
// stays, as it takes minutes.
func builtProgram(ctx context.Context, root, flag, name, module string, say func(format string, args ...any)) (string, error) {
	if flag != buildFlag {
		return findProgram(flag, name)
	}
	dir, err := filepath.Abs(filepath.Join(root, "programs"))
	if err != nil {
		return "", err
	}
	program := filepath.Join(dir, name)
	if info, err := os.Stat(program); err == nil && info.Mode().IsRegular() {
		return program, nil
	}
	say("building %s", module)
	build := exec.CommandContext(ctx, "go", "install", "-trimpath", module)
	build.Env = append(os.Environ(), "GOBIN="+dir, "CGO_ENABLED=0", "GOFLAGS=")
	if text, err := build.CombinedOutput(); err != nil {
		return "", errors.Join(fmt.Errorf("building %s: %w", module, err), errors.New(string(text[max(0, len(text)-logTail):])))
	}
	return program, nil
}

// versitygwPeer is the S3 gateway of Versity over a directory.
func versitygwPeer(program string, key s3Key) peer {
	return peer{
		name:  "versitygw",
		group: groupOther,
		env:   []string{"ROOT_ACCESS_KEY=" + key.access, "ROOT_SECRET_KEY=" + key.secret},
		command: func(p place) []string {
			return []string{program, "--port", p.addr, "--quiet", "posix", p.data}
		},
		parts: func(p place) partDoor { return newS3Parts(key, p.addr) },
	}
}

// minioPeer is MinIO with one directory.
func minioPeer(program string, key s3Key) peer {
	return peer{
		name:  "minio",
		group: groupOther,
		env:   []string{"MINIO_ROOT_USER=" + key.access, "MINIO_ROOT_PASSWORD=" + key.secret, "MINIO_BROWSER=off", "MINIO_UPDATE=off"},
		command: func(p place) []string {
			return []string{program, "server", "--address", p.addr, p.data}
		},
		readyPath: "/minio/health/ready",
		parts:     func(p place) partDoor { return newS3Parts(key, p.addr) },
	}
}
