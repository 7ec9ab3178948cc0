package main

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// common holds what both benchmarks need.
type common struct {
	root   string // made if missing; every invocation works in a new directory inside
	json   string
	sluice string
	handle string
}

func (c *common) register(flags *flag.FlagSet) {
	flags.StringVar(&c.root, "root", ".bench", "`directory` on the disk to measure; runs work in temporary directories inside")
	flags.StringVar(&c.json, "json", "", "also write all figures to this `file`")
	flags.StringVar(&c.sluice, "sluice", "", "`path` of the built sluice program")
	flags.StringVar(&c.handle, "company-handle", "c|1", "company `handle` of the first company at the Scene7 door")
}

// login is the administrator that Sluice's first start makes, with a random
// password.
func (c *common) login() account {
	var secret [18]byte
	_, _ = rand.Read(secret[:]) // never fails
	return account{user: "bench@localhost", password: hex.EncodeToString(secret[:]), company: "Bench", handle: c.handle}
}

// scratch makes the directory of this invocation; the caller removes it.
func (c *common) scratch() (string, error) {
	root, err := filepath.Abs(c.root)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		return "", err
	}
	return os.MkdirTemp(root, "bench-")
}

// randomSeed starts a corpus that no earlier invocation used.
func randomSeed() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return binary.LittleEndian.Uint64(b[:])
}

// variant is one more Sluice peer with settings of its own.
type variant struct {
	name     string
	settings []string
}

// variants is a repeatable flag: NAME,SETTING,… where a setting is NAME=value
// for the environment or --flag=value for the command line.
type variants []variant

func (v *variants) String() string {
	var names []string
	for _, x := range *v {
		names = append(names, x.name)
	}
	return strings.Join(names, " ")
}

func (v *variants) Set(text string) error {
	parts := strings.Split(text, ",")
	if parts[0] == "" || len(parts) < 2 {
		return fmt.Errorf("variant %q: want a name and at least one setting, separated by commas", text)
	}
	for _, s := range parts[1:] {
		if !strings.HasPrefix(s, "-") && strings.IndexByte(s, '=') < 1 {
			return fmt.Errorf("variant %q: %q is neither NAME=value nor a flag", text, s)
		}
	}
	*v = append(*v, variant{name: parts[0], settings: parts[1:]})
	return nil
}

// suiteOptions is the command line of the suite.
type suiteOptions struct {
	common
	tusd, nginx      string
	variants         variants
	peers, workloads string
	reps, verify     int
	runTimeout       time.Duration

	oneSize, smallSize, parallelSize byteSize
	smallFiles, smallClients         int
	parallelFiles                    int
}

func parseSuiteOptions(args []string) (*suiteOptions, error) {
	o := &suiteOptions{oneSize: 2 << 30, smallSize: 64 << 10, parallelSize: 64 << 20}
	flags := flag.NewFlagSet("bench suite", flag.ContinueOnError)
	o.register(flags)
	flags.StringVar(&o.tusd, "tusd", "", "`path` of tusd; default: PATH, then tusd's handler inside this program")
	flags.StringVar(&o.nginx, "nginx", "", "`path` of nginx with its dav module; default: PATH")
	flags.Var(&o.variants, "variant", "one more sluice peer, `NAME,SETTING,...`; repeatable (deferred,SLUICE_DIGEST=deferred)")
	flags.StringVar(&o.peers, "peers", "", "comma separated `names`; default: all that were found")
	flags.StringVar(&o.workloads, "workloads", "", "comma separated `names` of one, small, parallel; default: all")
	flags.IntVar(&o.reps, "reps", 3, "repetitions")
	flags.IntVar(&o.verify, "verify", 3, "files of each run to read back and compare")
	flags.DurationVar(&o.runTimeout, "run-timeout", 10*time.Minute, "limit of one run")
	flags.Var(&o.oneSize, "one-size", "`size` of the file in workload one")
	flags.Var(&o.smallSize, "small-size", "`size` of each file in workload small")
	flags.IntVar(&o.smallFiles, "small-files", 2000, "files in workload small")
	flags.IntVar(&o.smallClients, "small-clients", 16, "clients in workload small")
	flags.Var(&o.parallelSize, "parallel-size", "`size` of each file in workload parallel")
	flags.IntVar(&o.parallelFiles, "parallel-files", 32, "files, and clients, in workload parallel")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if o.reps < 1 || o.smallFiles < 1 || o.smallClients < 1 || o.parallelFiles < 1 || o.verify < 0 || o.runTimeout <= 0 {
		return nil, errors.New("counts and times must be positive")
	}
	return o, nil
}

// chosenWorkloads are the named ones, or all.
func (o *suiteOptions) chosenWorkloads() ([]workload, error) {
	all := []workload{
		{Name: "one", Files: 1, Size: int64(o.oneSize), Clients: 1},
		{Name: "small", Files: o.smallFiles, Size: int64(o.smallSize), Clients: o.smallClients, PerFile: true},
		{Name: "parallel", Files: o.parallelFiles, Size: int64(o.parallelSize), Clients: o.parallelFiles},
	}
	return choose(all, o.workloads, func(w workload) string { return w.Name })
}

// choose keeps the items whose names stand in the comma separated list, in
// their own order; an empty list keeps all, an unknown name is an error.
func choose[T any](all []T, list string, name func(T) string) ([]T, error) {
	if list == "" {
		return all, nil
	}
	wanted := map[string]bool{}
	for n := range strings.SplitSeq(list, ",") {
		wanted[strings.TrimSpace(n)] = true
	}
	var kept []T
	var known []string
	for _, item := range all {
		known = append(known, name(item))
		if wanted[name(item)] {
			kept = append(kept, item)
			delete(wanted, name(item))
		}
	}
	for n := range wanted {
		return nil, fmt.Errorf("unknown name %q; there are %s", n, strings.Join(known, ", "))
	}
	return kept, nil
}
