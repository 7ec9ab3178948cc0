package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// libraryGoal is how much slower a large library may be than a small one.
const libraryGoal = 2.0

// pageLimit is the page size of the listings that are measured.
const pageLimit = 100

// libraryOptions is the command line of the library benchmark.
type libraryOptions struct {
	common
	count, baseline int
	clients         int
	jobFiles        int
	samples         int
	fileSize        byteSize
	uploadSize      byteSize
	timeout         time.Duration
}

func parseLibraryOptions(args []string) (*libraryOptions, error) {
	o := &libraryOptions{fileSize: 512, uploadSize: 64 << 10}
	flags := flag.NewFlagSet("bench library", flag.ContinueOnError)
	o.register(flags)
	flags.IntVar(&o.count, "count", 100_000, "assets in the large library")
	flags.IntVar(&o.baseline, "baseline", 2*pageLimit, "assets in the library to compare with; two full pages make equal answers")
	flags.IntVar(&o.clients, "clients", 32, "clients that fill")
	flags.IntVar(&o.jobFiles, "job-files", 1000, "files of each upload job and folder while filling")
	flags.IntVar(&o.samples, "samples", 51, "samples of each operation")
	flags.Var(&o.fileSize, "file-size", "`size` of each asset")
	flags.Var(&o.uploadSize, "upload-size", "`size` of the measured uploads")
	flags.DurationVar(&o.timeout, "timeout", 30*time.Minute, "limit of the whole benchmark")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	switch {
	case flags.NArg() > 0:
		return nil, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case o.sluice == "":
		return nil, errors.New("the library benchmark needs -sluice PATH")
	case o.baseline <= pageLimit || o.count < o.baseline:
		return nil, fmt.Errorf("-baseline must exceed a page of %d and -count must not be below it", pageLimit)
	case o.clients < 1 || o.jobFiles < 1 || o.samples < 1 || o.timeout <= 0:
		return nil, errors.New("counts and times must be positive")
	}
	return o, nil
}

// libraryCommand is the command line of the library benchmark.
func libraryCommand(ctx context.Context, args []string) (err error) {
	o, err := parseLibraryOptions(args)
	if err != nil {
		return err
	}
	program, err := findProgram(o.sluice, "")
	if err != nil {
		return err
	}
	root, err := o.scratch()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(root)) }()
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	report, err := o.compare(ctx, root, program, os.Stderr)
	if err != nil {
		return err
	}
	fmt.Print(report.markdown())
	return writeJSON(o.json, report)
}

// compare keeps both servers running and takes their samples in turn, so that
// drift of the machine hits both alike.
func (o *libraryOptions) compare(ctx context.Context, root, program string, progress io.Writer) (r libraryReport, err error) {
	login := o.login()
	content := newCorpus(randomSeed())
	r = libraryReport{Machine: inspectMachine(root), Baseline: o.baseline, Count: o.count, Samples: o.samples}
	stocks := make([]*stock, 2)
	for i, count := range []int{o.baseline, o.count} {
		s, startErr := startServer(ctx, root, sluicePeer("sluice", program, login, nil))
		if startErr != nil {
			return r, startErr
		}
		defer func() { err = errors.Join(err, s.stop()) }()
		stocks[i] = &stock{server: s, account: login, corpus: content, count: count, fileSize: int64(o.fileSize), jobFiles: o.jobFiles}
		start := time.Now()
		if err := stocks[i].fill(ctx, o.clients, progress); err != nil {
			return r, err
		}
		r.FillSeconds = time.Since(start).Seconds() // the large library comes last
	}
	for _, s := range stocks {
		if err := s.settle(ctx); err != nil {
			return r, err
		}
	}
	r.Operations, err = sampleInTurn(ctx, stocks[0], stocks[1], o.samples, int64(o.uploadSize))
	return r, err
}

// libraryReport is what the library benchmark found out.
type libraryReport struct {
	Machine     machine            `json:"machine"`
	Baseline    int                `json:"baseline"`
	Count       int                `json:"count"`
	Samples     int                `json:"samples"`
	FillSeconds float64            `json:"fillSeconds"`
	Operations  []libraryOperation `json:"operations"`
}

// libraryOperation holds the milliseconds of one operation at both sizes.
type libraryOperation struct {
	Name  string    `json:"name"`
	Small []float64 `json:"small"`
	Large []float64 `json:"large"`
}

// ratio is that of the medians.
func (o libraryOperation) ratio() float64 {
	return summarise(o.Large).Median / summarise(o.Small).Median
}

func (r libraryReport) markdown() string {
	var b strings.Builder
	b.WriteString("Machine: " + r.Machine.markdown())
	fmt.Fprintf(&b, "\nFilling %d assets through the Scene7 door took %.0f s (%.0f files/s). Median (min–max) of %d samples, in milliseconds.\n\n",
		r.Count, r.FillSeconds, float64(r.Count)/r.FillSeconds, r.Samples)
	t := table{head: []string{"Operation", fmt.Sprintf("%d assets", r.Baseline), fmt.Sprintf("%d assets", r.Count), "ratio", fmt.Sprintf("goal ≤ %.0f", libraryGoal)}}
	for _, o := range r.Operations {
		verdict := "pass"
		if o.ratio() > libraryGoal {
			verdict = "fail"
		}
		t.rows = append(t.rows, []string{
			o.Name, summarise(o.Small).text(2), summarise(o.Large).text(2), fmt.Sprintf("%.2f", o.ratio()), verdict,
		})
	}
	return b.String() + t.markdown()
}
