package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// suiteReport is everything that one invocation of the suite found out.
type suiteReport struct {
	Machine   machine    `json:"machine"`
	Reps      int        `json:"reps"`
	Workloads []workload `json:"workloads"`
	Runs      []run      `json:"runs"`
}

// writeJSON writes v to a file; an empty path writes nothing.
func writeJSON(path string, v any) error {
	if path == "" {
		return nil
	}
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o644)
}

// markdown renders, for each workload, a table of all peers and one of the
// ratios of Sluice to every other peer.
func (r suiteReport) markdown() string {
	var b strings.Builder
	b.WriteString("Machine: " + r.Machine.markdown())
	fmt.Fprintf(&b, "\nRepetitions: %d; figures are median (min–max).\n", r.Reps)
	for _, w := range r.Workloads {
		fmt.Fprintf(&b, "\n### %s\n\n", w.title())
		b.WriteString(r.peerTable(w))
		if t := r.ratioTable(w); t != "" {
			fmt.Fprintf(&b, "\nRatio of durable %s, Sluice to the peer in the same repetition:\n\n%s", w.unit(), t)
		}
	}
	for _, x := range r.Runs {
		if x.Error == "" && !x.PeakIsOfRun {
			b.WriteString("\nPeak memory counts from the start of each server: the kernel did not let it be reset.\n")
			break
		}
	}
	return b.String()
}

// runsOf are the runs of a peer at a workload in order of repetition.
func (r suiteReport) runsOf(w workload, peer string) (good []run, failures int) {
	for _, x := range r.Runs {
		switch {
		case x.Workload != w.Name || x.Peer != peer:
		case x.Error != "":
			failures++
		default:
			good = append(good, x)
		}
	}
	return good, failures
}

// peerNames are the peers of a workload, group by group as asked for, each in
// the order of the first repetition, which is that of the suite.
func (r suiteReport) peerNames(w workload, groups ...peerGroup) []string {
	var names []string
	for _, g := range groups {
		for _, x := range r.Runs {
			if x.Workload == w.Name && x.Group == g && x.Rep == 1 {
				names = append(names, x.Peer)
			}
		}
	}
	return names
}

func (r suiteReport) peerTable(w workload) string {
	columns := peerColumns(w)
	t := table{head: []string{"Peer"}}
	for _, c := range columns {
		t.head = append(t.head, c.title)
	}
	t.head = append(t.head, "files verified")
	for _, name := range r.peerNames(w, groupSluice, groupBare, groupOther) {
		runs, failures := r.runsOf(w, name)
		if failures > 0 {
			name += fmt.Sprintf(" (%d failed)", failures)
		}
		row := []string{name}
		for _, c := range columns {
			values := make([]float64, len(runs))
			for i, x := range runs {
				values[i] = c.value(x)
			}
			row = append(row, summarise(values).text(c.digits))
		}
		t.rows = append(t.rows, append(row, verifiedText(runs)))
	}
	return t.markdown()
}

// column is one figure of a run in a table.
type column struct {
	title  string
	digits int // behind the point
	value  func(run) float64
}

// peerColumns leaves out the latency of single files where it says the same as
// the rate.
func peerColumns(w workload) []column {
	columns := []column{
		{"acked " + w.unit(), 0, func(x run) float64 { return x.AckedRate }},
		{"durable " + w.unit(), 0, func(x run) float64 { return x.DurableRate }},
	}
	if w.PerFile {
		columns = append(columns,
			column{"p50 ms", 2, func(x run) float64 { return x.P50Millis }},
			column{"p99 ms", 2, func(x run) float64 { return x.P99Millis }})
	}
	if w.Part > 0 {
		columns = append(columns,
			column{"start ms", 1, func(x run) float64 { return x.StartMillis }},
			column{"complete ms", 1, func(x run) float64 { return x.CompleteMillis }})
	}
	return append(columns,
		column{"server CPU s", 2, func(x run) float64 { return x.ServerCPU }},
		column{"client CPU s", 2, func(x run) float64 { return x.ClientCPU }},
		column{"peak MiB", 0, func(x run) float64 { return x.PeakMiB }},
		column{"written per byte", 2, func(x run) float64 { return x.WrittenPerByte }})
}

// verifiedText is how many files were read back over all repetitions.
func verifiedText(runs []run) string {
	total := 0
	for _, x := range runs {
		if x.KeepsNothing {
			return "keeps nothing"
		}
		total += x.Verified
	}
	return strconv.Itoa(total)
}

// ratioTable has a row for each Sluice peer and a column for each other one.
// It is empty when either is missing.
func (r suiteReport) ratioTable(w workload) string {
	rows, columns := r.peerNames(w, groupSluice), r.peerNames(w, groupBare, groupOther)
	if len(rows) == 0 || len(columns) == 0 {
		return ""
	}
	t := table{head: append([]string{"Ratio to"}, columns...)}
	for _, name := range rows {
		row := []string{name}
		mine, _ := r.runsOf(w, name)
		for _, other := range columns {
			theirs, _ := r.runsOf(w, other)
			row = append(row, ratio(mine, theirs).text(2))
		}
		t.rows = append(t.rows, row)
	}
	return t.markdown()
}

// ratio summarises durable rates of mine over theirs, paired by repetition, so
// that drift of the machine over the invocation cancels out. Repetitions that
// only one of them finished are left out.
func ratio(mine, theirs []run) summary {
	var values []float64
	for _, m := range mine {
		for _, t := range theirs {
			if m.Rep == t.Rep && t.DurableRate > 0 {
				values = append(values, m.DurableRate/t.DurableRate)
			}
		}
	}
	return summarise(values)
}
