package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"
)

// partOptions is the command line of the measurement of parts.
type partOptions struct {
	common
	s3               s3Programs
	tusd, peers      string
	size, part       byteSize
	clients, reps    int
	verify           int
	samples, refresh int
	runTimeout       time.Duration
}

func parsePartOptions(args []string) (*partOptions, error) {
	o := &partOptions{size: 2 << 30, part: 8 << 20}
	flags := flag.NewFlagSet("bench parts", flag.ContinueOnError)
	o.register(flags)
	flags.StringVar(&o.s3.versitygw, "versitygw", "", "`path` of versitygw, or \"build\"; default: PATH")
	flags.StringVar(&o.s3.minio, "minio", "", "`path` of minio, or \"build\"; default: PATH")
	flags.StringVar(&o.tusd, "tusd", "", "`path` of tusd; default: PATH, then tusd's handler inside this program")
	flags.StringVar(&o.peers, "peers", "", "comma separated `names`; default: all that were found")
	flags.Var(&o.size, "size", "`size` of the file")
	flags.Var(&o.part, "part", "`size` of a part")
	flags.IntVar(&o.clients, "clients", 8, "parts in parallel")
	flags.IntVar(&o.reps, "reps", 3, "repetitions; 0 leaves the peers out")
	flags.IntVar(&o.verify, "verify", 1, "1 reads each file back and compares it, 0 does not")
	flags.IntVar(&o.samples, "samples", 21, "samples of starts; 0 leaves the calls out")
	flags.IntVar(&o.refresh, "refresh", 3000, "tokens that are refreshed within 5 s; 0 leaves them out")
	flags.DurationVar(&o.runTimeout, "run-timeout", 10*time.Minute, "limit of one run")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	switch {
	case flags.NArg() > 0:
		return nil, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case o.sluice == "":
		return nil, errors.New("-sluice PATH is missing")
	case o.clients < 1 || o.reps < 0 || o.verify < 0 || o.samples < 0 || o.refresh < 0 || o.runTimeout <= 0:
		return nil, errors.New("counts and times must be positive")
	}
	return o, nil
}

// partsCommand measures the Nomad door: one file in pre-signed parts beside bare
// handlers and other products, what its calls take, and a storm of token refreshes.
func partsCommand(ctx context.Context, args []string) (err error) {
	o, err := parsePartOptions(args)
	if err != nil {
		return err
	}
	program, err := findProgram(o.sluice, "")
	if err != nil {
		return err
	}
	login := o.login()
	ours := sluicePeer("sluice", program, login, nil)
	w := workload{Name: "parts", Files: 1, Size: int64(o.size), Part: int64(o.part), Clients: o.clients}
	peers, err := o.choosePeers(ctx, ours)
	if err != nil {
		return err
	}
	root, err := o.scratch()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(root)) }()
	if err := checkSpace(root, []workload{w}); err != nil {
		return err
	}
	s := suite{
		root: root, peers: peers, workloads: []workload{w}, reps: o.reps, verify: o.verify,
		runTimeout: o.runTimeout, corpus: newCorpus(randomSeed()), progress: os.Stderr,
	}
	machine := inspectMachine(root)
	runs, runErr := s.run(ctx)
	report := suiteReport{Machine: machine, Reps: o.reps, Workloads: s.workloads, Runs: runs}
	fmt.Print(report.markdown())
	if runErr == nil {
		f := partFigures{root: root, peer: ours, login: login, corpus: s.corpus, clients: o.clients}
		runErr = f.print(ctx, o)
	}
	return errors.Join(runErr, writeJSON(o.json, report))
}

// choosePeers lists the peers in the order of the table.
func (o *partOptions) choosePeers(ctx context.Context, ours peer) ([]peer, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	tusd, err := findProgram(o.tusd, "tusd")
	if err != nil {
		return nil, err
	}
	say := func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
	servers, err := o.s3.peers(ctx, o.root, say)
	if err != nil {
		return nil, err
	}
	small := barePeer(self, modeDirect)
	small.name, small.perClient = "bare-direct-parts", false
	peers := []peer{ours, barePeer(self, modeDiscard), barePeer(self, modeDirect), small, tusdPeer(self, tusd)}
	return choose(append(peers, servers...), o.peers, func(p peer) string { return p.name })
}
