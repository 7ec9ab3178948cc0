package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// suite runs every workload at every peer. A peer's failure is recorded and
// does not stop the others.
type suite struct {
	root       string
	peers      []peer
	workloads  []workload
	reps       int
	verify     int
	runTimeout time.Duration
	corpus     *corpus
	progress   io.Writer
}

// suiteCommand is the command line of the suite: Markdown to the standard
// output, progress to standard error.
func suiteCommand(ctx context.Context, args []string) (err error) {
	o, err := parseSuiteOptions(args)
	if err != nil {
		return err
	}
	workloads, err := o.chosenWorkloads()
	if err != nil {
		return err
	}
	peers, err := o.choosePeers(os.Stderr)
	if err != nil {
		return err
	}
	root, err := o.scratch()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(root)) }()
	if err := checkSpace(root, workloads); err != nil {
		return err
	}
	s := suite{
		root: root, peers: peers, workloads: workloads, reps: o.reps, verify: o.verify,
		runTimeout: o.runTimeout, corpus: newCorpus(randomSeed()), progress: os.Stderr,
	}
	machine := inspectMachine(root)
	runs, runErr := s.run(ctx)
	report := suiteReport{Machine: machine, Reps: o.reps, Workloads: workloads, Runs: runs}
	fmt.Print(report.markdown())
	return errors.Join(runErr, writeJSON(o.json, report))
}

// choosePeers lists the peers in the order of the tables and says which ones
// are left out because they were not found.
func (o *suiteOptions) choosePeers(progress io.Writer) ([]peer, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var peers []peer
	if o.sluice == "" {
		fmt.Fprintln(progress, "skipped: sluice (no -sluice PATH)")
	} else {
		program, err := findProgram(o.sluice, "")
		if err != nil {
			return nil, err
		}
		login := o.login()
		peers = append(peers, sluicePeer("sluice", program, login, nil))
		for _, v := range o.variants {
			peers = append(peers, sluicePeer("sluice "+v.name, program, login, v.settings))
		}
	}
	for _, m := range bareModes() {
		peers = append(peers, barePeer(self, m))
	}
	tusd, err := findProgram(o.tusd, "tusd")
	if err != nil {
		return nil, err
	}
	if tusd == "" {
		fmt.Fprintln(progress, "tusd: no program found, using its handler inside this program")
	}
	peers = append(peers, tusdPeer(self, tusd))
	nginx, err := findProgram(o.nginx, "nginx")
	if err != nil {
		return nil, err
	}
	if nginx == "" {
		fmt.Fprintln(progress, "skipped: nginx-dav (not on PATH, no -nginx PATH)")
	} else {
		peers = append(peers, nginxPeer(nginx))
	}
	return choose(peers, o.peers, func(p peer) string { return p.name })
}

// run interleaves the peers: each repetition does every workload, and within a
// workload another peer goes first in each repetition. It returns what was
// measured so far when ctx ends, and an error when any run failed.
func (s suite) run(ctx context.Context) ([]run, error) {
	var runs []run
	var failed []string
	object := uint64(1)
	for rep := range s.reps {
		for _, w := range s.workloads {
			for i := range s.peers {
				p := s.peers[(i+firstPeer(rep, s.reps, len(s.peers)))%len(s.peers)]
				r := s.one(ctx, p, w, object)
				object += uint64(w.Files)
				if ctx.Err() != nil {
					return runs, ctx.Err()
				}
				r.Workload, r.Peer, r.Group, r.Rep = w.Name, p.name, p.group, rep+1
				runs = append(runs, r)
				s.say(w, r)
				if r.Error != "" {
					failed = append(failed, fmt.Sprintf("%s at %s: %s", w.Name, p.name, r.Error))
				}
			}
		}
	}
	if len(failed) > 0 {
		return runs, fmt.Errorf("%d of %d runs failed:\n%s", len(failed), len(runs), strings.Join(failed, "\n"))
	}
	return runs, nil
}

// firstPeer spreads the peers that go first over the repetitions.
func firstPeer(rep, reps, peers int) int {
	return rep * max(1, peers/reps) % peers
}

// one measures one run and leaves the disk quiet behind it.
func (s suite) one(ctx context.Context, p peer, w workload, firstObject uint64) run {
	ctx, cancel := context.WithTimeout(ctx, s.runTimeout)
	defer cancel()
	m := measurement{workload: w, peer: p, root: s.root, verify: s.verify, objects: w.objects(s.corpus, firstObject)}
	measure := m.measure
	if w.Part > 0 {
		measure = m.measureParts
	}
	r, err := measure(ctx)
	if err := errors.Join(err, syncFileSystem(s.root)); err != nil {
		return run{Error: err.Error()}
	}
	return r
}

func (s suite) say(w workload, r run) {
	if r.Error != "" {
		fmt.Fprintf(s.progress, "rep %d  %-9s %-18s failed: %s\n", r.Rep, w.Name, r.Peer, r.Error)
		return
	}
	fmt.Fprintf(s.progress, "rep %d  %-9s %-18s %8.0f %s acked %8.0f durable  server CPU %6.2f s  peak %6.1f MiB  verified %d\n",
		r.Rep, w.Name, r.Peer, r.AckedRate, w.unit(), r.DurableRate, r.ServerCPU, r.PeakMiB, r.Verified)
}
